import { congruential } from '../pseudo-random.js';

/** Unicode blocks in which tokenizers go wrong, as first and last code point. */
const BLOCKS: readonly (readonly [number, number])[] = [
  [0x20, 0x7e],
  // Control characters, NEL among them; line ends and no-break spaces of all kinds.
  [0x00, 0x1f],
  [0x7f, 0xff],
  [0x2000, 0x206f],
  // Combining marks, sound marks of kana, half-width kana with theirs, full-width forms.
  [0x300, 0x36f],
  [0x3040, 0x30ff],
  [0x3099, 0x309c],
  [0xff61, 0xff9f],
  [0xff9e, 0xff9f],
  [0xff01, 0xff5e],
  // Ideographs, in and beyond the first plane, compatibility forms, squared words and circled numbers.
  [0x3000, 0x303f],
  [0x4e00, 0x9fff],
  [0x20000, 0x2a6df],
  [0xf900, 0xfaff],
  [0x2f800, 0x2fa1f],
  [0x32c0, 0x33ff],
  [0x2460, 0x24ff],
  // Emoji, skin colours, flags, selectors and tags.
  [0x1f300, 0x1faff],
  [0x1f3fb, 0x1f3ff],
  [0x1f1e6, 0x1f1ff],
  [0xfe00, 0xfe0f],
  [0xe0000, 0xe007f],
  // Scripts whose characters join, and letters whose case or form is a trap.
  [0x1100, 0x11ff],
  [0xac00, 0xd7a3],
  [0x600, 0x6ff],
  [0xe00, 0xeff],
  [0x900, 0x97f],
  [0xa00, 0xaff],
  [0x390, 0x3ff],
  [0x130, 0x131],
  [0xfb00, 0xfb06],
  [0x1d400, 0x1d7ff],
  [0xfff0, 0xfffd],
  [0xe000, 0xe0ff],
];

/** Tokens that models add, what looks like pieces, and what is only awkward side by side. */
const BITS: readonly string[] = [
  ...['[CLS]', '[SEP]', '[MASK]', '[UNK]', '<s>', '</s>', '<unk>', '<pad>', '<mask>', '<|endoftext|>', '<|im_end|>'],
  ...['<bos>', '<eos>', '<s|LLM-jp>', '<MASK>', '##', '▁', '<0x41>', '<0xE3>', "'s", "I'LL", '...', '\ufeff', '\u0085'],
  ...[' ', '  ', '\n', '\r\n', '\t', '\u3000', '\u00a0', 'ｶﾞ', 'ﾊﾟ', 'か\u3099', '👨‍👩‍👧', '㋿', '日本', 'が', '１２３'],
];

/** Texts of characters from these blocks and of these bits; no half surrogate pairs, which are no text in Rust. */
export function awkwardTexts(count: number, seed: number): string[] {
  const next = congruential(seed);
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return Array.from({ length: count }, () => {
    let text = '';
    for (let parts = 1 + below(12); parts > 0; parts--) {
      if (below(3) === 0) text += BITS[below(BITS.length)];
      else {
        const [first, last] = BLOCKS[below(BLOCKS.length)];
        for (let n = 1 + below(4); n > 0; n--) text += String.fromCodePoint(first + below(last - first + 1));
      }
    }
    return text;
  });
}
