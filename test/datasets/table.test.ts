import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { GRADES, ID, ID_LIST, IDS, LABEL, NUMBER, TEXT, type CellType } from '../../src/datasets/cell-types.js';
import { readTable, streamColumn, type TableReading } from '../../src/datasets/table.js';
import { formatProblem, UserError } from '../../src/errors.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { describeShared, sharedPath } from '../shared.js';
import { parquetBytes } from './parquet-writer.js';

const scratch = mkdtempSync(join(tmpdir(), 'jmteb-table-'));
afterAll(() => rmSync(scratch, { recursive: true }));

let files = 0;
function file(content: string | Buffer, format: 'jsonl' | 'parquet' = 'jsonl') {
  const path = join(scratch, `${files++}.${format}`);
  writeFileSync(path, content);
  return { path, name: `rows.${format}`, format };
}

type Wanted = Record<string, CellType<unknown>>;
async function read(
  found: ReturnType<typeof file>,
  wanted: Wanted,
): Promise<{ reading: TableReading; values: Record<string, unknown[]>; messages: string[] }> {
  const values: Record<string, unknown[]> = {};
  const requests = Object.entries(wanted).map(([column, type]) => {
    values[column] = [];
    return { column, type, take: (taken: readonly unknown[]) => void values[column].push(...taken) };
  });
  const reading = await readTable(found, requests);
  return { reading, values, messages: reading.problems.map(formatProblem) };
}

