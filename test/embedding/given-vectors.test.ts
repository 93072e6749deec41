import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Field,
  FixedSizeList,
  Float32,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Utf8,
  makeData,
  tableToIPC,
  vectorFromArray,
} from 'apache-arrow';
import { afterAll, describe, expect, it } from 'vitest';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';

const root = mkdtempSync(join(tmpdir(), 'jmteb-given-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = join(root, `vectors${folders++}`);
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

function npy(rows: number, dims: number, values: Float32Array | Float64Array, header?: string, version = 1): Buffer {
  const descr = values instanceof Float32Array ? '<f4' : '<f8';
  const text = header ?? `{'descr': '${descr}', 'fortran_order': False, 'shape': (${rows}, ${dims}), }`;
  const padded = Buffer.from(`${text.padEnd(117)}\n`, 'latin1');
  const size = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) size.writeUInt16LE(padded.length);
  else size.writeUInt32LE(padded.length);
  const magic = Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.of(version, 0), size]);
  return Buffer.concat([magic, padded, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
}

const lines = (...texts: string[]): string => texts.map((text) => `${JSON.stringify({ text })}\n`).join('');

/** As pyarrow writes a table of several record batches. */
function arrow(batches: readonly { readonly texts: string[]; readonly values: number[] }[], dims: number): Uint8Array {
  const item = new Field('item', new Float32(), true);
  const type = new FixedSizeList(dims, item);
  const schema = new Schema([new Field('text', new Utf8(), true), new Field('embedding', type, true)]);
  const made = batches.map(({ texts, values }) => {
    const child = makeData({ type: new Float32(), length: values.length, data: Float32Array.from(values) });
    const embedding = makeData({ type, length: texts.length, child });
    const text = vectorFromArray(texts, new Utf8()).data[0];
    const struct = makeData({ type: new Struct(schema.fields), length: texts.length, children: [text, embedding] });
    return new RecordBatch(schema, struct);
  });
  return tableToIPC(new Table(schema, made), 'file');
}

async function embed(folder: string, texts: readonly string[]): Promise<number[]> {
  const model = await resolveModel(`vectors:${folder}`);
  const embedder = await model.open(inProcess({ threads: 1 }));
  const { rows } = await embedder.embed(texts, { prompt: '' });
  await embedder.close();
  return [...rows];
}

describe('vectors:<folder>', () => {
  it('finds vectors by the exact text in pairs of .npy and .jsonl, float64 and float32', async () => {
    const folder = folderOf({
      'a.npy': npy(2, 2, Float32Array.of(1, 2, 3, 4)),
      'a.jsonl': lines('x', 'query: x '),
      'b.npy': npy(2, 2, Float64Array.of(5.1, 6, 1, 2), undefined, 2),
      'b.jsonl': lines('猫', 'x').trimEnd(),
      'notes.txt': 'nothing',
    });
    expect(await embed(folder, ['猫', 'query: x ', 'x', '猫'])).toEqual([
      Math.fround(5.1),
      6,
      3,
      4,
      1,
      2,
      Math.fround(5.1),
      6,
    ]);
    const model = await resolveModel(`vectors:${folder}`);
    expect(model).toMatchObject({ kind: 'vectors', dims: 2, dtype: 'fp32', options: {}, promptChangesPooling: false });
    expect(model.id).toMatch(/^vectors\/vectors\d+$/);
    expect(model.files.map(({ path }) => path)).toEqual(['a.jsonl', 'a.npy', 'b.jsonl', 'b.npy']);
  });

  it('reads Arrow files of several record batches', async () => {
    const bytes = arrow(
      [
        { texts: ['a', 'b'], values: [1, 2, 3, 4, 5, 6] },
        { texts: ['c'], values: [7, 8, 9] },
      ],
      3,
    );
    expect(await embed(folderOf({ 'v.arrow': bytes }), ['c', 'a', 'b'])).toEqual([7, 8, 9, 1, 2, 3, 4, 5, 6]);
  });

  it('tells before the run which texts are missing, twenty by name', async () => {
    const folder = folderOf({ 'a.npy': npy(1, 1, Float32Array.of(1)), 'a.jsonl': lines('known') });
    const model = await resolveModel(`vectors:${folder}`);
    expect(await model.check?.(['known'], 'jsts')).toEqual([]);
    const texts = Array.from({ length: 25 }, (_, i) => `text ${i}`);
    const [problem, ...rest] = (await model.check?.([...texts, 'known'], 'jsts')) ?? [];
    expect(rest).toEqual([]);
    expect(problem.where).toBe('jsts');
    expect(problem.what).toMatch(/^25 texts have no vector in /);
    expect(problem.what.match(/"text \d+"/g)?.length).toBe(20);
    expect(problem.what).toContain('(5 more)');
    await expect(embed(folder, ['known', 'known '])).rejects.toThrow('"known "');
  });

  it('lets a text have one vector twice, and no two vectors', async () => {
    const pair = (second: number): string =>
      folderOf({ 'a.npy': npy(2, 2, Float32Array.of(1, 2, 1, second)), 'a.jsonl': lines('x', 'x') });
    expect(await embed(pair(2), ['x'])).toEqual([1, 2]);
    await expect(embed(pair(3), ['x'])).rejects.toThrow(
      /a\.npy, row 2: the text "x" has another vector than in .*a\.npy, row 1/,
    );
  });

  it('names file and row of numbers that are not finite, those that float32 cannot hold among them', async () => {
    for (const bad of [NaN, Infinity, 1e300]) {
      const folder = folderOf({ 'a.npy': npy(2, 2, Float64Array.of(1, 2, 1, bad)), 'a.jsonl': lines('x', 'y') });
      await expect(embed(folder, ['x'])).rejects.toThrow(/a\.npy, row 2: component 2 is /);
      const model = await resolveModel(`vectors:${folder}`);
      expect((await model.check?.(['x'], 'jsts'))?.length).toBe(1);
    }
  });

  it('refuses files that do not belong together', async () => {
    const one = npy(1, 2, Float32Array.of(1, 2));
    const refused = async (files: Record<string, Uint8Array | string>, message: RegExp | string): Promise<void> => {
      await expect(embed(folderOf(files), ['x'])).rejects.toThrow(message);
    };
    await refused({ 'a.npy': one, 'a.jsonl': lines('x', 'y') }, 'has 2 texts, but a.npy has 1 vectors');
    await refused({ 'a.npy': one, 'a.jsonl': '' }, 'has 0 texts');
    await refused({ 'a.npy': one }, 'there is no a.jsonl');
    await refused({ 'a.jsonl': lines('x') }, 'there is no a.npy');
    await refused(
      { 'a.npy': one, 'a.jsonl': lines('x'), 'b.npy': npy(1, 1, Float32Array.of(1)), 'b.jsonl': lines('y') },
      'b.npy: has vectors of 1 dimensions, but a.npy of 2',
    );
    await refused({}, 'holds no vectors');
    await refused({ 'a.npy': one, 'a.jsonl': '{"txt": "x"}\n' }, /a\.jsonl, row 1: has no "text"/);
    await refused({ 'a.npy': one, 'a.jsonl': '"x"\n' }, /a\.jsonl/);
    await refused({ 'a.npy': one, 'a.jsonl': Buffer.of(0x7b, 0xff, 0x0a) }, /a\.jsonl/);
    await refused(
      { 'a.arrow': arrow([{ texts: ['x'], values: [1, 2] }], 2).slice(0, -20) },
      /a\.arrow: is no Arrow file/,
    );
    await expect(resolveModel('vectors:')).rejects.toThrow('there is no such folder');
    await expect(resolveModel(`vectors:${root}/nothing`)).rejects.toThrow('there is no such folder');
  });

  it('refuses .npy files that are no matrix of floats in C order', async () => {
    const refused = async (header: string, message: string): Promise<void> => {
      const folder = folderOf({ 'a.npy': npy(1, 2, Float32Array.of(1, 2), header), 'a.jsonl': lines('x') });
      await expect(resolveModel(`vectors:${folder}`)).rejects.toThrow(message);
    };
    await refused("{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2), }", 'numbers are of type <i4');
    await refused("{'descr': '>f4', 'fortran_order': False, 'shape': (1, 2), }", 'numbers are of type >f4');
    await refused("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }", 'Fortran order');
    await refused("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 'its shape is (2,)');
    await refused("{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999999, 9999999), }", 'takes');
    await refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 0), }", 'no dimensions');
    await refused('nothing', 'header cannot be read');
  });

  it('survives any cut and any changed byte of an .npy file', async () => {
    const whole = npy(2, 2, Float32Array.of(1, 2, 3, 4));
    const variants = [
      ...Array.from({ length: 40 }, (_, i) => whole.subarray(0, Math.floor((i * whole.length) / 40))),
      ...Array.from({ length: whole.length }, (_, i) => {
        const changed = Buffer.from(whole);
        changed[i] ^= 0x55;
        return changed;
      }),
    ];
    const folder = folderOf({ 'a.jsonl': lines('x', 'y') });
    for (const bytes of variants) {
      writeFileSync(join(folder, 'a.npy'), bytes);
      const outcome = await embed(folder, ['x']).catch((thrown: unknown) => thrown);
      if (outcome instanceof Error) expect(outcome.name).toBe('UserError');
      else expect((outcome as number[]).length).toBe(2);
    }
  });

  it('has a key of the content alone, and no use for options of a network', async () => {
    const files = { 'a.npy': npy(1, 1, Float32Array.of(1)), 'a.jsonl': lines('x') };
    const key = async (folder: string): Promise<string> => (await resolveModel(`vectors:${folder}`)).key;
    expect(await key(folderOf(files))).toBe(await key(folderOf(files)));
    expect(await key(folderOf(files))).not.toBe(await key(folderOf({ ...files, 'a.jsonl': lines('y') })));
    await expect(resolveModel(`vectors:${folderOf(files)}`, { pooling: 'cls' })).rejects.toThrow(
      '--pooling: has no meaning',
    );
    const model = await resolveModel(`vectors:${folderOf(files)}`, { queryPrompt: 'q: ', device: 'cpu' });
    expect(model.promptFor({ id: 'jsts', family: 'STS' }, 'query')).toBe('q: ');
  });
});
