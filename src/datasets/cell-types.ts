import type { DocumentId, Label } from './types.js';
import type { ValueKind } from './parquet-schema.js';

/** What one column has to hold, and how a cell becomes a value of it. */
export interface CellType<T> {
  /** In words, for "... is expected". */
  readonly expected: string;
  /** Whether a Parquet column of this kind can hold such values at all. */
  accepts(kind: ValueKind, isList: boolean): boolean;
  /** The value, or undefined when the cell is none. */
  read(cell: unknown): T | undefined;
}

function isText(cell: unknown): cell is string {
  // A lone surrogate is no text: it has no UTF-8, so no tokenizer and no file could take it.
  return typeof cell === 'string' && (cell as unknown as { isWellFormed(): boolean }).isWellFormed();
}

function isId(cell: unknown): cell is DocumentId {
  return isText(cell) || Number.isSafeInteger(cell);
}

function isLabel(cell: unknown): cell is Label {
  return isId(cell) || typeof cell === 'boolean';
}

function listOf<T>(cell: unknown, isEntry: (entry: unknown) => entry is T): readonly T[] | undefined {
  return Array.isArray(cell) && cell.every(isEntry) ? (cell as T[]) : undefined;
}

const isNumber = (cell: unknown): cell is number => Number.isFinite(cell);
const isInteger = (cell: unknown): cell is number => Number.isSafeInteger(cell);
const flat =
  (...kinds: ValueKind[]) =>
  (kind: ValueKind, isList: boolean): boolean =>
    !isList && kinds.includes(kind);

/** Any text, the empty one too. */
export const TEXT: CellType<string> = {
  expected: 'text',
  accepts: flat('text'),
  read: (cell) => (isText(cell) ? cell : undefined),
};

/** A finite number. */
export const NUMBER: CellType<number> = {
  expected: 'a finite number',
  accepts: flat('integer', 'float'),
  read: (cell) => (isNumber(cell) ? cell : undefined),
};

/** A label keeps the type that the file gives it; a float column of whole numbers holds labels, too. */
export const LABEL: CellType<Label> = {
  expected: 'a whole number that is exact, a text, or true or false',
  accepts: flat('integer', 'float', 'text', 'boolean'),
  read: (cell) => (isLabel(cell) ? cell : undefined),
};

/** An id keeps the type that the file gives it. */
export const ID: CellType<DocumentId> = {
  expected: 'an id: a text or a whole number that is exact (up to 9007199254740991)',
  accepts: flat('integer', 'text'),
  read: (cell) => (isId(cell) ? cell : undefined),
};

/** Ids, or one id that stands for a list of itself, as sets with one relevant document a query have it. */
export const IDS: CellType<readonly DocumentId[]> = {
  expected: 'a list of ids, or one id; an id is a text or a whole number that is exact',
  accepts: (kind) => kind === 'integer' || kind === 'text',
  read: (cell) => (isId(cell) ? [cell] : listOf(cell, isId)),
};

/** Ids whose places count, so that one id is no list. */
export const ID_LIST: CellType<readonly DocumentId[]> = {
  expected: 'a list of ids; an id is a text or a whole number that is exact',
  accepts: (kind, isList) => isList && (kind === 'integer' || kind === 'text'),
  read: (cell) => listOf(cell, isId),
};

/** Grades of relevance; whole numbers, which a float column may hold as well. */
export const GRADES: CellType<readonly number[]> = {
  expected: 'a list of whole numbers',
  accepts: (kind, isList) => isList && (kind === 'integer' || kind === 'float'),
  read: (cell) => listOf(cell, isInteger),
};

const SHOWN = 60;

/** A cell in words, short enough for a message. */
export function describeCell(cell: unknown): string {
  if (cell === undefined) return 'missing';
  if (typeof cell === 'string') return isText(cell) ? `the text ${shown(cell)}` : 'a text with half a surrogate pair';
  if (typeof cell === 'number' || typeof cell === 'bigint') return `the number ${cell}`;
  if (typeof cell !== 'object' || cell === null) return String(cell);
  const bad = Array.isArray(cell) ? cell.findIndex((entry) => entry === null || typeof entry === 'object') : -1;
  if (bad >= 0) return `a list whose entry ${bad + 1} is ${(cell as unknown[])[bad] === null ? 'null' : 'a structure'}`;
  return `${Array.isArray(cell) ? 'the list' : 'the structure'} ${shown(cell)}`;
}

function shown(cell: unknown): string {
  const json = JSON.stringify(cell, (_, value) => (typeof value === 'bigint' ? String(value) : value)) ?? 'undefined';
  return json.length <= SHOWN ? json : `${json.slice(0, SHOWN).replace(/[\ud800-\udbff]$/, '')}…`;
}
