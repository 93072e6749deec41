import type { Family } from '../definitions/types.js';
import { UserError } from '../errors.js';
import type { ItemTable } from '../families/types.js';
import type { WeightedScore } from '../metrics/paired-draws.js';
import {
  weightedBinaryF1,
  weightedF1,
  weightedMean,
  weightedSpearman,
  weightedVMeasure,
} from '../metrics/weighted-scores.js';
import { midranks } from '../numeric/midranks.js';
import { matchItems, numberColumn, textColumn } from './match-items.js';

/** What paired statistics need of a task. */
export interface TaskStatistics {
  readonly items: number;
  /** What each run said of each item, items in the order of the first run; ranks where only the order counts. */
  readonly values: readonly Float64Array[];
  /** The main score of such values; where they are swappable, they are read anew at each call. */
  readonly scoreOf: (values: Float64Array) => WeightedScore;
  /** Whether runs' values of one item can be swapped: names of clusters cannot. */
  readonly swappable: boolean;
  /** Values are shares of the score. */
  readonly isMean: boolean;
  /** 1 where a decision is right; null where there are no decisions. */
  readonly rightOf: ((values: Float64Array) => Float64Array) | null;
}

/**
 * The items of several runs, matched, and the main score as a function of them.
 *
 * @param tables one a run
 * @param names of the runs, for errors
 * @throws UserError when items or what is known of them differ
 */
export function taskStatistics(
  family: Family,
  metric: string,
  tables: readonly ItemTable[],
  names: readonly string[],
  task: string,
): TaskStatistics {
  const where = (run: number) => `${names[0]} and ${names[run]}, task ${task}`;
  const orders = tables.map((table, run) => matchItems(tables[0], table, where(run)));
  const items = tables[0].rows;
  if (items === 0) throw new UserError({ where: `task ${task}`, what: 'it has no items.', fix: 'leave the task out.' });
  const numbers = (name: string) =>
    tables.map((table, run) => inOrderOf(numberColumn(table, name, where(run)), orders[run]));
  const known = <T>(name: string, columns: readonly ArrayLike<T>[]): ArrayLike<T> => {
    columns.forEach((column, run) => sameKnown(columns[0], column, name, where(run)));
    return columns[0];
  };
  const shared = { items, swappable: true, isMean: false, rightOf: null };
  const equalTo = (gold: Float64Array) => (values: Float64Array) => values.map((value, i) => Number(value === gold[i]));
  switch (family) {
    case 'Retrieval':
    case 'Reranking':
      return { ...shared, values: numbers('main'), scoreOf: weightedMean, isMean: true };
    case 'STS': {
      const gold = known('gold', numbers('gold')) as Float64Array;
      const goldRanks = midranks(gold);
      const scoreOf = (values: Float64Array) => weightedSpearman(goldRanks, values);
      return { ...shared, values: numbers('score').map(midranks), scoreOf };
    }
    case 'PairClassification': {
      const gold = known('gold', numbers('gold')) as Float64Array;
      const scoreOf = (values: Float64Array) => weightedBinaryF1(gold, values);
      return { ...shared, values: numbers('predicted'), scoreOf, rightOf: equalTo(gold) };
    }
    case 'Classification': {
      const { labels, columns } = numbered([known('gold', numbers('gold')) as Float64Array, ...numbers('predicted')]);
      const [gold, ...values] = columns;
      const average = metric.replace(/_f1$/, '');
      const scoreOf = (predicted: Float64Array) => weightedF1(gold, predicted, labels, average);
      return { ...shared, values, scoreOf, rightOf: equalTo(gold) };
    }
    case 'Clustering': {
      const texts = tables.map((table, run) => {
        const column = textColumn(table, 'gold', where(run));
        return Array.from(orders[run], (row) => column[row]);
      });
      const gold = known('gold', texts) as readonly string[];
      const scoreOf = (values: Float64Array) => weightedVMeasure(gold, values);
      return { ...shared, values: numbers('cluster'), scoreOf, swappable: false };
    }
  }
}

/** Labels by their place in a list of all that there are. */
function numbered(columns: readonly Float64Array[]): { labels: number; columns: Float64Array[] } {
  const places = new Map<number, number>();
  for (const values of columns) for (const label of values) if (!places.has(label)) places.set(label, places.size);
  return { labels: places.size, columns: columns.map((values) => values.map((label) => places.get(label) as number)) };
}

function inOrderOf(values: Float64Array, order: Int32Array): Float64Array {
  return Float64Array.from(order, (row) => values[row]);
}

function sameKnown<T>(a: ArrayLike<T>, b: ArrayLike<T>, name: string, where: string): void {
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    const what = `"${name}" of item ${i + 1} differs: ${String(a[i])} and ${String(b[i])}.`;
    throw new UserError({ where, what, fix: 'compare runs over the same data.' });
  }
}
