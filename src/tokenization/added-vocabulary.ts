import { longestTokenAt, TokenTrie } from './token-trie.js';
import { WHITE_SPACE } from './white-space.js';

/** An entry of `added_tokens` in tokenizer.json. */
export interface AddedTokenEntry {
  readonly id: number;
  readonly content: string;
  readonly single_word?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly normalized?: boolean;
}

/** A stretch of a text: an added token's id, or text that is none. `start` is where it begins. */
export type Stretch = { readonly start: number } & ({ readonly id: number } | { readonly text: string });

const WORD = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d]';
const ENDS_IN_WORD = new RegExp(`${WORD}$`, 'u');
const BEGINS_WITH_WORD = new RegExp(`^${WORD}`, 'u');
const IS_SPACE = new RegExp(`^${WHITE_SPACE}$`, 'u');

/**
 * Finds added tokens in a text as the Rust tokenizers do: of those that begin at one place the longest, from the left;
 * with the white space that a token takes along, which an earlier token may have taken already.
 */
export class AddedTokenFinder {
  private readonly trie: TokenTrie | null;
  private readonly byContent = new Map<string, AddedTokenEntry>();

  /** @param tokens with the content that is looked for; of equal ones the first counts */
  constructor(tokens: readonly AddedTokenEntry[]) {
    for (const token of tokens) {
      if (token.content !== '' && !this.byContent.has(token.content)) this.byContent.set(token.content, token);
    }
    this.trie = this.byContent.size === 0 ? null : new TokenTrie([...this.byContent.keys()]);
  }

  /** Cuts a text at added tokens; stretches that are left empty are dropped. */
  split(text: string): Stretch[] {
    if (this.trie === null) return text === '' ? [] : [{ start: 0, text }];
    const found: Stretch[] = [];
    /** Everything before this is in a stretch. */
    let done = 0;
    for (let at = 0; at < text.length;) {
      const length = longestTokenAt(this.trie, text, at);
      if (length === 0) {
        at += 1;
        continue;
      }
      const end = at + length;
      const token = this.byContent.get(text.slice(at, end)) as AddedTokenEntry;
      if (token.single_word !== true || standsAlone(text, at, end)) {
        const start = token.lstrip === true ? Math.max(done, beforeSpaces(text, at)) : at;
        if (done < start) found.push({ start: done, text: text.slice(done, start) });
        found.push({ start, id: token.id });
        done = token.rstrip === true ? behindSpaces(text, end) : end;
      }
      at = end;
    }
    if (done < text.length) found.push({ start: done, text: text.slice(done) });
    return found;
  }
}

function standsAlone(text: string, start: number, end: number): boolean {
  // One code point on either side, which may be two units long.
  return (
    !ENDS_IN_WORD.test(text.slice(Math.max(0, start - 2), start)) && !BEGINS_WITH_WORD.test(text.slice(end, end + 2))
  );
}

function beforeSpaces(text: string, end: number): number {
  let start = end;
  while (start > 0 && IS_SPACE.test(text[start - 1])) start -= 1;
  return start;
}

function behindSpaces(text: string, start: number): number {
  let end = start;
  while (end < text.length && IS_SPACE.test(text[end])) end += 1;
  return end;
}
