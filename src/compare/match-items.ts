import { UserError } from '../errors.js';
import type { ItemColumn, ItemTable } from '../families/types.js';

/**
 * Brings a table's rows into the order of another's, by id; an id that stands several times is matched in order.
 *
 * @param where names both runs and the task
 * @returns for each row of `first` the row of `second`
 * @throws UserError when one has items that the other lacks
 */
export function matchItems(first: ItemTable, second: ItemTable, where: string): Int32Array {
  const [a, b] = [keyed(textColumn(first, 'id', where)), keyed(textColumn(second, 'id', where))];
  const places = new Map(b.map((key, row) => [key, row]));
  const missing = a.filter((key) => !places.has(key));
  if (missing.length > 0 || a.length !== b.length) {
    const known = new Set(a);
    const [example] = missing.length > 0 ? missing : b.filter((key) => !known.has(key));
    throw new UserError({
      where,
      what: `the items differ: ${a.length} and ${b.length} of them, and only one side has ${example}.`,
      fix: 'compare runs over the same items; score the task again where its table is broken.',
    });
  }
  return Int32Array.from(a, (key) => places.get(key) as number);
}

function keyed(ids: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return ids.map((id) => {
    const times = seen.get(id) ?? 0;
    seen.set(id, times + 1);
    return `${JSON.stringify(id)}${times === 0 ? '' : `, time ${times + 1}`}`;
  });
}

/** A column of texts. @throws UserError when the table has none of that name */
export function textColumn(table: ItemTable, name: string, where: string): readonly string[] {
  const column = columnOf(table, name);
  if (column?.type !== 'text') throw noColumn(name, where);
  return column.values;
}

/** A column of numbers without gaps. @throws UserError when the table has none of that name, or one with gaps */
export function numberColumn(table: ItemTable, name: string, where: string): Float64Array {
  const column = columnOf(table, name);
  if (column?.type !== 'float64') throw noColumn(name, where);
  const values = Array.from(column.values);
  const gap = values.findIndex((value) => value === null);
  if (gap >= 0) {
    const what = `item ${gap + 1} has no value of "${name}", so nothing can be paired.`;
    throw new UserError({ where, what, fix: 'leave the task out.' });
  }
  return Float64Array.from(values as number[]);
}

function columnOf(table: ItemTable, name: string): ItemColumn | undefined {
  return table.columns.find((column) => column.name === name);
}

function noColumn(name: string, where: string): UserError {
  const what = `the item table has no column "${name}" of the kind that this family needs.`;
  return new UserError({ where, what, fix: 'score the task again.' });
}
