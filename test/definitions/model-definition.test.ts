import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { listModels, listSuites, listTasks } from '../../src/definitions/list-definitions.js';
import {
  findModelDefinition,
  findModelFile,
  modelFiles,
  readModelDefinition,
} from '../../src/definitions/model-definition.js';
import { hasPrompts, promptFor } from '../../src/definitions/model-prompts.js';
import { packageRoot } from '../../src/definitions/package-root.js';
import type { ModelDefinition, TextRole } from '../../src/definitions/types.js';
import { formatProblem } from '../../src/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'jmteb-model-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(value: unknown): ReturnType<typeof readModelDefinition> {
  const path = join(folder, 'model.json');
  writeFileSync(path, JSON.stringify(value));
  return readModelDefinition(path, 'model.json');
}

function model(id: string): ModelDefinition {
  const found = findModelDefinition(id)?.value;
  if (found === undefined) throw new Error(`no model ${id}`);
  return found;
}

const TASKS = {
  jsts: { id: 'jsts', family: 'STS' },
  jsick: { id: 'jsick', family: 'STS' },
  paws: { id: 'paws_x_ja', family: 'PairClassification' },
  jaqket: { id: 'jaqket', family: 'Retrieval' },
  mrtydi: { id: 'mrtydi', family: 'Retrieval' },
  jaquad: { id: 'jaquad', family: 'Retrieval' },
  esci: { id: 'esci', family: 'Reranking' },
  mewsc16: { id: 'mewsc16', family: 'Clustering' },
  massive: { id: 'massive_intent_classification', family: 'Classification' },
  mine: { id: 'mine', family: 'Classification' },
} as const;

function prompt(id: string, task: keyof typeof TASKS, role: TextRole): string | undefined {
  return promptFor(model(id).prompts, TASKS[task], role);
}

