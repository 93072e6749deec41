import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

const ROWS_A_PAGE = 4096;
const ROWS_A_GROUP = 131_072;

/**
 * Writes a Parquet file of required texts, PLAIN and uncompressed, of several pages a row group and several row groups;
 * memory holds one page.
 *
 * @param {string} path
 * @param {Readonly<Record<string, (row: number) => string>>} columns the text of each row, by the name of the column
 * @param {number} rows
 */
export async function writeParquet(path, columns, rows) {
  const out = createWriteStream(path);
  let at = 0;
  const put = async (bytes) => {
    at += bytes.length;
    if (!out.write(bytes)) await once(out, 'drain');
  };
  await put(Buffer.from('PAR1'));
  const groups = [];
  for (let start = 0; start < rows; start += ROWS_A_GROUP) {
    const end = Math.min(rows, start + ROWS_A_GROUP);
    const chunks = [];
    for (const [name, textOf] of Object.entries(columns)) {
      const first = at;
      for (let from = start; from < end; from += ROWS_A_PAGE) {
        const to = Math.min(end, from + ROWS_A_PAGE);
        const data = Buffer.concat(Array.from({ length: to - from }, (_, i) => plain(textOf(from + i))));
        await put(pageHeader(to - from, data.length));
        await put(data);
      }
      chunks.push({ name, first, bytes: at - first });
    }
    groups.push({ rows: end - start, chunks });
  }
  const footer = fileMetadata(Object.keys(columns), rows, groups);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  await put(Buffer.concat([footer, length, Buffer.from('PAR1')]));
  out.end();
  await once(out, 'close');
}

function plain(text) {
  const bytes = Buffer.from(`\0\0\0\0${text}`);
  bytes.writeUInt32LE(bytes.length - 4);
  return bytes;
}

const TEXT_TYPE = 6;
const PLAIN = 0;
const RLE = 3;

function pageHeader(values, bytes) {
  return Buffer.from(
    struct({
      1: i32(0),
      2: i32(bytes),
      3: i32(bytes),
      5: struct({ 1: i32(values), 2: i32(PLAIN), 3: i32(RLE), 4: i32(RLE) }),
    }),
  );
}

function fileMetadata(names, rows, groups) {
  const root = struct({ 4: text('schema'), 5: i32(names.length) });
  const columns = names.map((name) => struct({ 1: i32(TEXT_TYPE), 3: i32(0), 4: text(name), 6: i32(0) }));
  return Buffer.from(
    struct({
      1: i32(1),
      2: list(12, [root, ...columns]),
      3: i64(rows),
      4: list(12, groups.map(rowGroup)),
    }),
  );
}

function rowGroup({ rows, chunks }) {
  const columns = chunks.map(({ name, first, bytes }) =>
    struct({
      2: i64(first),
      3: struct({
        1: i32(TEXT_TYPE),
        2: list(5, [i32(PLAIN)]),
        3: list(8, [text(name)]),
        4: i32(0),
        5: i64(rows),
        6: i64(bytes),
        7: i64(bytes),
        9: i64(first),
      }),
    }),
  );
  return struct({ 1: list(12, columns), 2: i64(chunks.reduce((sum, { bytes }) => sum + bytes, 0)), 3: i64(rows) });
}

// Thrift's compact protocol: a value is its bytes with the type that a field's head names.
const typed = (type, bytes) => Object.assign(bytes, { type });
const i32 = (value) => typed(5, varint(2 * value));
const i64 = (value) => typed(6, varint(2 * value));
const text = (value) => typed(8, [...varint(Buffer.byteLength(value)), ...Buffer.from(value)]);
const list = (of, values) =>
  typed(9, [
    ...(values.length < 15 ? [(values.length << 4) | of] : [0xf0 | of, ...varint(values.length)]),
    ...values.flat(),
  ]);

/** Fields by their numbers; integer keys come in ascending order. */
function struct(fields) {
  let last = 0;
  const bytes = Object.entries(fields).flatMap(([id, value]) => {
    const head = ((id - last) << 4) | value.type;
    last = Number(id);
    return [head, ...value];
  });
  return typed(12, [...bytes, 0]);
}

function varint(value) {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}
