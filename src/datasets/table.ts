import { createHash, type Hash } from 'node:crypto';
import { suggestName } from '../definitions/nearest-name.js';
import { throwProblems, UserError, type Problem } from '../errors.js';
import { describeCell, LABEL, type CellType } from './cell-types.js';
import { FileFault, GET_AGAIN } from './file-fault.js';
import { isFaultyRow, readJsonLines, type JsonRow } from './json-lines.js';
import { openParquet, type ParquetFile } from './parquet-file.js';
import type { ParquetColumn } from './parquet-schema.js';
import { RandomFile } from './random-file.js';
import { RowFaults } from './row-faults.js';

/** A file of rows as it was found. */
export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  /** What results and messages call it. */
  readonly name: string;
  readonly format: 'parquet' | 'jsonl';
  /** The commit of the Hub that it is of. */
  readonly origin?: FileOrigin;
}

/** Where a file of the Hub comes from. */
export interface FileOrigin {
  readonly repo: string;
  /** Commit. */
  readonly revision: string;
}

/** One column that is wanted of a file. */
export interface ColumnRequest<T = unknown> {
  readonly column: string;
  readonly type: CellType<T>;
  /** Takes the values in file order, some at a time; what it took counts only when the file has no problem. */
  take(values: readonly T[]): void;
  /** In a Parquet file of more than a million rows, read the first row group only. */
  readonly sampleLarge?: boolean;
}

export interface TableReading {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Last change in milliseconds. */
  readonly changedAt: number;
  /** Whether `sampleLarge` left rows unread. */
  readonly sampled: boolean;
  readonly problems: readonly Problem[];
}

/** Above this many rows `sampleLarge` applies. */
const LARGE = 1_000_000;

/**
 * Reads columns of a Parquet or JSONL file and holds every cell to the type that is wanted.
 *
 * @returns what the file is, and every problem: of the file, of columns that are not there or of another type, of rows
 * @throws MachineError when the file may not be read
 */
export async function readTable(file: FoundFile, requests: readonly ColumnRequest[]): Promise<TableReading> {
  let open: RandomFile | undefined;
  const problems: Problem[] = [];
  let reading = { rows: 0, sampled: false };
  let sha256 = '';
  try {
    open = await RandomFile.open(file.path, file.name);
    const hash = createHash('sha256');
    reading =
      file.format === 'parquet'
        ? await readParquetTable(open, file.name, requests, problems)
        : await readJsonTable(open, file.name, requests, problems, hash);
    // Lines are hashed as they are read; a Parquet file is read here and there, so it is read once more for its hash.
    if (file.format === 'parquet' && problems.length === 0) await hashFile(open, hash);
    sha256 = hash.digest('hex');
  } catch (thrown) {
    problems.push(faultOf(thrown, file));
  } finally {
    await open?.close();
  }
  return { ...reading, bytes: open?.bytes ?? 0, changedAt: open?.changedAt ?? 0, sha256, problems };
}

/** A fault of the bytes as a problem of the file; anything else is thrown on. */
export function faultOf(thrown: unknown, file: FoundFile, column?: string): Problem {
  if (!(thrown instanceof FileFault)) throw thrown;
  const rowWord = file.format === 'parquet' ? 'row' : 'line';
  const row = thrown.row === undefined ? '' : `, ${rowWord} ${thrown.row}`;
  const where = `${file.name}${row}${column === undefined ? '' : `, column "${column}"`}`;
  // A fault that is a sentence of its own ends in a full stop; the others say why the bytes are no Parquet.
  const what = thrown.message.endsWith('.') ? thrown.message : `is no readable Parquet file: ${thrown.message}.`;
  return { where, what, fix: thrown.fix ?? GET_AGAIN };
}

async function hashFile(file: RandomFile, hash: Hash): Promise<void> {
  const step = 2 ** 22;
  for (let at = 0; at < file.bytes; at += step) hash.update(await file.read(at, Math.min(step, file.bytes - at)));
}

async function readParquetTable(
  open: RandomFile,
  name: string,
  requests: readonly ColumnRequest[],
  problems: Problem[],
): Promise<{ rows: number; sampled: boolean }> {
  const parquet = await openParquet(open);
  let sampled = false;
  for (const request of requests) {
    const column = parquet.columns.find((c) => c.name === request.column);
    const fault = columnFault(request, column, parquet, name);
    if (column === undefined || fault !== undefined) {
      if (fault !== undefined) problems.push(fault);
      continue;
    }
    const onlyFirst = request.sampleLarge === true && parquet.rows > LARGE;
    sampled ||= onlyFirst;
    const faults = new RowFaults();
    const check = cellReader(request, faults, (row) => `${name}, row ${row}`);
    const names = request.type === LABEL ? parquet.classLabels.get(column.name) : undefined;
    try {
      let row = 1;
      for await (const cells of parquet.read(column, onlyFirst ? 1 : undefined)) {
        request.take(check(cells, row));
        if (names !== undefined) checkClassLabels(cells, names, column.name, faults, (i) => `${name}, row ${row + i}`);
        row += cells.length;
      }
    } catch (thrown) {
      problems.push(faultOf(thrown, { path: '', name, format: 'parquet' }, column.name));
    }
    problems.push(...faults.problems());
  }
  return { rows: parquet.rows, sampled };
}

/** A ClassLabel that has no name is a mark for "no label" (-1), or not a label of this set. */
function checkClassLabels(
  cells: readonly unknown[],
  names: readonly string[],
  column: string,
  faults: RowFaults,
  where: (index: number) => string,
): void {
  cells.forEach((cell, i) => {
    if (typeof cell === 'number' && (cell < 0 || cell >= names.length))
      faults.add(
        `${where(i)}, column "${column}"`,
        () => `is the label ${cell}, but the file names the labels 0 to ${names.length - 1}.`,
      );
  });
}