describe('models of the package', () => {
  test('are all those of the table, under the name of their file', () => {
    const { models, problems } = listModels();
    expect(problems).toEqual([]);
    expect(models.map((m) => m.id).sort()).toEqual(
      [
        'BAAI/bge-m3',
        ...['DiffCSE-BERT-base', 'MixCSE-BERT-base'].map((n) => `MU-Kindai/Japanese-${n}`),
        ...['base-sup', 'base-unsup', 'large-sup', 'large-unsup'].map((n) => `MU-Kindai/Japanese-SimCSE-BERT-${n}`),
        ...['base', 'base-v2', 'large', 'large-v2', 'small', 'small-v2'].map((n) => `cl-nagoya/ruri-${n}`),
        ...['30m', '70m', '130m', '310m'].map((n) => `cl-nagoya/ruri-v3-${n}`),
        ...['sup', 'unsup'].flatMap((k) => ['base', 'large'].map((n) => `cl-nagoya/${k}-simcse-ja-${n}`)),
        'google/embeddinggemma-300m',
        'hotchpotch/static-embedding-japanese',
        ...['base', 'large', 'small'].map((n) => `intfloat/multilingual-e5-${n}`),
        'jinaai/jina-embeddings-v3',
        ...['text-embedding-3-large', 'text-embedding-3-small', 'text-embedding-ada-002'].map((n) => `openai/${n}`),
        'pfnet/plamo-embedding-1b',
        ...['GLuCoSE-base-ja', 'GLuCoSE-base-ja-v2', 'RoSEtta-base-ja'].map((n) => `pkshatech/${n}`),
        ...['v1', 'v2'].map((v) => `sbintuitions/sarashina-embedding-${v}-1b`),
        'sentence-transformers/LaBSE',
      ].sort(),
    );
  });

  test('say where their facts come from, and pin whole commits', () => {
    for (const path of modelFiles()) {
      const { value } = readModelDefinition(path);
      expect(value?.notes?.length).toBeGreaterThan(0);
      if (value?.revision !== undefined) expect(value.revision).toMatch(/^[0-9a-f]{40}$/);
    }
  });

  // Revisions by their first seven digits, dimensions and longest inputs as the table of models gives them.
  test.each([
    ['sbintuitions/sarashina-embedding-v1-1b', 'd060fcd', 1792, 8192, 'last_token', false],
    ['sbintuitions/sarashina-embedding-v2-1b', '1f3408a', 1792, 8192, 'last_token', undefined],
    ['cl-nagoya/ruri-base', '1ae40b8', 768, 512, 'mean', undefined],
    ['cl-nagoya/ruri-base-v2', '8ce0388', 768, 512, 'mean', undefined],
    ['cl-nagoya/ruri-large', 'a011c39', 1024, 512, 'mean', undefined],
    ['cl-nagoya/ruri-large-v2', '42898ef', 1024, 512, 'mean', undefined],
    ['cl-nagoya/ruri-small', 'bc56ce9', 768, 512, undefined, undefined],
    ['cl-nagoya/ruri-small-v2', 'db18646', 768, 512, undefined, undefined],
    ['cl-nagoya/ruri-v3-30m', '24899e5', 256, 8192, 'mean', undefined],
    ['cl-nagoya/ruri-v3-70m', '07a8b0a', 384, 8192, 'mean', undefined],
    ['cl-nagoya/ruri-v3-130m', 'e3114c6', 512, 8192, 'mean', undefined],
    ['cl-nagoya/ruri-v3-310m', '18b60fb', 768, 8192, 'mean', undefined],
    ['intfloat/multilingual-e5-small', 'fd1525a', 384, 512, 'mean', true],
    ['intfloat/multilingual-e5-base', 'd13f1b2', 768, 512, 'mean', true],
    ['intfloat/multilingual-e5-large', 'ab10c1a', 1024, 512, 'mean', true],
    ['jinaai/jina-embeddings-v3', '215a6e1', 1024, 8192, 'mean', true],
    ['BAAI/bge-m3', '5617a9f', 1024, 8192, 'cls', true],
    ['google/embeddinggemma-300m', '64614b0', 768, 2048, 'mean', true],
    ['sentence-transformers/LaBSE', 'e34fab6', 768, undefined, undefined, undefined],
    ['openai/text-embedding-3-large', undefined, 3072, 8191, undefined, undefined],
    ['openai/text-embedding-ada-002', undefined, 1536, 8191, undefined, undefined],
    ['MU-Kindai/Japanese-SimCSE-BERT-large-sup', undefined, 1024, 512, 'mean', false],
    ['pfnet/plamo-embedding-1b', undefined, 2048, undefined, 'mean', undefined],
  ])('%s has the facts of the table', (id, revision, dims, maxTokens, pooling, normalize) => {
    const found = model(id);
    expect(found.revision?.slice(0, 7)).toBe(revision);
    expect([found.dims, found.maxTokens, found.pooling, found.normalize]).toEqual([
      dims,
      maxTokens,
      pooling,
      normalize,
    ]);
  });
});