describe('a JSONL file', () => {
  it('is read in file order, with its hash, its size and its rows', async () => {
    const content = '{"id":"1","text":"一"}\n{"text":"","id":2}\n';
    const { reading, values } = await read(file(content), { id: ID, text: TEXT });
    expect(values).toEqual({ id: ['1', 2], text: ['一', ''] });
    expect(reading).toMatchObject({
      rows: 2,
      problems: [],
      sampled: false,
      bytes: Buffer.byteLength(content),
      sha256: createHash('sha256').update(content).digest('hex'),
    });
  });

  it('may begin with a byte order mark, have CRLF, blank lines at its end, or no end of line', async () => {
    for (const content of [
      '\ufeff{"t":"a"}\r\n{"t":"b"}\r\n',
      '{"t":"a"}\n{"t":"b"}',
      '{"t":"a"}\n{"t":"b"}\n\n \r\n\n',
    ]) {
      const { values, messages, reading } = await read(file(content), { t: TEXT });
      expect(messages).toEqual([]);
      expect(values.t).toEqual(['a', 'b']);
      expect(reading.rows).toBe(2);
    }
  });

  it('keeps a byte order mark, NUL and line separators inside a text', async () => {
    const text = '\ufeffa\u0000\u2028\u0085😀';
    expect((await read(file(JSON.stringify({ t: text })), { t: TEXT })).values.t).toEqual([text]);
  });

  it('is read rightly where lines lie across the pieces that are read at once', async () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => ({ i, t: `行${i}「${'あ'.repeat((i * 37) % 200)}」` }));
    const content = rows.map((row) => JSON.stringify(row)).join('\n');
    expect(Buffer.byteLength(content)).toBeGreaterThan(2 ** 23);
    const { values, reading } = await read(file(content), { i: ID, t: TEXT });
    expect(values.t).toEqual(rows.map((row) => row.t));
    expect(values.i).toEqual(rows.map((row) => row.i));
    expect(reading.sha256).toBe(createHash('sha256').update(content).digest('hex'));
  });

  it('may have a line that is longer than what is read at once', async () => {
    const long = 'あ'.repeat(6_000_000);
    const { values } = await read(file(`{"t":"${long}"}\n{"t":"b"}`), { t: TEXT });
    expect(values.t).toEqual([long, 'b']);
  });

  const faults: [string, string | Buffer, string][] = [
    ['a syntax error', '{"t":"a"}\n{"t":', 'rows.jsonl, line 2: is not JSON:'],
    ['a list', '["a"]', 'rows.jsonl, line 1: holds a list; an object is expected.'],
    ['a text', '{"t":"a"}\n"a"', 'rows.jsonl, line 2: holds a string; an object is expected.'],
    ['null', 'null', 'rows.jsonl, line 1: holds null; an object is expected.'],
    ['a blank line before another', '{"t":"a"}\n\n{"t":"b"}', 'rows.jsonl, line 2: is blank'],
    ['a key twice', '{"t":"a"}\n{"t":"a","u":{"t":1},"t":"b"}', 'rows.jsonl, line 2: has a key twice.'],
    ['a key twice, once in escapes', '{"t":"a","\\u0074":"b"}', 'rows.jsonl, line 1: has a key twice.'],
    [
      'bytes that are not UTF-8',
      Buffer.from('{"t":"a"}\n{"t":"\xff"}', 'latin1'),
      'rows.jsonl, line 2: holds bytes that are not UTF-8.',
    ],
    ['UTF-16', Buffer.from('\ufeff{"t":"a"}', 'utf16le'), 'rows.jsonl: is UTF-16, not UTF-8.'],
    [
      'half a surrogate pair',
      '{"t":"\\ud83d"}',
      'rows.jsonl, line 1, column "t": is a text with half a surrogate pair; text is expected.',
    ],
    ['null as a text', '{"t":"a"}\n{"t":null}', 'rows.jsonl, line 2, column "t": is null; text is expected.'],
    ['a number as a text', '{"t":7}', 'rows.jsonl, line 1, column "t": is the number 7; text is expected.'],
    ['a missing key', '{"t":"a"}\n{"u":"a"}', 'rows.jsonl, line 2, column "t": is missing; text is expected.'],
    ['a key of every object', '{"t":"a"}\n{"u":"__proto__"}', 'rows.jsonl, line 2, column "t": is missing'],
    [
      'another column',
      '{"tt":"a"}\n{"tt":"b"}',
      'rows.jsonl: has no column "t"; its columns are: "tt".\n  Fix: did you mean "tt"?',
    ],
  ];
  it.each(faults)('with %s is refused', async (_, content, message) => {
    const { messages } = await read(file(content), { t: TEXT });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(message);
  });

  it('does not take quotes, colons and braces in texts for keys', async () => {
    const row = { t: 'a": {"t": \\', u: ['x:"', { t: 1, v: ':' }], 'k"\\:': 1, __proto__x: 2 };
    expect((await read(file(JSON.stringify(row)), { t: TEXT })).messages).toEqual([]);
  });

  it('with faults in many rows tells the first ones and counts the others', async () => {
    const { messages } = await read(file('{"t":"a"}\n'.padEnd(10) + '{"t":1}\n'.repeat(10)), { t: TEXT });
    expect(messages).toHaveLength(3);
    expect(messages[2]).toContain('rows.jsonl, line 4');
    expect(messages[2]).toContain('7 more rows have such a fault.');
  });

  it('of any bytes is read or refused, never more', async () => {
    const random = new RandomState(5);
    const sound = Buffer.from('{"t":"日本","u":[1,{"t":"\\u3042\\""}]}\r\n'.repeat(20));
    const at = (): number => Math.floor((random.randomSample() as number) * sound.length);
    let refused = 0;
    for (let round = 0; round < 500; round++) {
      const bytes = Buffer.from(sound);
      for (let n = 0; n <= round % 3; n++) bytes[at()] = Math.floor((random.randomSample() as number) * 256);
      const { reading } = await read(file(round % 5 === 0 ? bytes.subarray(0, at()) : bytes), { t: TEXT });
      expect(reading.rows).toBeLessThanOrEqual(80);
      if (reading.problems.length > 0) refused++;
    }
    expect(refused).toBeGreaterThan(100);
    expect(refused).toBeLessThan(500);
  });

  it('that is not there, or a folder, is a problem', async () => {
    const gone = { path: join(scratch, 'gone.jsonl'), name: 'gone.jsonl', format: 'jsonl' as const };
    expect((await read(gone, { t: TEXT })).messages[0]).toContain('gone.jsonl: is not there.');
    expect((await read({ ...gone, path: scratch }, { t: TEXT })).messages[0]).toContain('is no file.');
  });
});

