import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import { describeShared, sharedPath } from '../shared.js';
import { writeTinyDictionary } from '../tokenization/vendored-dictionary.js';

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'jmteb-dictionary-key-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** The small dictionary with one cost of its matrix changed. */
function otherDictionary(): string {
  const folder = writeTinyDictionary(join(root, 'other'));
  const path = join(folder, 'matrix.bin');
  const bytes = readFileSync(path);
  bytes.writeInt16LE(7, 40);
  writeFileSync(path, bytes);
  return folder;
}

describeShared('the MeCab dictionary of a model', () => {
  const tiny = sharedPath('models', 'bert-japanese-mecab-tiny');
  const named = sharedPath('models', 'bert-japanese-mecab-unidic');

  it('is part of its files and its key, wherever it lies', async () => {
    const own = await resolveModel(tiny, {});
    const paths = ['char.bin', 'dicrc', 'matrix.bin', 'sys.dic', 'unk.dic'].map((name) => `dictionary/${name}`);
    expect(own.files.map(({ path }) => path).filter((path) => path.startsWith('dictionary/'))).toEqual(paths);
    const same = await resolveModel(tiny, { dictionary: writeTinyDictionary(join(root, 'same')) });
    expect([same.key, same.localHash]).toEqual([own.key, own.localHash]);
    const other = await resolveModel(tiny, { dictionary: otherDictionary() });
    expect(other.key).not.toBe(own.key);
    expect(other.localHash).not.toBe(own.localHash);
  });

  it('is named in the variant and warned of where it is not the one that the model names', async () => {
    expect((await resolveModel(tiny, {})).options).toEqual({});
    const model = await resolveModel(named, { dictionary: writeTinyDictionary(join(root, 'instead')) });
    expect(model.options).toEqual({ dictionary: expect.stringMatching(/^[0-9a-f]{7}$/) as string });
    expect(model.warnings.join('\n')).toContain('not that of unidic-lite 1.0.8');
  });

  it('is refused where no tokenizer needs it, or where there is none', async () => {
    const minilm = resolveModel(sharedPath('models', 'all-MiniLM-L6-v2'), { dictionary: join(root, 'same') });
    await expect(minilm).rejects.toThrow('its tokenizer needs no dictionary');
    await expect(resolveModel(named, { dictionary: root })).rejects.toThrow('holds no compiled MeCab dictionary');
  });
});
