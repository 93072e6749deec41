import { FileFault, GET_AGAIN } from './file-fault.js';
import { readColumnChunk, type Cell } from './parquet-column.js';
import { parquetFooter, type ParquetFooter } from './parquet-footer.js';
import type { ParquetColumn } from './parquet-schema.js';
import type { RandomFile } from './random-file.js';

/** Longer footers are taken for broken ones: 256 MiB. */
const MAX_FOOTER_BYTES = 2 ** 28;

/** An open Parquet file: its footer, and its columns to be read one at a time. */
export interface ParquetFile {
  readonly rows: number;
  readonly columns: readonly ParquetColumn[];
  readonly classLabels: ParquetFooter['classLabels'];
  /**
   * The cells of a column in file order, a page or so at a time, so that memory does not grow with the file.
   *
   * @param rowGroups read only so many row groups that have rows
   * @throws FileFault when the bytes are not those of a sound file
   */
  read(column: ParquetColumn, rowGroups?: number): AsyncGenerator<Cell[]>;
}

/**
 * Reads the footer of a Parquet file.
 *
 * Nothing in the file is believed before it was held against the rest: sizes and places against the length of the file,
 * counts against each other, checksums where there are any. The bytes of a file can be anything; what they cannot do is
 * make this reader crash, hang or hand out another number of rows than the footer says.
 *
 * @throws FileFault when it is no sound Parquet file
 */
export async function openParquet(file: RandomFile): Promise<ParquetFile> {
  const { footer, start } = await readFooter(file);
  return {
    rows: footer.rows,
    columns: footer.schema.columns,
    classLabels: footer.classLabels,
    async *read(column, rowGroups = Infinity) {
      if (column.leaf === undefined) throw new FileFault(`a column that is ${column.description} is not read`);
      let firstRow = 0;
      let left = rowGroups;
      for (const group of footer.rowGroups) {
        if (left <= 0) return;
        yield* readColumnChunk(file, group, column, firstRow, start);
        firstRow += group.rows;
        if (group.rows > 0) left--;
      }
    },
  };
}

async function readFooter(file: RandomFile): Promise<{ footer: ParquetFooter; start: number }> {
  if (file.bytes === 0) throw new FileFault('it is empty', GET_AGAIN);
  const head = await file.read(0, Math.min(file.bytes, 64));
  const magic = head.toString('latin1', 0, 4);
  if (magic !== 'PAR1') throw notParquet(head);
  if (file.bytes < 12) throw new FileFault(`it has ${file.bytes} bytes and no footer`, GET_AGAIN);
  const tail = await file.read(file.bytes - 8, 8);
  const endMagic = tail.toString('latin1', 4);
  if (endMagic === 'PARE') throw encrypted();
  if (endMagic !== 'PAR1')
    throw new FileFault('it does not end as a Parquet file does, so it was cut or overwritten', GET_AGAIN);
  const length = tail.readUInt32LE(0);
  const start = file.bytes - 8 - length;
  if (start < 4) throw new FileFault(`it claims a footer of ${length} bytes and has ${file.bytes} in all`, GET_AGAIN);
  if (length > MAX_FOOTER_BYTES) throw new FileFault(`it claims a footer of ${length} bytes`, GET_AGAIN);
  return { footer: parquetFooter(await file.read(start, length)), start };
}

function encrypted(): FileFault {
  return new FileFault('it is encrypted', 'decrypt it first.');
}

function notParquet(head: Buffer): FileFault {
  const text = head.toString('latin1');
  if (text.startsWith('PARE')) return encrypted();
  if (text.startsWith('version https://git-lfs'))
    return new FileFault(
      'it is the pointer of a large file, not the file',
      'fetch it with "git lfs pull", or from an address with "resolve" in place of "raw".',
    );
  if (/^\s*</.test(text)) return new FileFault('it is a web page that was saved in its place', GET_AGAIN);
  return new FileFault('it does not begin as a Parquet file does', GET_AGAIN);
}
