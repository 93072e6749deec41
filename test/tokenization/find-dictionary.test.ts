import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findDictionary, type DictionaryRequest } from '../../src/tokenization/find-dictionary.js';
import { dictionaryOfOptions } from '../../src/tokenization/mecab-options.js';
import { writeTinyDictionary } from './vendored-dictionary.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'jmteb-find-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function find(request: Partial<DictionaryRequest>, env: Record<string, string> = {}): string {
  const all = { modelFolder: join(root, 'model'), where: 'a model', ...request };
  return findDictionary(all, { env, home: join(root, 'home'), prefixes: [join(root, 'usr')] }).folder;
}

/** The small dictionary with as many ids at its head as another one has. */
function dictionaryLike(ids: number, folder: string, charset = 'utf8'): string {
  writeTinyDictionary(folder);
  const path = join(folder, 'sys.dic');
  const bytes = readFileSync(path);
  bytes.writeUInt32LE(ids, 16);
  bytes.fill(0, 40, 72).write(charset, 40, 'latin1');
  writeFileSync(path, bytes);
  return folder;
}

describe('findDictionary', () => {
  it('takes a folder that is given, also the folder or unpacked package around it', () => {
    const own = writeTinyDictionary(join(root, 'unidic-lite-1.0.8', 'unidic_lite', 'dicdir'));
    for (const given of [own, join(own, '..'), join(own, '..', '..')]) expect(find({ given })).toBe(own);
    expect(() => find({ given: root })).toThrow('holds no compiled MeCab dictionary');
    expect(() => find({ given: 'unidic-lite' })).toThrow('pip download --no-deps unidic-lite==1.0.8');
  });

  it('takes the folder that a model names: in its own, or beside it', () => {
    const beside = writeTinyDictionary(join(root, 'dic'));
    expect(find({ folder: 'dic' })).toBe(beside);
    const inside = writeTinyDictionary(join(root, 'model', 'dic'));
    expect(find({ folder: 'dic' })).toBe(inside);
    expect(() => find({ folder: 'no-such' })).toThrow('the folder "no-such" that its tokenizer_config.json names');
  });

  it('finds named ones in Python packages and in folders of MeCab', () => {
    const site = dictionaryLike(5981, join(root, 'env', 'lib', 'python3.11', 'site-packages', 'unidic_lite', 'dicdir'));
    expect(find({ name: 'unidic_lite' }, { VIRTUAL_ENV: join(root, 'env') })).toBe(site);
    expect(() => find({ name: 'unidic_lite' })).toThrow('unidic-lite 1.0.8, which was not found');
    const system = dictionaryLike(1316, join(root, 'usr', 'lib', 'mecab', 'dic', 'ipadic-utf8'));
    expect(find({ name: 'ipadic' })).toBe(system);
    expect(find({ given: 'ipadic', name: 'unidic_lite' })).toBe(system);
    const home = dictionaryLike(
      5981,
      join(root, 'home', '.local', 'lib', 'python3.12', 'site-packages', 'unidic_lite', 'dicdir'),
    );
    expect(find({ name: 'unidic_lite' })).toBe(home);
  });

  it('passes over dictionaries that cannot be the named one: of another size, or not in UTF-8', () => {
    const other = dictionaryLike(1316, join(root, 'mecab'));
    expect(() => find({ name: 'unidic_lite' }, { MECAB_DICDIR: other })).toThrow('was not found');
    expect(find({ name: 'ipadic' }, { MECAB_DICDIR: other })).toBe(other);
    dictionaryLike(1316, join(root, 'usr', 'lib', 'mecab', 'dic', 'ipadic'), 'EUC-JP');
    expect(() => find({ name: 'ipadic' })).toThrow('was not found');
    const half = join(root, 'half');
    cpSync(other, half, { recursive: true });
    rmSync(join(half, 'matrix.bin'));
    expect(() => find({ name: 'ipadic' }, { MECAB_DICDIR: half })).toThrow('was not found');
  });

  it('takes the folder of the environment where a model names none', () => {
    const own = writeTinyDictionary(join(root, 'own'));
    expect(find({}, { MECAB_DICDIR: own })).toBe(own);
    mkdirSync(join(root, 'empty'));
    expect(() => find({}, { MECAB_DICDIR: join(root, 'empty') })).toThrow('give the folder that holds sys.dic');
  });
});

describe('dictionaryOfOptions', () => {
  it('reads the dictionary from options of MeCab, the last one given', () => {
    expect(dictionaryOfOptions('-r /dev/null -d dic')).toBe('dic');
    expect(dictionaryOfOptions('-ddic -Owakati')).toBe('dic');
    expect(dictionaryOfOptions(`--dicdir="a b" --dicdir 'c d'`)).toBe('c d');
    expect(dictionaryOfOptions('-d "a b" --output-format-type=wakati')).toBe('a b');
    expect(dictionaryOfOptions('')).toBeUndefined();
  });

  it('refuses options that change words', () => {
    for (const option of ['-u user.dic', '-p', '--max-grouping-size=3', 'text']) {
      expect(() => dictionaryOfOptions(option)).toThrow('is not supported');
    }
  });
});
