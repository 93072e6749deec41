import type { Hash } from 'node:crypto';
import { messageOf } from '../errors.js';
import { FileFault } from './file-fault.js';
import type { RandomFile } from './random-file.js';
import type { RowFaults } from './row-faults.js';
import { decodeUtf8 } from './strict-utf8.js';

export type JsonRow = Readonly<Record<string, unknown>>;

/** Read at once: 1 MiB. What is made of it is forgotten before the collector takes it for old. */
const CHUNK_BYTES = 2 ** 20;
/** A line that is longer is taken for a file that is none of lines: 256 MiB. */
const MAX_LINE_BYTES = 2 ** 28;
const NEWLINE = 0x0a;

export interface JsonLinesOptions {
  /** Name that messages show. */
  readonly name: string;
  /** Takes all bytes of the file in order. */
  readonly hash?: Hash;
  /** Takes what is wrong with lines; a line with a fault is an empty row in the batch. */
  readonly faults: RowFaults;
}

/**
 * The rows of a file with one JSON object a line, in batches of about a megabyte, in file order.
 *
 * Line n is row n: blank lines may stand at the end only. A byte order mark at the start and carriage returns before the
 * ends of lines are passed over. Every line has to be UTF-8, one JSON object, and without a key twice.
 *
 * @throws FileFault when the bytes are no lines of text at all
 */
export async function* readJsonLines(file: RandomFile, options: JsonLinesOptions): AsyncGenerator<JsonRow[]> {
  const lines = new LineParser(options.name, options.faults);
  let rest: Buffer[] = [];
  let restBytes = 0;
  for (let at = 0; at < file.bytes; at += CHUNK_BYTES) {
    const chunk = await file.read(at, Math.min(CHUNK_BYTES, file.bytes - at));
    options.hash?.update(chunk);
    const from = at === 0 ? startOfText(chunk) : 0;
    const end = chunk.lastIndexOf(NEWLINE);
    if (end < 0) {
      rest.push(chunk.subarray(from));
      restBytes += chunk.length;
      if (restBytes > MAX_LINE_BYTES)
        throw new FileFault(
          `line ${lines.count + 1} is longer than ${MAX_LINE_BYTES} bytes.`,
          'write one object a line.',
        );
      continue;
    }
    const whole = Buffer.concat([...rest, chunk.subarray(from, end)]);
    rest = [chunk.subarray(end + 1)];
    restBytes = rest[0].length;
    const rows = lines.parse(whole);
    if (rows.length > 0) yield rows;
  }
  if (restBytes > 0) {
    const rows = lines.parse(Buffer.concat(rest));
    if (rows.length > 0) yield rows;
  }
}

/** Where the text begins behind a byte order mark; other marks are those of other encodings. */
function startOfText(chunk: Buffer): number {
  if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) return 3;
  if ((chunk[0] === 0xff && chunk[1] === 0xfe) || (chunk[0] === 0xfe && chunk[1] === 0xff))
    throw new FileFault('is UTF-16, not UTF-8.', 'write it again in UTF-8.');
  return 0;
}

const NO_ROW: JsonRow = Object.freeze({});

class LineParser {
  /** Lines seen, blank ones at the end included. */
  count = 0;
  private blank: number | undefined;

  constructor(
    private readonly name: string,
    private readonly faults: RowFaults,
  ) {}

  /** Rows of the lines in `bytes`, which end with the last line, its end of line left out. */
  parse(bytes: Buffer): JsonRow[] {
    const rows: JsonRow[] = [];
    // No byte of a longer UTF-8 sequence is that of an end of line, so lines are divided before they are decoded.
    for (let start = 0; start <= bytes.length;) {
      let end = bytes.indexOf(NEWLINE, start);
      if (end < 0) end = bytes.length;
      this.line(decodeUtf8(bytes, start, end), rows);
      start = end + 1;
    }
    return rows;
  }

  private line(text: string | undefined, rows: JsonRow[]): void {
    this.count++;
    if (text !== undefined && text.trim() === '') {
      this.blank ??= this.count;
      return;
    }
    // Blank lines are none only at the end: one before a row would shift the numbers of all rows behind it.
    for (; this.blank !== undefined && this.blank < this.count; this.blank++) {
      this.fault(this.blank, () => 'is blank; only the end of the file may be.', 'remove the line.');
      rows.push(NO_ROW);
    }
    this.blank = undefined;
    rows.push(text === undefined ? this.notUtf8() : this.row(text));
  }

  private notUtf8(): JsonRow {
    this.fault(this.count, () => 'holds bytes that are not UTF-8.', 'write the file again in UTF-8.');
    return NO_ROW;
  }

  private row(text: string): JsonRow {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (thrown) {
      this.fault(this.count, () => `is not JSON: ${messageOf(thrown)}.`, 'write one JSON object a line.');
      return NO_ROW;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fault(this.count, () => `holds ${kindOf(value)}; an object is expected.`, 'write one JSON object a line.');
      return NO_ROW;
    }
    if (countKeys(text) !== Object.keys(value).length) {
      this.fault(this.count, () => 'has a key twice.', 'give every key once; which value counts would be a guess.');
      return NO_ROW;
    }
    return value as JsonRow;
  }

  private fault(line: number, what: () => string, fix: string): void {
    this.faults.add(`${this.name}, line ${line}`, what, fix);
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'null' : `a ${typeof value}`;
}

/** Keys of the outermost object of a line that is known to be JSON, repeated ones counted each time. */
function countKeys(text: string): number {
  let depth = 0;
  let keys = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // "
        i = endOfString(text, i);
        break;
      case 0x3a: // :
        if (depth === 1) keys++;
        break;
      case 0x7b: // {
      case 0x5b: // [
        depth++;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth--;
    }
  }
  return keys;
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}

/** Whether a row stands for a line that is at fault already. */
export function isFaultyRow(row: JsonRow): boolean {
  return row === NO_ROW;
}
