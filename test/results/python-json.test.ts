import { describe, expect, it } from 'vitest';
import { pythonFloat, pythonJson } from '../../src/results/python-json.js';

describe('floats as Python writes them', () => {
  // From the documentation of float.__repr__ and a Python 3.11 prompt.
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-1, '-1.0'],
    [0.1, '0.1'],
    [0.30000000000000004, '0.30000000000000004'],
    [-0.004520595073699951, '-0.004520595073699951'],
    [13.317171096801758, '13.317171096801758'],
    [0.001, '0.001'],
    [0.0001, '0.0001'],
    [0.00012345, '0.00012345'],
    [0.00001, '1e-05'],
    [-0.000012345, '-1.2345e-05'],
    [1e-7, '1e-07'],
    [5e-324, '5e-324'],
    [123456789, '123456789.0'],
    [1e15, '1000000000000000.0'],
    [123456789012345680, '1.2345678901234568e+17'],
    [1e16, '1e+16'],
    [1e22, '1e+22'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
  ])('%d is %s', (value, text) => {
    expect(pythonFloat(value)).toBe(text);
  });

  it('read back as the same number', () => {
    let state = 5;
    const next = () => (state = (state * 48271) % 2147483647) / 2147483647;
    for (let i = 0; i < 2000; i++) {
      const value = (next() - 0.5) * 10 ** Math.floor(next() * 40 - 20);
      expect(Number(pythonFloat(value))).toBe(value);
    }
  });

  it('are refused when they are not finite', () => {
    expect(() => pythonFloat(Number.NaN)).toThrow(RangeError);
  });
});

describe('JSON as Python writes it', () => {
  it('has four spaces, no newline at the end, and empty objects on one line', () => {
    expect(pythonJson({ a: { b: 1, c: {} }, d: [], e: [true, null, '日本"'] })).toBe(
      '{\n    "a": {\n        "b": 1.0,\n        "c": {}\n    },\n    "d": [],\n    "e": [\n        true,\n        null,\n        "日本\\""\n    ]\n}',
    );
  });
});
