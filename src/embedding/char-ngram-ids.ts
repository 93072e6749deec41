/** Id of padding: its row of the table is all zeros. */
export const PAD = 0;
/** Id that a text without any character has. */
export const EMPTY = 1;
/** Rows of the table, those of PAD and EMPTY included. */
export const BUCKETS = 1 << 15;

const LONGEST = 3;
const HIRAGANA = /^[\p{Script=Hiragana}ー\s\p{P}]+$/u;
/** Hiragana and punctuation alone say little of what a text is about. */
export const WEIGHT_CLASSES = [1, 2, 4] as const;

/**
 * The hashed character n-grams (1 to 3 code points) of a text, each once, in order of first occurrence: the text is
 * NFKC-normalised, put in lower case, runs of white space are one space, and a space stands at both ends.
 *
 * The id of an n-gram says its weight: id % 3 is its class in WEIGHT_CLASSES.
 */
export function charNgrams(text: string): number[] {
  const plain = text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
  if (plain === '') return [EMPTY];
  const characters = Array.from(` ${plain} `);
  const ids = new Set<number>();
  for (let start = 0; start < characters.length; start++) {
    let ngram = '';
    for (let size = 1; size <= LONGEST && start + size <= characters.length; size++) {
      ngram += characters[start + size - 1];
      if (ngram !== ' ') ids.add(idOf(ngram, weightClass(ngram, size)));
    }
  }
  return [...ids];
}

/** The weight of an id's row. */
export function weightOf(id: number): number {
  if (id === PAD) return 0;
  return WEIGHT_CLASSES[id % WEIGHT_CLASSES.length];
}

function weightClass(ngram: string, size: number): number {
  if (HIRAGANA.test(ngram)) return size === LONGEST ? 1 : 0;
  return size === 1 ? 1 : 2;
}

/** An id in the class, from FNV-1a over the UTF-16 code units. */
function idOf(ngram: string, weight: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < ngram.length; i++) {
    const unit = ngram.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  const classes = WEIGHT_CLASSES.length;
  const perClass = Math.floor(BUCKETS / classes) - 1;
  // Ids from 3 on, so that id % 3 is the class and 0 to 2 stay free.
  return classes * (1 + (mix(hash) % perClass)) + weight;
}

/** Spreads the bits of a 32-bit number. Source: the finalizer of MurmurHash3. */
export function mix(value: number): number {
  let bits = value >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