function columnFault(
  request: ColumnRequest,
  column: ParquetColumn | undefined,
  parquet: ParquetFile,
  name: string,
): Problem | undefined {
  if (column === undefined)
    return missingColumn(
      request.column,
      parquet.columns.map((c) => c.name),
      name,
    );
  if (request.type.accepts(column.kind, column.list !== undefined)) return undefined;
  return {
    where: `${name}, column "${column.name}"`,
    what: `holds ${column.description}; ${request.type.expected} is expected in every row.`,
    fix: 'name another column in "columns" of the definition, or write the file with the right type.',
  };
}

function missingColumn(column: string, there: readonly string[], name: string): Problem {
  const list = there.length === 0 ? 'none' : there.map((c) => `"${c}"`).join(', ');
  return {
    where: name,
    what: `has no column "${column}"; its columns are: ${list}.`,
    fix: suggestName(column, there) ?? 'name the right column in "columns" of the definition.',
  };
}

/** Turns cells into values; a cell that is none is a fault of its row, if the row is not at fault already. */
type CellReader = (cells: readonly unknown[], firstRow: number, isFaulty?: (i: number) => boolean) => unknown[];

function cellReader({ column, type }: ColumnRequest, faults: RowFaults, where: (row: number) => string): CellReader {
  return (cells, firstRow, isFaulty) => {
    const values = new Array<unknown>(cells.length);
    for (let i = 0; i < cells.length; i++) {
      const value = type.read(cells[i]);
      if (value === undefined && isFaulty?.(i) !== true)
        faults.add(
          `${where(firstRow + i)}, column "${column}"`,
          () => `is ${describeCell(cells[i])}; ${type.expected} is expected.`,
        );
      values[i] = value;
    }
    return values;
  };
}

async function readJsonTable(
  open: RandomFile,
  name: string,
  requests: readonly ColumnRequest[],
  problems: Problem[],
  hash: Hash,
): Promise<{ rows: number; sampled: boolean }> {
  const lineFaults = new RowFaults();
  const columns = requests.map((request) => {
    const faults = new RowFaults();
    return { request, faults, present: 0, check: cellReader(request, faults, (row) => `${name}, line ${row}`) };
  });
  const keys = new Set<string>();
  let rows = 0;
  try {
    for await (const batch of readJsonLines(open, { name, hash, faults: lineFaults })) {
      if (keys.size === 0) for (const row of batch.slice(0, KEY_ROWS)) Object.keys(row).forEach((key) => keys.add(key));
      const isFaulty = lineFaults.length === 0 ? undefined : (i: number): boolean => isFaultyRow(batch[i]);
      for (const state of columns) {
        const cells = batch.map((row) => cellOf(row, state.request.column));
        for (const cell of cells) if (cell !== undefined) state.present++;
        state.request.take(state.check(cells, rows + 1, isFaulty));
      }
      rows += batch.length;
    }
  } finally {
    problems.push(...lineFaults.problems());
    for (const { request, faults, present } of columns)
      if (present === 0 && faults.length > 0) problems.push(missingColumn(request.column, [...keys], name));
      else problems.push(...faults.problems());
  }
  return { rows, sampled: false };
}

/** Rows whose keys are told when a column is missing. */
const KEY_ROWS = 100;

function cellOf(row: JsonRow, column: string): unknown {
  return Object.hasOwn(row, column) ? row[column] : undefined;
}

/**
 * One column of a file in file order, as often as one likes, for files that `readTable` found right.
 *
 * @param expected what the file was when it was read; another size, time or number of rows is an error
 * @throws UserError when the file has changed since, or is broken in a part that was not read then
 */
export async function* streamColumn<T>(
  file: FoundFile,
  column: string,
  type: CellType<T>,
  expected: Pick<TableReading, 'rows' | 'bytes' | 'changedAt'>,
): AsyncGenerator<T[]> {
  const faults = new RowFaults();
  const rowWord = file.format === 'parquet' ? 'row' : 'line';
  const check = cellReader({ column, type, take: () => undefined }, faults, (row) => `${file.name}, ${rowWord} ${row}`);
  let open: RandomFile | undefined;
  let rows = 0;
  try {
    open = await RandomFile.open(file.path, file.name);
    if (open.bytes !== expected.bytes || open.changedAt !== expected.changedAt) throw new FileFault(CHANGED);
    for await (const cells of cellBatches(open, file, column, faults)) {
      const values = check(cells, rows + 1) as T[];
      throwProblems(faults.problems());
      rows += values.length;
      if (rows > expected.rows) break;
      yield values;
    }
    if (rows !== expected.rows) throw new FileFault(CHANGED);
  } catch (thrown) {
    throw thrown instanceof FileFault ? new UserError(faultOf(thrown, file, column)) : thrown;
  } finally {
    await open?.close();
  }
}

const CHANGED = 'was changed after it was checked.';

async function* cellBatches(
  open: RandomFile,
  file: FoundFile,
  column: string,
  faults: RowFaults,
): AsyncGenerator<readonly unknown[]> {
  if (file.format === 'jsonl') {
    for await (const batch of readJsonLines(open, { name: file.name, faults }))
      yield batch.map((row) => cellOf(row, column));
    return;
  }
  const parquet = await openParquet(open);
  const found = parquet.columns.find((c) => c.name === column);
  if (found === undefined) throw new FileFault(CHANGED);
  yield* parquet.read(found);
}
