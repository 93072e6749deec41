import { qrelsFiles } from '../definitions/task-definition.js';
import type { TaskDefinition } from '../definitions/types.js';
import type { Problem } from '../errors.js';
import { fileCorpus } from './corpus.js';
import { repeatedIds } from './repeated-ids.js';
import { firstRows, keptDocuments, pick, rowsByLabel } from './limit-rows.js';
import { candidateRows, judgedQueries, type Made } from './query-rows.js';
import type { FileRows, RoleColumns } from './task-rows.js';
import type {
  CandidateRows,
  Corpus,
  LabelledPairRows,
  LabelledTextRows,
  QueryRows,
  SplitsOf,
  StsRows,
  TaskData,
  TaskFile,
} from './types.js';

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
      return { family, splits: splitsOf(source, (split) => stsRows(source, rowsOf(source, split))) };
    case 'PairClassification':
      return { family, splits: splitsOf(source, (split) => pairRows(source, rowsOf(source, split))) };
    case 'Classification': {
      const train = textRows(source, rowsOf(source, 'train'));
      return { family, splits: { train, ...splitsOf(source, (split) => textRows(source, rowsOf(source, split))) } };
    }
    case 'Clustering':
      return { family, splits: splitsOf(source, (split) => textRows(source, rowsOf(source, split))) };
    case 'Retrieval': {
      const splits = splitsOf(source, (split) => queryRows(source, split));
      return { family, splits, corpus: corpusOf(source, splits, (rows) => rows.relevant, source.limit) };
    }
    case 'Reranking': {
      const splits = splitsOf(source, (split) => rerankingRows(source, split));
      return { family, splits, corpus: corpusOf(source, splits, (rows) => rows.candidates, 0) };
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

function limited<T>({ limit }: Source, values: readonly T[], rows: readonly number[]): readonly T[] {
  return limit === undefined ? values : pick(values, rows);
}

function stsRows(source: Source, { columns, rows }: FileRows): StsRows {
  const { sentence1 = [], sentence2 = [], score = [] } = columns;
  const kept = firstRows(rows, source.limit ?? 0);
  return {
    sentence1: limited(source, sentence1, kept),
    sentence2: limited(source, sentence2, kept),
    score: Float64Array.from(limited(source, score, kept)),
  };
}

function keptByLabel(source: Source, { label = [] }: Partial<RoleColumns>): number[] {
  return source.limit === undefined ? [] : rowsByLabel(label, source.limit);
}

function pairRows(source: Source, { columns }: FileRows): LabelledPairRows {
  const { sentence1 = [], sentence2 = [], label = [] } = columns;
  const kept = keptByLabel(source, columns);
  return {
    sentence1: limited(source, sentence1, kept),
    sentence2: limited(source, sentence2, kept),
    label: limited(source, label, kept),
  };
}

function textRows(source: Source, { columns }: FileRows): LabelledTextRows {
  const { text = [], label = [] } = columns;
  const kept = keptByLabel(source, columns);
  return { text: limited(source, text, kept), label: limited(source, label, kept) };
}

function queryRows(source: Source, split: 'validation' | 'test'): QueryRows {
  const pair = source.task.layout === 'qrels' ? qrelsFiles(source.task, split) : undefined;
  let rows: QueryRows;
  if (pair === undefined) {
    const { query = [], queryId, relevant = [] } = rowsOf(source, split).columns;
    rows = { query, queryId, relevant };
  } else {
    const queries = source.rows.get(pair.queries) as FileRows;
    const qrels = source.rows.get(pair.qrels) as FileRows;
    rows = noted(source, judgedQueries(queries, qrels));
    if (rows.query.length === 0) emptySplit(source, split, queries.rows === 0 ? queries : qrels);
  }
  const kept = firstRows(rows.query.length, source.limit ?? 0);
  return {
    query: limited(source, rows.query, kept),
    ...(rows.queryId === undefined ? {} : { queryId: limited(source, rows.queryId, kept) }),
    relevant: limited(source, rows.relevant, kept),
  };
}

function rerankingRows(source: Source, split: 'validation' | 'test'): CandidateRows {
  const rows = noted(source, candidateRows(rowsOf(source, split)));
  const kept = firstRows(rows.query.length, source.limit ?? 0);
  return {
    query: limited(source, rows.query, kept),
    ...(rows.queryId === undefined ? {} : { queryId: limited(source, rows.queryId, kept) }),
    candidates: limited(source, rows.candidates, kept),
    grades: limited(source, rows.grades, kept),
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
  others: number | undefined,
): Corpus {
  const rows = rowsOf(source, 'corpus');
  const { documentId = [] } = rows.columns;
  const { extra, example } = repeatedIds(documentId, 'typed');
  if (extra > 0)
    source.warnings.push(
      `${rows.taskFiles[0].name}: ${extra} ${extra === 1 ? 'row repeats' : 'rows repeat'} the id of an earlier document, for example ${JSON.stringify(example)}.`,
    );
  const column = source.task.columns.text as string;
  if (source.limit === undefined) return fileCorpus(rows.files, column, documentId);
  const lists = [splits.validation, splits.test].flatMap((split) => (split === null ? [] : [...named(split)]));
  return fileCorpus(rows.files, column, documentId, keptDocuments(documentId, lists, others ?? 0));
}
