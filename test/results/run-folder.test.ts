import { join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { runFiles, runFolder, variantName } from '../../src/results/run-folder.js';

const base = { revision: '060fe049cdf0a1b2', dtype: 'fp32', protocol: 'published' };

describe('the name of a variant', () => {
  it('is revision, dtype and protocol', () => {
    expect(variantName(base)).toBe('060fe04.fp32.published');
    expect(variantName({ ...base, protocol: 'published+sts-euclidean,pair-cosine-direction' })).toBe(
      '060fe04.fp32.published+sts-euclidean,pair-cosine-direction',
    );
  });

  it('is the hash of the files for a model without a commit', () => {
    expect(variantName({ localHash: 'abcdef0123', dtype: 'q8', protocol: 'corrected' })).toBe('local-abcdef0.q8.corrected');
  });

  it('lists options in order of their names, whatever order they come in', () => {
    const name = '060fe04.fp32.published.max-tokens=512.seed=3.truncate-dim=256';
    expect(variantName({ ...base, options: { 'truncate-dim': 256, seed: 3, 'max-tokens': 512 } })).toBe(name);
    expect(variantName({ ...base, options: { seed: 3, 'max-tokens': 512, 'truncate-dim': 256 } })).toBe(name);
  });

  it('is plain ASCII that every file system takes, different for different options', () => {
    const values = [
      '',
      'Query: ',
      'query: ',
      'クエリ: ',
      '検索クエリ: ',
      '../../etc/passwd',
      'a.b=c',
      'a',
      '%61',
      '~x',
      'task: 与えられたニュース記事のトピックを特定してください。\nquery: ',
      'task: 与えられたニュース記事のトピックを特定してください。\nQuery: ',
      'x'.repeat(1000),
      'x'.repeat(1001),
    ];
    const names = values.map((prompt) => variantName({ ...base, options: { prompt } }));
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(values.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9.=%~_+,-]{1,255}$/);
    expect(variantName({ ...base, options: { a: '1.b=2' } })).not.toBe(variantName({ ...base, options: { a: '1', b: '2' } }));
  });

  it('stays short when there are many options, and different', () => {
    const options = (last: number) => Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`option-${i}`, i === 39 ? last : i]));
    const [a, b] = [variantName({ ...base, options: options(1) }), variantName({ ...base, options: options(2) })];
    expect(a).not.toBe(b);
    expect(Math.max(a.length, b.length)).toBeLessThanOrEqual(200);
  });

  it('needs exactly one of revision and hash, and no empty part', () => {
    expect(() => variantName({ dtype: 'fp32', protocol: 'published' })).toThrow(UserError);
    expect(() => variantName({ ...base, localHash: 'x' })).toThrow(UserError);
    expect(() => variantName({ ...base, dtype: '' })).toThrow(/dtype is empty/);
  });
});

describe('the folder of a run', () => {
  it('keeps the slashes of the model id as folders', () => {
    expect(runFolder('results', 'cl-nagoya/ruri-small', 'v')).toBe(join('results', 'cl-nagoya', 'ruri-small', 'v'));
    expect(runFolder('results', 'local/私のモデル', 'v')).toBe(join('results', 'local', '私のモデル', 'v'));
    expect(runFolder('results', 'openai/nomic:latest', 'v')).toBe(join('results', 'openai', 'nomic%3alatest', 'v'));
  });

  it('takes the name of a variant as it is', () => {
    const variant = variantName({ ...base, options: { prompt: 'query: ' } });
    expect(runFolder('results', 'a/b', variant)).toBe(join('results', 'a', 'b', variant));
  });

  it.each(['', '..', '../x', 'a/../../x', 'a/..', '/etc', 'a//b', 'a/', './a', 'a\\..\\b', 'a\0b', 'a\nb', 'x'.repeat(256)])(
    'refuses the model id %j',
    (id) => {
      expect(() => runFolder('results', id, 'v')).toThrow(UserError);
    },
  );

  it.each(['', '.', '..', 'a/b', '../v', 'a\\b'])('refuses the variant %j', (variant) => {
    expect(() => runFolder('results', 'a/b', variant)).toThrow(UserError);
  });

  it('never leads outside, whatever the id is made of', () => {
    const pieces = ['..', '.', '/', '\\', 'a', ':', '%', '%2e%2e', '\0', ' ', '~', '文'];
    let state = 7;
    const next = (n: number) => (state = (state * 48271) % 2147483647) % n;
    for (let round = 0; round < 5000; round++) {
      const id = Array.from({ length: 1 + next(6) }, () => pieces[next(pieces.length)]).join('');
      let path: string;
      try {
        path = runFolder('results', id, 'v');
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(UserError);
        continue;
      }
      const inside = relative(resolve('results'), resolve(path));
      expect(inside.split(sep)[0] === '..' || inside === 'v', JSON.stringify(id)).toBe(false);
      expect(inside.split(sep).at(-1)).toBe('v');
    }
  });
});

describe('the files of a run', () => {
  it('stand where the layout says', () => {
    expect(runFiles.record('r')).toBe(join('r', 'run.json'));
    expect(runFiles.summary('r')).toBe(join('r', 'summary.json'));
    expect(runFiles.task('r', 'jsts')).toBe(join('r', 'tasks', 'jsts.json'));
    expect(runFiles.itemTable('r', 'jsts')).toBe(join('r', 'items', 'jsts.arrow'));
  });

  it.each(['../jsts', 'a/b', '', '.hidden', '..', 'a\\b', 'a\nb', 'a:b', 'x'.repeat(181)])('refuse the task id %j', (task) => {
    expect(() => runFiles.task('r', task)).toThrow(UserError);
    expect(() => runFiles.itemTable('r', task)).toThrow(UserError);
  });
});