describe('promptFor', () => {
  test('a model of roles', () => {
    expect(prompt('intfloat/multilingual-e5-small', 'jaqket', 'query')).toBe('query: ');
    expect(prompt('intfloat/multilingual-e5-small', 'esci', 'document')).toBe('passage: ');
    for (const role of ['sentence1', 'sentence2', 'text'] as const)
      expect(prompt('intfloat/multilingual-e5-small', 'jsts', role)).toBe('query: ');
    expect(prompt('cl-nagoya/ruri-large', 'jaqket', 'query')).toBe('クエリ: ');
    expect(prompt('cl-nagoya/ruri-large', 'jaqket', 'document')).toBe('文章: ');
    expect(prompt('cl-nagoya/ruri-large', 'jsts', 'sentence1')).toBeUndefined();
  });

  test('a model of families', () => {
    const ruri = 'cl-nagoya/ruri-v3-310m';
    expect(prompt(ruri, 'jaqket', 'query')).toBe('検索クエリ: ');
    expect(prompt(ruri, 'esci', 'document')).toBe('検索文書: ');
    expect(prompt(ruri, 'massive', 'text')).toBe('トピック: ');
    expect(prompt(ruri, 'mewsc16', 'text')).toBe('トピック: ');
    expect(prompt(ruri, 'jsts', 'sentence2')).toBe('');
    expect(prompt(ruri, 'paws', 'sentence1')).toBeUndefined();
    const gemma = 'google/embeddinggemma-300m';
    expect(prompt(gemma, 'jsick', 'sentence1')).toBe('task: sentence similarity | query: ');
    expect(prompt(gemma, 'mewsc16', 'text')).toBe('task: clustering | query: ');
    expect(prompt(gemma, 'esci', 'query')).toBe('task: search result | query: ');
    expect(prompt(gemma, 'jaqket', 'document')).toBe('title: none | text: ');
    const jina = 'jinaai/jina-embeddings-v3';
    expect(prompt(jina, 'jaqket', 'query')).toBe('Represent the query for retrieving evidence documents: ');
    expect(prompt(jina, 'esci', 'query')).toBe('');
  });

  test('a model of tasks', () => {
    const sarashina = 'sbintuitions/sarashina-embedding-v2-1b';
    expect(prompt(sarashina, 'jaqket', 'query')).toBe(
      'task: 質問を与えるので、その質問に答えるのに役立つWikipediaの文章を検索してください。\nquery: ',
    );
    // Published with this slip of the pen, and with full-width commas.
    expect(prompt(sarashina, 'mrtydi', 'query')).toContain('検索するしてください。');
    expect(prompt(sarashina, 'jsts', 'sentence1')).toBe(
      'task: クエリを与えるので，もっともクエリに意味が似ている一節を探してください。\nquery: ',
    );
    expect(prompt(sarashina, 'jaquad', 'query')).toBe(
      'task: クエリを与えるので、もっともクエリに意味が似ている一節を探してください。\nquery: ',
    );
    expect(prompt(sarashina, 'jaqket', 'document')).toBe('text: ');
    expect(prompt(sarashina, 'mewsc16', 'text')).toBe(
      'task: 与えられたニュース記事のトピックを特定してください。\nquery: ',
    );
    expect(prompt(sarashina, 'mine', 'text')).toBe(
      'task: 与えられたドキュメントを適切なカテゴリに分類してください。\nquery: ',
    );
  });

  test('a prompt of single texts is none of queries, and an empty one counts', () => {
    const prompts = {
      query: 'q',
      document: 'd',
      families: { STS: '' },
      tasks: { jaqket: 'single', esci: { document: '' } },
    };
    expect(promptFor(prompts, TASKS.jaqket, 'query')).toBe('q');
    expect(promptFor(prompts, TASKS.esci, 'document')).toBe('');
    expect(promptFor(prompts, TASKS.esci, 'query')).toBe('q');
    expect(promptFor(prompts, TASKS.jsts, 'sentence1')).toBe('');
    expect(promptFor(prompts, TASKS.mewsc16, 'text')).toBeUndefined();
    expect(promptFor(undefined, TASKS.mewsc16, 'text')).toBeUndefined();
    expect(promptFor(prompts, { id: 'toString', family: 'STS' }, 'sentence1')).toBe('');
  });

  test('every prompt ends as published: with a space, or the instruction with "query: "', () => {
    for (const path of modelFiles()) {
      const { prompts } = readModelDefinition(path).value as ModelDefinition;
      for (const text of JSON.stringify(prompts ?? {}).matchAll(/:"((?:[^"\\]|\\.)*)"/g))
        if (text[1] !== '') expect(text[1]).toMatch(/: $/);
    }
  });

  test('a model has prompts when one of them is not empty', () => {
    expect(hasPrompts(undefined)).toBe(false);
    expect(hasPrompts({})).toBe(false);
    expect(hasPrompts({ query: '', families: { STS: '' } })).toBe(false);
    expect(hasPrompts({ families: { Retrieval: { document: 'd: ' } } })).toBe(true);
    expect(hasPrompts({ tasks: { x: 'y' } })).toBe(true);
    expect(
      listModels()
        .models.filter((m) => m.hasPrompts)
        .map((m) => m.id),
    ).toContain('pfnet/plamo-embedding-1b');
    expect(hasPrompts(model('BAAI/bge-m3').prompts)).toBe(false);
  });
});

