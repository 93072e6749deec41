import { countCharacters, differences, type FileFacts } from '../definitions/expectation.js';
import { sourceFile } from '../definitions/task-definition.js';
import type { ColumnRole, TaskDefinition } from '../definitions/types.js';
import type { Problem } from '../errors.js';
import { GRADES, ID, ID_LIST, IDS, LABEL, NUMBER, TEXT, type CellType } from './cell-types.js';
import type { CorpusFile } from './corpus.js';
import { PackedIds } from './document-ids.js';
import { readTable, type ColumnRequest, type FoundFile } from './table.js';
import type { DocumentId, Label, TaskFile } from './types.js';

/** What a column of each role holds. */
const ROLE_TYPES = {
  sentence1: TEXT,
  sentence2: TEXT,
  score: NUMBER,
  label: LABEL,
  text: TEXT,
  query: TEXT,
  relevant: IDS,
  candidates: ID_LIST,
  grades: GRADES,
  documentId: ID,
  queryId: ID,
  qrelQuery: ID,
  qrelDocument: ID,
  grade: NUMBER,
} as const satisfies Record<ColumnRole, CellType<unknown>>;

/** Columns of one name in `source.files` as they are kept in memory. */
export interface RoleColumns {
  readonly sentence1: string[];
  readonly sentence2: string[];
  readonly score: number[];
  readonly label: Label[];
  readonly text: string[];
  readonly query: string[];
  readonly relevant: (readonly DocumentId[])[];
  readonly candidates: (readonly DocumentId[])[];
  readonly grades: (readonly number[])[];
  readonly documentId: PackedIds;
  readonly queryId: DocumentId[];
  readonly qrelQuery: DocumentId[];
  readonly qrelDocument: DocumentId[];
  readonly grade: number[];
}

/** What is read of one name in `source.files`. */
export interface RowsPlan {
  readonly roles: ReadonlySet<ColumnRole>;
  /** A corpus: its texts are checked and counted, and not kept. */
  readonly isCorpus: boolean;
}

/** The rows of one name in `source.files`. */
export interface FileRows {
  readonly key: string;
  readonly rows: number;
  readonly columns: Partial<RoleColumns>;
  readonly files: readonly CorpusFile[];
  readonly taskFiles: readonly TaskFile[];
  readonly problems: readonly Problem[];
  /** How the rows differ from what the definition expects, one sentence each, with the place in front. */
  readonly changes: readonly { readonly where: string; readonly what: string }[];
}

/**
 * Reads the rows of one name in `source.files`: one file, or its parts in order.
 *
 * @param found the files, at least one
 */
export async function readRows(
  task: TaskDefinition,
  key: string,
  plan: RowsPlan,
  found: readonly FoundFile[],
): Promise<FileRows> {
  const expected = task.expect?.[key];
  const columns: Partial<Record<ColumnRole, Values>> = {};
  const characters: Record<string, number> = {};
  const requests: ColumnRequest[] = [];
  for (const role of plan.roles) {
    const column = task.columns[role];
    if (column === undefined) continue;
    const kept: Values = role === 'documentId' ? new PackedIds() : [];
    const isStreamed = plan.isCorpus && role === 'text';
    const counts = Object.hasOwn(expected?.characters ?? {}, column) && ROLE_TYPES[role] === TEXT;
    if (!isStreamed) columns[role] = kept;
    if (counts) characters[column] = 0;
    requests.push({
      column,
      type: ROLE_TYPES[role],
      sampleLarge: isStreamed,
      take: (values) => {
        if (!isStreamed) for (const value of values) kept.push(value);
        if (counts) for (const text of values) characters[column] += countCharacters(String(text));
      },
    });
  }
  const files: CorpusFile[] = [];
  for (const file of found) files.push({ file, reading: await readTable(file, requests) });
  const rows = files.reduce((sum, { reading }) => sum + reading.rows, 0);
  const problems = files.flatMap(({ reading }) => reading.problems);
  const typed = columns as Partial<RoleColumns>;
  const facts: FileFacts = {
    rows,
    // Part of a corpus says nothing about the characters of the whole.
    characters: files.some(({ reading }) => reading.sampled) ? undefined : characters,
    labels: typed.label === undefined ? undefined : countLabels(typed.label),
  };
  const where = found.length === 1 ? found[0].name : `task ${task.id}, file "${key}"`;
  const changes =
    problems.length > 0
      ? []
      : [...differences(expected, facts), ...hashDifference(task, key, files)].map((what) => ({ where, what }));
  const taskFiles = files.map(({ file, reading }) => ({
    key,
    ...file,
    bytes: reading.bytes,
    sha256: reading.sha256,
    rows: reading.rows,
  }));
  return { key, rows, columns: typed, files, taskFiles, problems, changes };
}

/** Values of a column, one behind the other. */
interface Values {
  push(value: unknown): unknown;
}

function countLabels(labels: readonly Label[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(String(label), (counts.get(String(label)) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** A hash is that of the file at `path`: it is not held against a mirror's file of the other format. */
function hashDifference(task: TaskDefinition, key: string, files: readonly CorpusFile[]): string[] {
  const source = sourceFile(task, key);
  if (source?.sha256 === undefined || typeof source.path !== 'string' || files.length !== 1) return [];
  const [{ file, reading }] = files;
  if (!source.path.toLowerCase().endsWith(`.${file.format}`)) return [];
  return source.sha256.toLowerCase() === reading.sha256
    ? []
    : [`has the SHA-256 ${reading.sha256}, expected ${source.sha256.toLowerCase()}`];
}

/** Where a row is, for messages: the file, and the number of the row in it, counted from 1. */
export function rowPlace(rows: FileRows, row: number): string {
  let first = 0;
  for (const { file, reading } of rows.files) {
    if (row < first + reading.rows)
      return `${file.name}, ${file.format === 'parquet' ? 'row' : 'line'} ${row - first + 1}`;
    first += reading.rows;
  }
  return `file "${rows.key}"`;
}
