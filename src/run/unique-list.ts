import type { SplitName, TextList } from '../datasets/types.js';
import type { TextRole } from '../definitions/types.js';
import { listKey } from '../vectors/list-key.js';

/** A list as it is embedded and stored: the unique final strings of one role of one split. */
export interface UniqueList {
  readonly split: SplitName;
  readonly role: TextRole;
  readonly prompt: string;
  /** Final strings, prompt included, each once, in order of first occurrence. */
  readonly texts: readonly string[];
  /** Row i of the data has the text `texts[index[i]]`. */
  readonly index: Int32Array;
  /** Names the list in the store. */
  readonly key: string;
}

/**
 * Makes the list that is embedded for one role of one split.
 *
 * @param prompt put before every text
 * @param promptChangesPooling whether equal strings have different vectors when another part of them is the prompt; then
 *   the prompt is part of the key
 */
export async function uniqueList(list: TextList, prompt: string, promptChangesPooling = false): Promise<UniqueList> {
  const numbers = new Map<string, number>();
  const texts: string[] = [];
  const index = new Int32Array(list.rows);
  let row = 0;
  for await (const chunk of list.texts()) {
    for (const text of chunk) {
      if (row >= list.rows) throw new RangeError(`${nameOf(list)} has more than the ${list.rows} rows it announced`);
      const final = prompt === '' ? text : prompt + text;
      let number = numbers.get(final);
      if (number === undefined) {
        number = texts.length;
        numbers.set(final, number);
        texts.push(final);
      }
      index[row++] = number;
    }
  }
  if (row !== list.rows) throw new RangeError(`${nameOf(list)} has ${row} rows, announced were ${list.rows}`);
  const key = listKey(texts, promptChangesPooling ? prompt : '');
  return { split: list.split, role: list.role, prompt, texts, index, key };
}

/** `split/role`, as results and messages name a list. */
export function nameOf(list: { readonly split: SplitName; readonly role: TextRole }): string {
  return `${list.split}/${list.role}`;
}
