type Values = readonly string[] | readonly number[];

/** A column of a file that a test writes: required texts or 64-bit integers, or lists of them, PLAIN and uncompressed. */
export interface WrittenColumn {
  readonly name: string;
  readonly values: Values | readonly Values[];
}

/** What a test may lie about. */
export interface Lies {
  readonly rows?: number;
  readonly pageValues?: number;
  readonly chunkValues?: number;
  readonly pageBytes?: number;
  readonly chunkStart?: number;
  readonly encoding?: number;
}

/** Writer of Thrift's compact protocol, as far as footers need it. Fields are [id, value] in ascending order of ids. */
type Thrift =
  | { readonly i32: number }
  | { readonly i64: number }
  | { readonly text: string }
  | { readonly list: readonly Thrift[]; readonly of: number }
  | { readonly struct: readonly (readonly [number, Thrift])[] };

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

const zigzag = (value: number): number[] => varint(value < 0 ? -2 * value - 1 : 2 * value);

function typeOf(value: Thrift): number {
  if ('i32' in value) return 5;
  if ('i64' in value) return 6;
  if ('text' in value) return 8;
  return 'list' in value ? 9 : 12;
}

function encode(value: Thrift): number[] {
  if ('i32' in value) return zigzag(value.i32);
  if ('i64' in value) return zigzag(value.i64);
  if ('text' in value) {
    const bytes = [...Buffer.from(value.text)];
    return [...varint(bytes.length), ...bytes];
  }
  if ('list' in value) {
    const head =
      value.list.length < 15 ? [(value.list.length << 4) | value.of] : [0xf0 | value.of, ...varint(value.list.length)];
    return [...head, ...value.list.flatMap(encode)];
  }
  let last = 0;
  const fields = value.struct.flatMap(([id, field]) => {
    const head = ((id - last) << 4) | typeOf(field);
    last = id;
    return [head, ...encode(field)];
  });
  return [...fields, 0];
}

function isList(values: WrittenColumn['values']): values is readonly Values[] {
  return Array.isArray(values[0]);
}

/** Type of a column's values: 2 for 64-bit integers, 6 for texts. */
function columnType(values: WrittenColumn['values']): number {
  return typeof (isList(values) ? values.flat()[0] : values[0]) === 'number' ? 2 : 6;
}

/** Levels and values of lists: a repeated field without groups around it. */
function lists(values: readonly Values[]): { data: Buffer; count: number } {
  const repetition = values.flatMap((list) => (list.length === 0 ? [0] : list.map((_, i) => Number(i > 0))));
  const definition = values.flatMap((list) => (list.length === 0 ? [0] : list.map(() => 1)));
  const data = Buffer.concat([levels(repetition), levels(definition), plain(values.flat() as Values)]);
  return { data, count: repetition.length };
}

/** Levels of one bit, each a run of its own. */
function levels(values: readonly number[]): Buffer {
  const runs = Buffer.from(values.flatMap((value) => [2, value]));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(runs.length);
  return Buffer.concat([length, runs]);
}

function plain(values: Values): Buffer {
  const parts = values.map((value) => {
    if (typeof value === 'string') {
      const text = Buffer.from(value);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      return Buffer.concat([length, text]);
    }
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  });
  return Buffer.concat(parts);
}

/** A Parquet file with row groups of `groupRows` rows, one page a column and row group. */
export function parquetBytes(columns: readonly WrittenColumn[], groupRows = Infinity, lies: Lies = {}): Buffer {
  const rows = columns[0].values.length;
  const parts: Buffer[] = [Buffer.from('PAR1')];
  let at = 4;
  const groups: Thrift[] = [];
  for (let start = 0; start < rows; start += groupRows) {
    const end = Math.min(rows, start + groupRows);
    const chunks = columns.map(({ name, values }): Thrift => {
      const part = values.slice(start, end) as WrittenColumn['values'];
      const { data, count } = isList(part) ? lists(part) : { data: plain(part), count: part.length };
      const pageBytes = lies.pageBytes ?? data.length;
      const header = Buffer.from(
        encode({
          struct: [
            [1, { i32: 0 }],
            [2, { i32: pageBytes }],
            [3, { i32: pageBytes }],
            [
              5,
              {
                struct: [
                  [1, { i32: lies.pageValues ?? count }],
                  [2, { i32: lies.encoding ?? 0 }],
                  [3, { i32: 3 }],
                  [4, { i32: 3 }],
                ],
              },
            ],
          ],
        }),
      );
      parts.push(header, data);
      const chunkStart = lies.chunkStart ?? at;
      const bytes = header.length + data.length;
      at += bytes;
      const meta: Thrift = {
        struct: [
          [1, { i32: columnType(values) }],
          [2, { list: [{ i32: 0 }], of: 5 }],
          [3, { list: [{ text: name }], of: 8 }],
          [4, { i32: 0 }],
          [5, { i64: lies.chunkValues ?? count }],
          [6, { i64: bytes }],
          [7, { i64: bytes }],
          [9, { i64: chunkStart }],
        ],
      };
      return {
        struct: [
          [2, { i64: chunkStart }],
          [3, meta],
        ],
      };
    });
    groups.push({
      struct: [
        [1, { list: chunks, of: 12 }],
        [2, { i64: 0 }],
        [3, { i64: lies.rows ?? end - start }],
      ],
    });
  }
  const schema: Thrift[] = [
    {
      struct: [
        [4, { text: 'schema' }],
        [5, { i32: columns.length }],
      ],
    },
    ...columns.map(({ name, values }): Thrift => ({
      struct: [
        [1, { i32: columnType(values) }],
        [3, { i32: isList(values) ? 2 : 0 }],
        [4, { text: name }],
        ...(columnType(values) === 2 ? [] : ([[6, { i32: 0 }]] as const)),
      ],
    })),
  ];
  const footer = Buffer.from(
    encode({
      struct: [
        [1, { i32: 2 }],
        [2, { list: schema, of: 12 }],
        [3, { i64: lies.rows ?? rows }],
        [4, { list: groups, of: 12 }],
      ],
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([...parts, footer, length, Buffer.from('PAR1')]);
}
