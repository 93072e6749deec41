import { WHITE_SPACE } from './white-space.js';

/** Bytes that stand for themselves where bytes are written as characters. */
const PRINTABLE = [
  [0x21, 0x7e],
  [0xa1, 0xac],
  [0xae, 0xff],
] as const;

/** The character for each byte, by its value; those that cannot be seen have one from U+0100 on. */
const CHARACTERS: readonly string[] = byteCharacters();

/** Words of GPT-2, with the space before them. */
const WORDS = new RegExp(
  [
    "'(?:s|t|re|ve|m|ll|d)",
    ' ?\\p{L}+',
    ' ?\\p{N}+',
    ` ?[^${WHITE_SPACE}\\p{L}\\p{N}]+`,
    `${WHITE_SPACE}+(?!\\P{White_Space})`,
    `${WHITE_SPACE}+`,
  ].join('|'),
  'gu',
);

/** A text with a character for each of its bytes. */
export function asBytes(text: string): string {
  let result = '';
  for (const byte of Buffer.from(text, 'utf8')) result += CHARACTERS[byte];
  return result;
}

/** Settings of a `ByteLevel` in tokenizer.json. */
export interface ByteLevelConfig {
  readonly add_prefix_space?: boolean;
  readonly use_regex?: boolean;
}

/** Words with the space before them, a character for each byte. */
export function byteLevel({ add_prefix_space: prefixes = true, use_regex: cuts = true }: ByteLevelConfig) {
  return (text: string): string[] => {
    const whole = prefixes && !text.startsWith(' ') ? ` ${text}` : text;
    const words: readonly string[] = cuts ? (whole.match(WORDS) ?? []) : [whole];
    return words.map(asBytes);
  };
}

function byteCharacters(): string[] {
  let others = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = PRINTABLE.some(([first, last]) => byte >= first && byte <= last);
    return String.fromCharCode(isPrintable ? byte : others++);
  });
}
