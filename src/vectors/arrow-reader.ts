import { open, type FileHandle } from 'node:fs/promises';
import { placeColumns, type Place, type PlacedColumn } from './arrow-batch.js';
import { ArrowFault } from './arrow-fault.js';
import { footerRange, readFooter, TAIL_BYTES, throwAsFault, type Footer } from './arrow-footer.js';
import type { Field, FloatType } from './arrow-schema.js';
import { readOffsets, readTexts } from './arrow-values.js';

/** Rows and bytes of text that are held at once. */
const TEXT_ROWS = 65_536;
const TEXT_BYTES = 16 * 2 ** 20;

/** Vectors that lie one after the other in a file: row `i` begins at byte `offset + i * dims * (bytes of type)`. */
export interface VectorRegion {
  readonly offset: number;
  readonly rows: number;
  readonly dims: number;
  readonly type: FloatType;
}

/** Where the values of a column of numbers or of fixed-size lists of floats lie is known; values are read when asked for. */
export interface ArrowReader {
  readonly handle: FileHandle;
  readonly rows: number;
  readonly columns: readonly string[];
  /** Key-value pairs of the schema. */
  readonly metadata: ReadonlyMap<string, string>;
  /**
   * Where the vectors of a column of fixed-size lists of floats lie, a region for each record batch.
   *
   * @throws ArrowFault when there is no such column or it is something else
   */
  vectorRegions(column: string): VectorRegion[];
  /**
   * The texts of a column in order, some thousand at a time, whatever the size of the record batches.
   *
   * @throws ArrowFault when there is no such column, it is something else, or a text is not UTF-8
   */
  texts(column: string): AsyncGenerator<string[]>;
  close(): Promise<void>;
}

interface Batch {
  /** Where its body begins in the file. */
  readonly bodyAt: number;
  readonly columns: readonly PlacedColumn[];
}

/**
 * Opens an Arrow IPC file and reads its footer and the headers of its record batches; memory does not grow with the values.
 *
 * @throws ArrowFault that says what is wrong with the bytes; the system's error when the file cannot be opened
 */
export async function openArrow(path: string): Promise<ArrowReader> {
  const handle = await open(path, 'r');
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new ArrowFault('it is not a file');
    return await readHeaders(handle, found.size);
  } catch (thrown) {
    await handle.close();
    return throwAsFault(thrown);
  }
}

async function readHeaders(handle: FileHandle, size: number): Promise<ArrowReader> {
  const head = await readAt(handle, 0, Math.min(6, size));
  const tail = await readAt(handle, Math.max(0, size - TAIL_BYTES), Math.min(TAIL_BYTES, size));
  const range = footerRange(head, tail, size);
  const footer = readFooter(await readAt(handle, range.start, range.end - range.start), range.end);
  const batches: Batch[] = [];
  let total = 0;
  for (const { offset, headerLength, bodyLength } of footer.blocks) {
    const header = await readAt(handle, offset, headerLength);
    const { rows, columns } = placeColumns(header, bodyLength, footer.fields);
    batches.push({ bodyAt: offset + headerLength, columns });
    total += rows;
  }
  return new FileReader(handle, footer, batches, total);
}

class FileReader implements ArrowReader {
  readonly columns: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;

  constructor(
    readonly handle: FileHandle,
    private readonly footer: Footer,
    private readonly batches: readonly Batch[],
    readonly rows: number,
  ) {
    this.columns = footer.fields.map(({ name }) => name);
    this.metadata = footer.metadata;
  }

  vectorRegions(column: string): VectorRegion[] {
    const { index, field } = this.find(column);
    const layout = field.layout;
    const item = layout.kind === 'fixed' ? layout.item.layout : undefined;
    if (layout.kind !== 'fixed' || item?.kind !== 'number' || item.float === undefined)
      throw new ArrowFault(`column "${column}" does not hold fixed-size lists of floats`);
    const { size: dims } = layout;
    const type = item.float;
    return this.batches.map(({ bodyAt, columns }) => {
      const data = columns[index].items?.data as Place;
      return { offset: bodyAt + data.offset, rows: columns[index].length, dims, type };
    });
  }

  async *texts(column: string): AsyncGenerator<string[]> {
    const { index, field } = this.find(column);
    const { layout } = field;
    if (layout.kind !== 'text') throw new ArrowFault(`column "${column}" does not hold texts`);
    try {
      for (const { bodyAt, columns } of this.batches) yield* this.textsOf(columns[index], bodyAt, layout.wide);
    } catch (thrown) {
      throwAsFault(thrown);
    }
  }

  private async *textsOf(column: PlacedColumn, bodyAt: number, wide: boolean): AsyncGenerator<string[]> {
    const offsets = column.offsets as Place;
    const data = column.data as Place;
    const width = wide ? 8 : 4;
    for (let row = 0; row < column.length; row += TEXT_ROWS) {
      const rows = Math.min(TEXT_ROWS, column.length - row);
      const at = bodyAt + offsets.offset + row * width;
      const bytes = await readAt(this.handle, at, (rows + 1) * width);
      const bounds = readOffsets(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), wide, rows);
      if (bounds[rows] > data.length) throw new ArrowFault('a text leads outside its column');
      for (let from = 0; from < rows;) {
        let to = from + 1;
        while (to < rows && bounds[to + 1] - bounds[from] <= TEXT_BYTES) to++;
        const span = bounds.subarray(from, to + 1);
        const length = span[span.length - 1] - span[0];
        yield readTexts(span, await readAt(this.handle, bodyAt + data.offset + span[0], length), span[0]);
        from = to;
      }
    }
  }

  private find(column: string): { index: number; field: Field } {
    const index = this.columns.indexOf(column);
    if (index < 0) {
      const names = this.columns.map((name) => JSON.stringify(name)).join(', ');
      throw new ArrowFault(`it has no column "${column}"; its columns are ${names}`);
    }
    return { index, field: this.footer.fields[index] };
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new ArrowFault('it became shorter while it was read');
    done += bytesRead;
  }
  return bytes;
}
