import { qrelsFiles } from '../definitions/task-definition.js';
import type { TaskDefinition } from '../definitions/types.js';
import type { Problem } from '../errors.js';
import { fileCorpus } from './corpus.js';
import { repeatedIds } from './repeated-ids.js';
import { firstRows, keptDocuments, pick, rowsByLabel } from './limit-rows.js';
import { candidateRows, judgedQueries, type Made } from './query-rows.js';
import { drawnRows } from './subset-rows.js';
import type { FileRows } from './task-rows.js';
import type {
  CandidateRows,
  Corpus,
  Label,
  LabelledPairRows,
  LabelledTextRows,
  QueryRows,
  SplitsOf,
  StsRows,
  TaskData,
  TaskFile,
} from './types.js';

type Split = 'train' | 'validation' | 'test';

/** Everything that a task's rows are made of. */
interface Source {
  readonly task: TaskDefinition;
  /** By name in `source.files`. */
  readonly rows: ReadonlyMap<string, FileRows>;
  /** Rows, pairs or queries that a split keeps; undefined for all. */
  readonly limit: number | undefined;
  readonly problems: Problem[];
  readonly warnings: string[];
}

/**
 * Makes the rows of a task of the columns that were read, and checks what concerns more than one cell.
 *
 * Of a subset every split has the rows that are drawn for it, in the order of the file, and a corpus the documents that are
 * relevant to them and as many others, drawn, too, as the definition says.
 *
 * With a limit a split keeps its first rows (STS), first queries (retrieval, reranking), or as many rows as that of each
 * label in turn (`rowsByLabel`; pairs, classification, clustering). A retrieval corpus keeps the documents that are relevant
 * to a kept query of any split and the first `limit` others; a reranking corpus the candidates of the kept queries.
 *
 * @param rows by name in `source.files`, all without problems
 * @param limit >= 1
 */
export function taskData(
  task: TaskDefinition,
  rows: ReadonlyMap<string, FileRows>,
  limit: number | undefined,
): { readonly data: TaskData; readonly problems: readonly Problem[] } {
  const source: Source = { task, rows, limit, problems: [], warnings: [] };
  const files: TaskFile[] = [...rows.values()].flatMap(({ taskFiles }) => taskFiles);
  const rest = { files, warnings: source.warnings };
  return { data: { ...familyData(source), ...rest } as TaskData, problems: source.problems };
}

function familyData(source: Source): Pick<TaskData, 'family' | 'splits'> & { readonly corpus?: Corpus } {
  const { family } = source.task;
  switch (family) {
    case 'STS':
      return { family, splits: splitsOf(source, (split) => stsRows(source, split)) };
    case 'PairClassification':
      return { family, splits: splitsOf(source, (split) => pairRows(source, split)) };
    case 'Classification': {
      const train = textRows(source, 'train');
      return { family, splits: { train, ...splitsOf(source, (split) => textRows(source, split)) } };
    }
    case 'Clustering':
      return { family, splits: splitsOf(source, (split) => textRows(source, split)) };
    case 'Retrieval': {
      const splits = splitsOf(source, (split) => queryRows(source, split));
      return { family, splits, corpus: corpusOf(source, splits, (rows) => rows.relevant) };
    }
    case 'Reranking': {
      const splits = splitsOf(source, (split) => rerankingRows(source, split));
      return { family, splits, corpus: corpusOf(source, splits, (rows) => rows.candidates) };
    }
  }
}

function splitsOf<Rows>({ task }: Source, make: (split: 'validation' | 'test') => Rows): SplitsOf<Rows> {
  return { validation: task.splits.validation === null ? null : make('validation'), test: make('test') };
}

/** The rows that a split names; a split without rows is a problem. */
function rowsOf(source: Source, split: 'train' | 'validation' | 'test' | 'corpus'): FileRows {
  const rows = source.rows.get(source.task.splits[split] as string) as FileRows;
  if (rows.rows === 0) emptySplit(source, split, rows);
  return rows;
}

function emptySplit(source: Source, split: string, rows: FileRows): void {
  source.problems.push({
    where: rows.taskFiles[0].name,
    what: `has no rows; the ${split} split of the task ${source.task.id} needs some.`,
    fix: 'get the file again, or name the right one in "splits".',
  });
}

/** Which rows a split keeps, of how many it has; undefined for all. */
type Kept = readonly number[] | undefined;

/**
 * The rows that a split keeps: those that are drawn for a subset, and of them as many as the limit lets.
 *
 * @param rows that the split has
 * @param contents what each row says, for the draw
 * @param labels of the rows: a limit lets them take turns
 */
function keptRows(
  { limit, task: { subset } }: Source,
  split: Split,
  rows: number,
  contents: () => readonly string[],
  labels?: readonly Label[],
): Kept {
  const { seed = 0, stratifyBy } = subset ?? {};
  const size = subset?.rows[split];
  const stratified = stratifyBy === undefined ? undefined : labels;
  const drawn = size === undefined ? undefined : drawnRows(contents(), size, seed, stratified);
  if (limit === undefined) return drawn;
  const left = drawn ?? firstRows(rows, rows);
  const first = labels === undefined ? firstRows(left.length, limit) : rowsByLabel(pick(labels, left), limit);
  return pick(left, first);
}

