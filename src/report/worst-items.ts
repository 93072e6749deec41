import { matchItems, numberColumn, textColumn } from '../compare/match-items.js';
import type { RunItems } from '../compare/types.js';
import type { Family } from '../definitions/types.js';
import { UserError } from '../errors.js';
import type { ItemTable } from '../families/types.js';
import { midranks } from '../numeric/midranks.js';

/** What one run made of an item. */
export interface ItemView {
  /** 0 (worst) .. 1 (best). */
  readonly quality: number;
  /** In words: a score, a class, the label's share of a cluster. */
  readonly said: string;
  /** Ids, best first; empty where the family ranks nothing. */
  readonly ranking: readonly string[];
}

export interface WorstItem {
  readonly id: string;
  /** What was right: relevant ids, a label, a gold score. */
  readonly expected: readonly string[];
  /** In the order of `runs`. */
  readonly views: readonly ItemView[];
}

export interface WorstItems {
  readonly items: readonly WorstItem[];
  readonly of: number;
  /** Names of the runs whose items are shown. */
  readonly runs: readonly string[];
  /** How the items were chosen. */
  readonly order: string;
  /** Runs that are not shown, and why. */
  readonly notes: readonly string[];
}

interface Reading {
  readonly expected: (row: number) => readonly string[];
  readonly view: (row: number) => ItemView;
}

const LONGEST_RANKING = 10;

const MEASURES: Readonly<Record<Family, string>> = {
  Retrieval: 'the main score of the query',
  Reranking: 'the main score of the query',
  STS: 'how near the rank of the score is to the rank of the gold score',
  PairClassification: 'whether the decision is right',
  Classification: 'whether the class is right',
  Clustering: "the label's share of the document's cluster",
};

/**
 * The items of a task that came out worst: of one run those of least quality, of several those that lost most against the
 * first run.
 *
 * @param most items to keep
 * @returns null when no run has a table of the task
 */
export function worstItems(task: string, family: Family, runs: readonly RunItems[], most: number): WorstItems | null {
  const notes: string[] = [];
  const read: { name: string; reading: Reading; order: Int32Array }[] = [];
  let first: ItemTable | undefined;
  for (const { name, items, run } of runs) {
    const own = items.get(task);
    if (own === undefined) {
      if (run.tasks.has(task)) notes.push(`${name} has no item table of this task`);
      continue;
    }
    try {
      const where = `${name}, task ${task}`;
      const order = matchItems(first ?? own, own, where);
      read.push({ name, reading: readingOf(family, own, where), order });
      first ??= own;
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
      notes.push(`${name} is not shown: ${thrown.problems[0].what}`);
    }
  }
  if (first === undefined) return notes.length === 0 ? null : { items: [], of: 0, runs: [], order: '', notes };
  const ids = textColumn(first, 'id', task);
  const all = ids.map((id, row): WorstItem => {
    const views = read.map(({ reading, order }) => reading.view(order[row]));
    return { id, expected: read[0].reading.expected(read[0].order[row]), views };
  });
  const worst = all.map((item) => ({ item, ...badness(item) })).sort((a, b) => b.lost - a.lost || a.least - b.least);
  const names = read.map(({ name }) => name);
  const order =
    names.length === 1
      ? `lowest first by ${MEASURES[family]}`
      : `largest loss against ${names[0]} first, by ${MEASURES[family]}`;
  return { items: worst.slice(0, most).map(({ item }) => item), of: all.length, runs: names, order, notes };
}

function badness({ views }: WorstItem): { readonly lost: number; readonly least: number } {
  const qualities = views.map(({ quality }) => quality);
  const least = Math.min(...qualities);
  return { lost: Math.max(...qualities.map((quality) => qualities[0] - quality)), least };
}

function readingOf(family: Family, table: ItemTable, where: string): Reading {
  switch (family) {
    case 'Retrieval':
    case 'Reranking': {
      const main = numberColumn(table, 'main', where);
      const [rankings, relevant] = [listColumn(table, 'ranking', where), listColumn(table, 'relevant', where)];
      const view = (row: number) => ({
        quality: main[row],
        said: (100 * main[row]).toFixed(2),
        ranking: rankings[row].slice(0, LONGEST_RANKING),
      });
      return { expected: (row) => relevant[row], view };
    }
    case 'STS': {
      const [score, gold] = [numberColumn(table, 'score', where), numberColumn(table, 'gold', where)];
      const [scoreRanks, goldRanks] = [midranks(score), midranks(gold)];
      const span = Math.max(1, score.length - 1);
      const view = (row: number) => ({
        quality: 1 - Math.abs(scoreRanks[row] - goldRanks[row]) / span,
        said: `score ${score[row].toPrecision(4)}, rank ${scoreRanks[row]} of ${score.length}; gold rank ${goldRanks[row]}`,
        ranking: [],
      });
      return { expected: (row) => [String(gold[row])], view };
    }
    case 'PairClassification':
    case 'Classification': {
      const [predicted, gold] = [numberColumn(table, 'predicted', where), numberColumn(table, 'gold', where)];
      const view = (row: number) => {
        const right = predicted[row] === gold[row];
        return { quality: Number(right), said: `${predicted[row]}, ${right ? 'right' : 'wrong'}`, ranking: [] };
      };
      return { expected: (row) => [String(gold[row])], view };
    }
    case 'Clustering': {
      const [gold, cluster] = [textColumn(table, 'gold', where), numberColumn(table, 'cluster', where)];
      const sizes = countBy(Array.from(cluster, String));
      const alike = countBy(gold.map((label, row) => JSON.stringify([label, cluster[row]])));
      const view = (row: number) => {
        const [same, size] = [
          alike.get(JSON.stringify([gold[row], cluster[row]])) ?? 0,
          sizes.get(String(cluster[row])) ?? 1,
        ];
        return {
          quality: same / size,
          said: `cluster ${cluster[row]}: ${same} of ${size} have the label`,
          ranking: [],
        };
      };
      return { expected: (row) => [gold[row]], view };
    }
  }
}

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function listColumn(table: ItemTable, name: string, where: string): readonly (readonly string[])[] {
  const column = table.columns.find((found) => found.name === name);
  if (column?.type === 'texts') return column.values;
  throw new UserError({ where, what: `the item table has no lists "${name}".`, fix: 'score the task again.' });
}
