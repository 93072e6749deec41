import type { SplitName, TextList } from '../datasets/types.js';
import type { TextRole } from '../definitions/types.js';
import { ListKey } from '../vectors/list-key.js';
import { EvenSample } from './even-sample.js';
import { TextNumbers } from './text-numbers.js';

/** A list as it is embedded and stored: the unique final strings of one role of one split. */
export interface UniqueList {
  readonly split: SplitName;
  readonly role: TextRole;
  readonly prompt: string;
  /** Number of unique strings. */
  readonly size: number;
  /** Length of all unique strings together, in UTF-16 units. */
  readonly characters: number;
  /** A few of them, evenly spread over the list. */
  readonly sample: readonly string[];
  /** The first of them; undefined in an empty list. */
  readonly first: string | undefined;
  /** Row i of the data has unique string `index[i]`. */
  readonly index: Int32Array;
  /** Names the list in the store. */
  readonly key: string;
  /**
   * The final strings, prompt included, each once, in order of first occurrence; read from the data each time they are
   * asked for, so that a corpus need not fit the memory.
   */
  texts(): AsyncIterable<string>;
}

/**
 * Makes the list that is embedded for one role of one split.
 *
 * @param prompt put before every text
 * @param promptChangesPooling whether equal strings have different vectors when another part of them is the prompt; then
 *   the prompt is part of the key
 */
export async function uniqueList(list: TextList, prompt: string, promptChangesPooling = false): Promise<UniqueList> {
  const numbers = new TextNumbers(list.rows);
  const index = new Int32Array(list.rows);
  const key = new ListKey(promptChangesPooling ? prompt : '');
  const sample = new EvenSample();
  let characters = 0;
  let first: string | undefined;
  let row = 0;
  for await (const chunk of list.texts()) {
    for (const text of chunk) {
      if (row >= list.rows) throw new RangeError(`${nameOf(list)} has more than the ${list.rows} rows it announced`);
      const final = prompt + text;
      const known = numbers.size;
      index[row] = numbers.numberOf(final);
      first ??= final;
      if (index[row++] !== known) continue;
      key.add(final);
      sample.add(final);
      characters += final.length;
    }
  }
  if (row !== list.rows) throw new RangeError(`${nameOf(list)} has ${row} rows, announced were ${list.rows}`);
  return {
    split: list.split,
    role: list.role,
    prompt,
    size: numbers.size,
    characters,
    sample: sample.texts,
    first,
    index,
    key: key.digest(),
    texts: () => uniqueTexts(list, prompt, index),
  };
}

/** Numbers are given in order of first occurrence, so a text is new where its number is the next one. */
async function* uniqueTexts(list: TextList, prompt: string, index: Int32Array): AsyncGenerator<string> {
  let row = 0;
  let next = 0;
  for await (const chunk of list.texts()) {
    for (const text of chunk) {
      if (index[row++] !== next) continue;
      next++;
      yield prompt + text;
    }
  }
}

/** `split/role`, as results and messages name a list. */
export function nameOf(list: { readonly split: SplitName; readonly role: TextRole }): string {
  return `${list.split}/${list.role}`;
}