function only<T>(kept: Kept, values: readonly T[]): readonly T[] {
  return kept === undefined ? values : pick(values, kept);
}

/** What rows say in some columns, as one text a row. */
function contentsOf(...columns: readonly (readonly unknown[])[]): () => string[] {
  return () => columns[0].map((_, i) => JSON.stringify(columns.map((column) => String(column[i]))));
}

function stsRows(source: Source, split: Split): StsRows {
  const { sentence1 = [], sentence2 = [], score = [] } = rowsOf(source, split).columns;
  const kept = keptRows(source, split, sentence1.length, contentsOf(sentence1, sentence2, score));
  return {
    sentence1: only(kept, sentence1),
    sentence2: only(kept, sentence2),
    score: Float64Array.from(only(kept, score)),
  };
}

function pairRows(source: Source, split: Split): LabelledPairRows {
  const { sentence1 = [], sentence2 = [], label = [] } = rowsOf(source, split).columns;
  const kept = keptRows(source, split, sentence1.length, contentsOf(sentence1, sentence2, label), label);
  return { sentence1: only(kept, sentence1), sentence2: only(kept, sentence2), label: only(kept, label) };
}

function textRows(source: Source, split: Split): LabelledTextRows {
  const { text = [], label = [] } = rowsOf(source, split).columns;
  const kept = keptRows(source, split, text.length, contentsOf(text, label), label);
  return { text: only(kept, text), label: only(kept, label) };
}

function queryRows(source: Source, split: 'validation' | 'test'): QueryRows {
  const { query, queryId, relevant } = allQueries(source, split);
  const kept = keptRows(source, split, query.length, contentsOf(query, relevant));
  return {
    query: only(kept, query),
    ...(queryId === undefined ? {} : { queryId: only(kept, queryId) }),
    relevant: only(kept, relevant),
  };
}

function allQueries(source: Source, split: 'validation' | 'test'): QueryRows {
  const pair = source.task.layout === 'qrels' ? qrelsFiles(source.task, split) : undefined;
  if (pair === undefined) {
    const { query = [], queryId, relevant = [] } = rowsOf(source, split).columns;
    return { query, queryId, relevant };
  }
  const queries = source.rows.get(pair.queries) as FileRows;
  const qrels = source.rows.get(pair.qrels) as FileRows;
  const rows = noted(source, judgedQueries(queries, qrels));
  if (rows.query.length === 0) emptySplit(source, split, queries.rows === 0 ? queries : qrels);
  return rows;
}

function rerankingRows(source: Source, split: 'validation' | 'test'): CandidateRows {
  const { query, queryId, candidates, grades } = noted(source, candidateRows(rowsOf(source, split)));
  const kept = keptRows(source, split, query.length, contentsOf(query, candidates, grades));
  return {
    query: only(kept, query),
    ...(queryId === undefined ? {} : { queryId: only(kept, queryId) }),
    candidates: only(kept, candidates),
    grades: only(kept, grades),
  };
}

function noted<Rows>(source: Source, made: Made<Rows>): Rows {
  source.problems.push(...made.problems);
  source.warnings.push(...made.warnings);
  return made.rows;
}

function corpusOf<Rows>(
  source: Source,
  splits: SplitsOf<Rows>,
  named: (rows: Rows) => Iterable<QueryRows['relevant'][number]>,
): Corpus {
  const rows = rowsOf(source, 'corpus');
  const { documentId: ids = [] } = rows.columns;
  const { extra, example } = repeatedIds(ids, 'typed');
  if (extra > 0)
    source.warnings.push(
      `${rows.taskFiles[0].name}: ${extra} ${extra === 1 ? 'row repeats' : 'rows repeat'} the id of an earlier document, for example ${JSON.stringify(example)}.`,
    );
  const { limit, task } = source;
  const column = task.columns.text as string;
  if (limit === undefined && task.subset === undefined) return fileCorpus(rows.files, column, ids);
  const lists = [splits.validation, splits.test].flatMap((split) => (split === null ? [] : [...named(split)]));
  const { seed = 0, otherDocuments = Infinity } = task.subset ?? {};
  // Candidates of queries are all that a reranking task needs.
  const others = task.family === 'Reranking' ? 0 : Math.min(limit ?? Infinity, otherDocuments);
  const choose = otherDocuments === Infinity ? undefined : drawnOf(seed);
  return fileCorpus(rows.files, column, ids, keptDocuments(ids, lists, others, choose));
}

function drawnOf(seed: number): (ids: readonly string[], rows: number) => readonly number[] {
  return (ids, rows) => drawnRows(ids, rows, seed);
}
