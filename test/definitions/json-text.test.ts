import { describe, expect, test } from 'vitest';
import { parseJsonText } from '../../src/definitions/json-text.js';

function faultOf(text: string): { line: number; column: number; what: string } {
  const parsed = parseJsonText(text);
  if (parsed.ok) throw new Error('expected a fault');
  return parsed.fault;
}

const VALID = [
  '0',
  '-0',
  '1.5e-3',
  '123456789012345678',
  '1E+2',
  'true',
  ' null\n',
  '""',
  '"a\\n\\u3042\\ud83d\\ude00\\/\\\\\\""',
  '"\\ud800"',
  '"日本語 𠮷 \u007f \u2028"',
  '[]',
  '[ 1 , [2,{}] ]',
  '{"a":{"b":[true,false,null,"x"]},"":1,"日":2}',
  '\t{ "k" : -1.25 }\r\n',
];

const INVALID = [
  '',
  '   ',
  '{',
  '[',
  '[1',
  '[1,]',
  '[,1]',
  '{,}',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  "{'a':1}",
  '{a:1}',
  '{"a":1 "b":2}',
  '01',
  '1.',
  '.5',
  '-',
  '+1',
  '1e',
  '0x10',
  'NaN',
  'Infinity',
  'undefined',
  'tru',
  'truefalse',
  '"a',
  '"a\nb"',
  '"a\tb"',
  '"\\x"',
  '"\\u12"',
  '1 2',
  '{} {}',
  '// c\n{}',
  '{"a":1}\u00a0',
  '\ufeff{}',
];

describe('parseJsonText', () => {
  test.each(VALID)('reads %j as the engine does', (text) => {
    expect(parseJsonText(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
  });

  test.each(INVALID)('refuses %j as the engine does', (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(parseJsonText(text).ok).toBe(false);
  });

  test('names line and column, counted in characters rather than UTF-16 units', () => {
    expect(faultOf('{\n  "a": 1,\n  "b": }\n')).toMatchObject({ line: 3, column: 8 });
    expect(faultOf('{"𠮷𠮷": x}')).toMatchObject({ line: 1, column: 8 });
    expect(faultOf('{"a": 1')).toMatchObject({ line: 1, column: 8 });
    expect(faultOf('{"a": "no end\n}')).toMatchObject({ line: 1, column: 14 });
  });

  test('says what the usual slips are', () => {
    expect(faultOf('{"a": 1,}').what).toMatch(/comma may not stand before a closing brace/);
    expect(faultOf('[1,]').what).toMatch(/comma may not stand before a closing bracket/);
    expect(faultOf("{'a': 1}").what).toMatch(/double quotes/);
    expect(faultOf('{"a": // why\n1}').what).toMatch(/no comments/);
    expect(faultOf('{"path": "C:\\data"}').what).toMatch(/backslash is written/);
    expect(faultOf('').what).toMatch(/empty/);
  });

  test('refuses a key that stands twice, which the engine would take in silence', () => {
    expect(faultOf('{\n "a": 1,\n "a": 2\n}')).toMatchObject({
      line: 3,
      column: 2,
      what: 'the key "a" stands here twice',
    });
  });

  test('refuses what is nested too deep instead of running out of stack', () => {
    expect(faultOf('['.repeat(200_000)).what).toMatch(/nested deeper/);
    expect(parseJsonText('['.repeat(90) + ']'.repeat(90)).ok).toBe(true);
  });

  test('takes "__proto__" as a field like any other', () => {
    const parsed = parseJsonText('{"__proto__": {"x": 1}}');
    if (!parsed.ok) throw new Error('not read');
    expect(Object.keys(parsed.value as object)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(parsed.value)).toBe(Object.prototype);
  });

  test('reads a text of millions of characters', () => {
    const text = JSON.stringify({ a: 'あ'.repeat(3_000_000) });
    expect(parseJsonText(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
  });

  test('refuses a number that would become infinite', () => {
    expect(faultOf('{"a": 1e999}').what).toMatch(/too large/);
  });
});
