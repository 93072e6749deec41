import { describe, expect, it } from 'vitest';
import { decodeUtf8 } from '../../src/datasets/strict-utf8.js';
import { RandomState } from '../../src/numeric/random-state.js';

const decode = (bytes: Buffer): string | undefined => decodeUtf8(bytes, 0, bytes.length);

/** The platform's strict decoder is the independent version. */
function platform(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

describe('decodeUtf8', () => {
  it('reads texts of every length of a character, short and long', () => {
    for (const text of [
      '',
      'a',
      'é',
      '日本語',
      '😀𠮷',
      '\ufeffa\ufeff',
      'a\u0000b',
      `${'x'.repeat(70_000)}あ`,
      'あ'.repeat(70_000),
    ])
      expect(decode(Buffer.from(text))).toBe(text);
  });

  it('reads a part of a buffer only', () => {
    const bytes = Buffer.from('xあy');
    expect(decodeUtf8(bytes, 1, 4)).toBe('あ');
    expect(decodeUtf8(bytes, 1, 3)).toBeUndefined();
  });

  it.each([
    '80',
    'c080',
    'c1bf',
    'e08080',
    'eda080',
    'edbfbf',
    'f0808080',
    'f4908080',
    'f5808080',
    'ff',
    'e38182e381',
    'c3',
  ])('refuses the bytes %s, as the standard asks', (digits) =>
    expect(decode(Buffer.from(digits, 'hex'))).toBeUndefined(),
  );

  it('agrees with the platform on random bytes', () => {
    const random = new RandomState(3);
    const alphabet = Buffer.from('61c3a9e38182f09f9880edc080bfeda0f490', 'hex');
    let valid = 0;
    for (let round = 0; round < 20_000; round++) {
      const bytes = Buffer.alloc(1 + (round % 6));
      for (let i = 0; i < bytes.length; i++)
        bytes[i] = alphabet[Math.floor((random.randomSample() as number) * alphabet.length)];
      const expected = platform(bytes);
      if (expected !== undefined) valid++;
      expect(decode(bytes), bytes.toString('hex')).toBe(expected);
    }
    expect(valid).toBeGreaterThan(100);
  });
});