describe('findModelDefinition', () => {
  test('case does not count, and an endpoint is found by its option', () => {
    expect(model('intfloat/Multilingual-E5-Small').id).toBe('intfloat/multilingual-e5-small');
    expect(model('openai:text-embedding-3-large').id).toBe('openai/text-embedding-3-large');
    expect(model('OpenAI/text-embedding-3-large').id).toBe('openai/text-embedding-3-large');
  });

  test.each(['', 'e5', 'a/b', '../package', '../../etc/passwd', 'cl-nagoya/..', '/etc/passwd', 'a/b/c'])(
    '"%s" has none',
    (id) => {
      expect(findModelFile(id)).toBeUndefined();
      expect(findModelDefinition(id)).toBeUndefined();
    },
  );
});

describe('readModelDefinition', () => {
  test('reads a definition that says little', () => {
    expect(read({ id: 'me/mine' })).toEqual({ value: { id: 'me/mine' }, problems: [], warnings: [] });
  });

  test.each([
    [{}, '"id" is missing.'],
    [{ id: 'mine' }, '"id" is the text "mine", which does not fit.'],
    [{ id: '../x' }, '"id" is the text "../x", which does not fit.'],
    [{ id: 'a/b', pooling: 'last-token' }, 'did you mean "last_token"?'],
    [{ id: 'a/b', maxTokens: 0 }, '"maxTokens" is the number 0; expected 1 or more.'],
    [{ id: 'a/b', normalize: 'yes' }, '"normalize" is the text "yes"; expected true or false.'],
    [{ id: 'a/b', maxtokens: 5 }, 'did you mean "maxTokens"?'],
    [{ id: 'a/b', prompts: { passage: 'p: ' } }, '"prompts.passage" is not a field of "prompts".'],
    [{ id: 'a/b', prompts: { families: { sts: 'p: ' } } }, 'did you mean "STS"?'],
    [
      { id: 'a/b', prompts: { families: { Retrieval: 'p: ' } } },
      '"prompts.families.Retrieval" is the text "p: "; expected an object.',
    ],
    [
      { id: 'a/b', prompts: { tasks: { jsts: 3 } } },
      '"prompts.tasks.jsts" is the number 3; expected a text or an object.',
    ],
    [{ id: 'a/b', notes: 'one' }, '"notes" is the text "one"; expected a list.'],
    [null, 'the file holds null; a model definition is a JSON object.'],
  ])('%j is refused', (value, message) => {
    const { problems, value: found } = read(value);
    expect(found).toBeUndefined();
    expect(problems.map(formatProblem).join('\n')).toContain(message);
  });
});

describe('lists', () => {
  test('of tasks and suites are plain rows', () => {
    const jaquad = listTasks().find((row) => row.id === 'jaquad');
    expect(jaquad).toEqual({
      id: 'jaquad',
      family: 'Retrieval',
      title: 'JaQuAD retrieval',
      mainMetric: 'ndcg@10',
      suites: ['local'],
      source: 'local',
      repo: null,
      revision: null,
      subset: null,
      testRows: 3939,
      corpusRows: 11144,
      license: 'CC-BY-SA-3.0',
    });
    expect(listTasks().find((row) => row.id === 'jsts')).toMatchObject({
      source: 'hub',
      suites: ['jmteb-v1', 'local'],
    });
    expect(listTasks().find((row) => row.id === 'gate_jagovfaqs_22k')).toMatchObject({
      suites: ['gate'],
      subset: 'jagovfaqs_22k: validation 100, test 800, other documents 2000',
      testRows: 800,
      corpusRows: null,
    });
    expect(listSuites().map((row) => row.id)).toEqual(['gate', 'jmteb-v1', 'local', 'sample']);
    expect(packageRoot()).not.toBe('');
  });
});