describe('the types of cells', () => {
  const accepted: [string, CellType<unknown>, unknown, unknown][] = [
    ['a label that is a number', LABEL, 3, 3],
    ['a label that is a text', LABEL, '3', '3'],
    ['a label that is a truth value', LABEL, false, false],
    ['an id that is a number', ID, 3, 3],
    ['a list of ids of both kinds', IDS, ['a', 1], ['a', 1]],
    ['one id for a list', IDS, 'a', ['a']],
    ['an empty list of relevant ids', IDS, [], []],
    ['grades that are written as floats', GRADES, [1.0, 0], [1, 0]],
    ['a score', NUMBER, 3.0999999046325684, 3.0999999046325684],
  ];
  it.each(accepted)('take %s', (_, type, cell, value) => expect(type.read(cell)).toEqual(value));

  const refused: [string, CellType<unknown>, unknown][] = [
    ['a fraction as a label', LABEL, 0.5],
    ['a number that is not exact as an id', ID, 2 ** 53],
    ['a bigint as a label', LABEL, 2n ** 60n],
    ['NaN as a score', NUMBER, NaN],
    ['infinity as a score', NUMBER, Infinity],
    ['a text as a score', NUMBER, '3'],
    ['a truth value as a score', NUMBER, true],
    ['a truth value as an id', ID, true],
    ['one id for a list of candidates', ID_LIST, 'a'],
    ['a list with null', IDS, ['a', null]],
    ['fractional grades', GRADES, [1, 0.5]],
    ['a structure as a text', TEXT, {}],
  ];
  it.each(refused)('refuse %s', (_, type, cell) => expect(type.read(cell)).toBeUndefined());
});

describe('a Parquet file', () => {
  const texts = ['一', '二', '三'];
  it('is read like its JSONL twin, with the hash of its own bytes', async () => {
    const bytes = parquetBytes(
      [
        { name: 'id', values: [1, 2, 3] },
        { name: 't', values: texts },
      ],
      2,
    );
    const { values, reading } = await read(file(bytes, 'parquet'), { t: TEXT, id: ID });
    expect(values).toEqual({ id: [1, 2, 3], t: texts });
    expect(reading).toMatchObject({ rows: 3, problems: [], sha256: createHash('sha256').update(bytes).digest('hex') });
  });

  it('whose column has another type is refused by the column, not row by row', async () => {
    const { messages } = await read(file(parquetBytes([{ name: 'score', values: texts }]), 'parquet'), {
      score: NUMBER,
    });
    expect(messages).toEqual([
      'rows.parquet, column "score": holds text; a finite number is expected in every row.\n  Fix: name another column in "columns" of the definition, or write the file with the right type.',
    ]);
  });

  it('of more than a million rows is sampled where that is asked for, and read whole where not', async () => {
    const n = 1_000_001;
    const ids = Array.from({ length: n }, (_, i) => i);
    const bytes = parquetBytes(
      [
        { name: 'id', values: ids },
        { name: 't', values: ids.map(() => 'x') },
      ],
      400_000,
    );
    const seen = { id: 0, t: 0 };
    const reading = await readTable(file(bytes, 'parquet'), [
      { column: 'id', type: ID, take: (values) => void (seen.id += values.length) },
      { column: 't', type: TEXT, sampleLarge: true, take: (values) => void (seen.t += values.length) },
    ]);
    expect(seen).toEqual({ id: n, t: 400_000 });
    expect(reading).toMatchObject({ rows: n, sampled: true, problems: [] });
  });
});

