import { describe, expect, it } from 'vitest';
import { stripText } from '../../src/tokenization/white-space.js';

/** `''.join(c for c in map(chr, range(0x110000)) if c.isspace())` of Python 3.11. */
const PYTHON_SPACES = [
  9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006,
  0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
];

describe('stripText', () => {
  it("removes exactly what Python's str.strip removes", () => {
    const removed: number[] = [];
    const atOneEnd: number[] = [];
    for (let code = 0; code <= 0xffff; code++) {
      const char = String.fromCharCode(code);
      const [start, end] = [stripText(`${char}x`) === 'x', stripText(`x${char}`) === 'x'];
      if (start && end) removed.push(code);
      else if (start || end) atOneEnd.push(code);
    }
    expect(atOneEnd).toEqual([]);
    expect(removed).toEqual(PYTHON_SPACES);
  });

  it('keeps white space inside a text, and leaves nothing of white space alone', () => {
    expect(stripText(' \u3000a \n b\x1c\x85')).toBe('a \n b');
    expect(stripText(' \t\u3000\x1f')).toBe('');
    expect(stripText('')).toBe('');
    expect(stripText('\ufeffa\ufeff')).toBe('\ufeffa\ufeff');
  });

  it('takes time in proportion to the length of a text with long runs of spaces', () => {
    const text = `${'a '.repeat(200_000)}${' '.repeat(200_000)}a`;
    const start = performance.now();
    expect(stripText(text)).toBe(text);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
