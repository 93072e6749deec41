import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { canonicalJson } from '../../src/results/canonical-json.js';

describe('canonical JSON', () => {
  it('has two spaces, the keys in the order given and one newline at the end', () => {
    expect(canonicalJson({ b: 1, a: ['日本', null, true], c: {} }, 'f')).toBe(
      '{\n  "b": 1,\n  "a": [\n    "日本",\n    null,\n    true\n  ],\n  "c": {}\n}\n',
    );
  });

  it('leaves out fields that are undefined', () => {
    expect(canonicalJson({ reason: undefined, a: 1 }, 'f')).toBe('{\n  "a": 1\n}\n');
  });

  it('comes back to the last digit', () => {
    const values = [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, 2 ** 53];
    expect(JSON.parse(canonicalJson(values, 'f'))).toEqual(values);
  });

  it('refuses every number that is not finite and names file and path', () => {
    const value = { test: { 'ndcg@10': [1, NaN], plain: { value: -Infinity } } };
    expect(() => canonicalJson(value, 'tasks/x.json')).toThrow(UserError);
    expect(() => canonicalJson(value, 'tasks/x.json')).toThrow(
      /tasks\/x\.json: "test\["ndcg@10"\]\[1\]" is NaN[^]*tasks\/x\.json: "test\.plain\.value" is -Infinity/,
    );
  });

  it.each([
    ['a typed array', Float64Array.of(1), /"a" is a Float64Array/],
    ['a map', new Map([[1, 2]]), /"a" is a Map/],
    ['a date', new Date(0), /"a" is a Date/],
    ['a big integer', 1n, /"a" is a bigint/],
    ['a function', () => 1, /"a" is a function/],
    ['undefined in a list', [undefined], /"a\[0\]" is a undefined/],
  ])('refuses %s, which JSON would change', (_, value, message) => {
    expect(() => canonicalJson({ a: value }, 'f')).toThrow(message);
  });

  it('refuses a value that contains itself', () => {
    const value: Record<string, unknown> = {};
    value.again = value;
    expect(() => canonicalJson(value, 'f')).toThrow(/nested more than 64 deep/);
  });
});
