import type * as ApacheArrow from 'apache-arrow';
import { writeFilled, type WritableFile } from '../write-atomically.js';

type Arrow = typeof ApacheArrow;

/** Vectors of texts, chunk by chunk in their order. */
export interface VectorChunk {
  readonly texts: readonly string[];
  /** Row-major float32, shape (texts, dims). */
  readonly rows: Float32Array;
}

/** Writes `rows` vectors to a `.npy` (float32, C order) or `.arrow` file (`text`, `embedding`); whole or not at all. */
export async function writeVectors(
  path: string,
  shape: { readonly rows: number; readonly dims: number },
  chunks: AsyncIterable<VectorChunk>,
): Promise<void> {
  const write = path.toLowerCase().endsWith('.arrow') ? writeArrow : writeNpy;
  await writeFilled(path, (file) => write(file, shape, chunks));
}

/** Writes lines, whole file or nothing. */
export async function writeLines(path: string, lines: Iterable<string>): Promise<void> {
  await writeFilled(path, async (file) => {
    let buffer = '';
    for (const line of lines) {
      buffer += `${line}\n`;
      if (buffer.length < 1 << 20) continue;
      await file.writeFile(Buffer.from(buffer));
      buffer = '';
    }
    await file.writeFile(Buffer.from(buffer));
  });
}

async function writeNpy(
  file: WritableFile,
  { rows, dims }: { readonly rows: number; readonly dims: number },
  chunks: AsyncIterable<VectorChunk>,
): Promise<void> {
  await file.writeFile(npyHeader(rows, dims));
  for await (const { rows: values } of chunks)
    await file.writeFile(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

/** Version 1.0 header of the format: magic, length, a Python dictionary padded so that the values begin at 64 bytes. */
function npyHeader(rows: number, dims: number): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${dims}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const header = Buffer.alloc(10 + length, ' ');
  header.write('\x93NUMPY\x01\x00', 0, 'latin1');
  header.writeUInt16LE(length, 8);
  header.write(text, 10, 'latin1');
  header.write('\n', 10 + length - 1, 'latin1');
  return header;
}

async function writeArrow(
  file: WritableFile,
  { dims }: { readonly dims: number },
  chunks: AsyncIterable<VectorChunk>,
): Promise<void> {
  const arrow = await import('apache-arrow');
  const { Field, FixedSizeList, Float32, RecordBatch, RecordBatchFileWriter, Schema, Struct, Utf8, makeData } = arrow;
  const vector = new FixedSizeList(dims, new Field('item', new Float32(), false));
  const schema = new Schema([new Field('text', new Utf8(), false), new Field('embedding', vector, false)]);
  const writer = new RecordBatchFileWriter();
  const written = (async () => {
    for await (const bytes of writer) await file.writeFile(bytes as Uint8Array);
  })();
  try {
    for await (const { texts, rows } of chunks) {
      const length = texts.length;
      const child = makeData({ type: new Float32(), length: rows.length, nullCount: 0, data: rows });
      const embedding = makeData({ type: vector, length, nullCount: 0, child });
      const children = [utf8Data(arrow, texts), embedding];
      const struct = makeData({ type: new Struct(schema.fields), length, nullCount: 0, children });
      writer.write(new RecordBatch(schema, struct));
    }
    writer.finish();
    await written;
  } catch (thrown) {
    writer.abort();
    await written.catch(() => undefined);
    throw thrown;
  }
}

function utf8Data(arrow: Arrow, texts: readonly string[]) {
  const encoded = texts.map((text) => Buffer.from(text, 'utf8'));
  const valueOffsets = new Int32Array(texts.length + 1);
  for (const [i, bytes] of encoded.entries()) valueOffsets[i + 1] = valueOffsets[i] + bytes.length;
  const type = new arrow.Utf8();
  return arrow.makeData({ type, length: texts.length, nullCount: 0, valueOffsets, data: Buffer.concat(encoded) });
}