describe('streamColumn', () => {
  async function all(found: ReturnType<typeof file>, reading: TableReading): Promise<string[]> {
    const texts: string[] = [];
    for await (const batch of streamColumn(found, 't', TEXT, reading)) texts.push(...batch);
    return texts;
  }

  it('gives the texts as often as one likes', async () => {
    for (const found of [
      file('{"t":"a"}\n{"t":"b"}'),
      file(parquetBytes([{ name: 't', values: ['a', 'b'] }], 1), 'parquet'),
    ]) {
      const { reading } = await read(found, { t: TEXT });
      expect(await all(found, reading)).toEqual(['a', 'b']);
      expect(await all(found, reading)).toEqual(['a', 'b']);
    }
  });

  it('refuses a file that has changed since it was read', async () => {
    const found = file('{"t":"a"}\n{"t":"b"}');
    const { reading } = await read(found, { t: TEXT });
    writeFileSync(found.path, '{"t":"a"}');
    await expect(all(found, reading)).rejects.toThrow(UserError);
    await expect(all(found, reading)).rejects.toThrow(/was changed after it was checked/);
    await expect(all(found, { ...reading, bytes: 9, changedAt: reading.changedAt })).rejects.toThrow(/was changed/);
  });
});

describeShared('files with the wrong content', () => {
  const wrong: [string, Wanted, RegExp][] = [
    [
      'wrong/sts-column-names',
      { sentence1: TEXT, sentence2: TEXT, label: NUMBER },
      /no column "sentence1"; its columns are: "sentence_1", "sentence_2", "score"\.\n {2}Fix: did you mean "sentence_1"\?/,
    ],
    ['wrong/sts-no-label', { label: NUMBER }, /no column "label"/],
    ['wrong/sts-label-text', { label: NUMBER }, /column "label": holds text; a finite number is expected/],
    [
      'wrong/sts-label-nan',
      { label: NUMBER },
      /row \d+, column "label": is the number NaN; a finite number is expected/,
    ],
    ['wrong/classification-null-text', { text: TEXT }, /row \d+, column "text": is null; text is expected/],
    ['malformed/invalid-utf8', { text: TEXT }, /row \d+, column "text": holds bytes that are not UTF-8/],
    ['malformed/html-page', { text: TEXT }, /html-page.parquet: is no readable Parquet file: it is a web page/],
    ['malformed/lfs-pointer', { text: TEXT }, /pointer of a large file/],
    ['malformed/zero-bytes', { text: TEXT }, /it is empty/],
    ['malformed/footer-too-long', { text: TEXT }, /claims a footer of \d+ bytes and has \d+ in all/],
    ['malformed/footer-zeros', { text: TEXT }, /no schema/],
    ['malformed/encrypted-magic', { text: TEXT }, /it is encrypted/],
    ['variants/nulls', { docs: IDS }, /row \d+, column "docs": is null; a list of ids/],
    ['variants/int64-extremes', { label: LABEL }, /row \d+, column "label": is the number -?\d{16,}; a whole number/],
    ['variants/extra-columns', { when: NUMBER }, /column "when": holds a timestamp; a finite number is expected/],
    ['variants/extra-columns', { extra: TEXT }, /column "extra": holds a struct; text is expected/],
    ['variants/all-null-column', { nothing: TEXT }, /column "nothing": holds/],
  ];
  it.each(wrong)('%s is refused with what is wrong', async (name, wanted, message) => {
    const path = sharedPath('data', 'parquet', `${name}.parquet`);
    const found = { path, name: `${name}.parquet`, format: 'parquet' as const };
    const { messages } = await read(found, wanted);
    expect(messages.join('\n')).toMatch(message);
    expect(messages.join('\n')).toContain(name);
  });

  it('a float32 score is read as the double that it equals', async () => {
    const path = sharedPath('data', 'parquet', 'hub', 'sts', 'jsick', 'test.parquet');
    const { values } = await read({ path, name: 'jsick', format: 'parquet' }, { label: NUMBER });
    const twin = readFileSync(path.replace('.parquet', '.jsonl'), 'utf8').trim().split('\n');
    expect(values.label).toEqual(twin.map((line) => (JSON.parse(line) as { label: number }).label));
  });
});
