import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadDefinitions } from '../../src/definitions/catalogue.js';
import type { SelectionOptions } from '../../src/definitions/select-tasks.js';
import { resolveTasks } from '../../src/definitions/select-tasks.js';

const folder = mkdtempSync(join(tmpdir(), 'jmteb-select-'));
const catalogue = loadDefinitions();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const own = join(folder, 'own.json');
const second = join(folder, 'second, with a comma.json');
beforeAll(() => {
  const jsts = JSON.parse(readFileSync(catalogue.taskFiles.get('jsts') as string, 'utf8')) as object;
  writeFileSync(own, JSON.stringify({ ...jsts, id: 'own' }));
  writeFileSync(second, JSON.stringify({ ...jsts, id: 'second' }));
  mkdirSync(join(folder, 'more'));
  writeFileSync(join(folder, 'more', 'other-jsts.json'), JSON.stringify({ ...jsts, id: 'jsts', version: 2 }));
  writeFileSync(join(folder, 'more', 'broken.json'), '{"id": "x", }');
  const suite = { version: 1, title: 'Mine', averages: ['families'] };
  writeFileSync(join(folder, 'mine.json'), JSON.stringify({ ...suite, id: 'mine', tasks: ['own.json', 'jsick'] }));
  writeFileSync(join(folder, 'wrong.json'), JSON.stringify({ ...suite, id: 'wrong', tasks: ['jsikc', 'none.json'] }));
});

function ids(selectors: string[], options: SelectionOptions = {}): string[] {
  const { tasks, problems } = resolveTasks(selectors, options);
  expect(problems).toEqual([]);
  return tasks.map((task) => task.id);
}

function problems(selectors: string[], options: SelectionOptions = {}): string[] {
  return resolveTasks(selectors, options).problems.map((p) => `${p.where}: ${p.what} ${p.fix ?? ''}`.trim());
}

const SUITE = [...(catalogue.suites.get('jmteb-v1')?.tasks ?? [])];

describe('resolveTasks', () => {
  test('without anything it is the default suite in its order', () => {
    expect(ids([])).toEqual(SUITE);
    expect(resolveTasks([]).suite?.id).toBe('jmteb-v1');
  });

  test('ids come in the order in which they are named, each once', () => {
    expect(ids(['mewsc16,jsts', 'jsick', 'jsts', ' jaqket , '])).toEqual(['mewsc16', 'jsts', 'jsick', 'jaqket']);
    expect(resolveTasks(['jsts']).suite).toBeNull();
  });

  test('"-" and "_" are the same, and so are capital and small letters', () => {
    expect(ids(['nlp-journal-title-abs', 'JSTS', 'Paws-X_JA'])).toEqual(['nlp_journal_title_abs', 'jsts', 'paws_x_ja']);
  });

  test('globs choose over ids, those with both spellings', () => {
    const three = ['abs_intro', 'title_abs', 'title_intro'].map((name) => `nlp_journal_v16_v24_${name}`);
    expect(ids(['nlp_journal_v16_v24_*'])).toEqual(three);
    expect(ids(['nlp-journal-v16-v24-*'])).toEqual(three);
    expect(ids(['js?s'])).toEqual(['jsts']);
    expect(ids(['js*', 'jsts'])).toEqual(['jsquad_rerank', 'jsquad', 'jsick', 'jsts']);
    expect(ids(['*'])).toEqual([...catalogue.tasks.keys()]);
  });

  test('a suite gives its order, and ids choose within it', () => {
    expect(ids([], { suite: 'jmteb_v1' })).toEqual(SUITE);
    expect(ids(['mrtydi', 'jsts'], { suite: 'jmteb-v1' })).toEqual(['jsts', 'mrtydi']);
    expect(ids(['nlp_*'], { suite: 'local' })).toEqual([
      'nlp_journal_v16_v24_title_abs',
      'nlp_journal_v16_v24_title_intro',
      'nlp_journal_v16_v24_abs_intro',
    ]);
    expect(problems(['jaquad'], { suite: 'jmteb-v1' })).toEqual([
      '--tasks: "jaquad" is not in the suite. leave out --suite, or choose tasks of the suite.',
    ]);
  });

  test('families are read in every spelling', () => {
    for (const family of ['PairClassification', 'pair-classification', 'PAIR_CLASSIFICATION', 'pairclassification'])
      expect(ids([], { family: [family] })).toEqual(['paws_x_ja']);
    expect(ids([], { family: ['sts,clustering'] })).toEqual(['jsts', 'jsick', 'mewsc16', 'livedoor_news']);
    expect(ids(['j*'], { family: ['reranking'] })).toEqual(['jsquad_rerank']);
    expect(problems([], { family: ['retreival', 'foo'] })).toEqual([
      '--family: there is no family "retreival". did you mean "Retrieval"?',
      '--family: there is no family "foo". use one of Retrieval, STS, Classification, Reranking, Clustering, PairClassification.',
    ]);
  });

  test('what is excluded is left out, and it has to exist', () => {
    expect(ids([], { exclude: ['mrtydi,nlp-*', 'amazon_*'] })).toEqual(
      SUITE.filter((id) => id !== 'mrtydi' && !id.startsWith('nlp_') && !id.startsWith('amazon_')),
    );
    expect(problems([], { exclude: ['mrtidy'] })).toEqual([
      '--exclude: there is no task "mrtidy". did you mean "mrtydi"?',
    ]);
  });

  test('files are tasks, in their place among the ids', () => {
    expect(ids(['jsick', own, 'jsts'])).toEqual(['jsick', 'own', 'jsts']);
    expect(ids([`${own},jsick`])).toEqual(['own', 'jsick']);
    expect(ids([second, own, own])).toEqual(['second', 'own']);
    expect(ids([join(folder, 'own*.json')])).toEqual(['own']);
    expect(ids([join(folder, 'own.json')], { exclude: ['own'], suite: 'local' })).toEqual([
      ...(catalogue.suites.get('local')?.tasks ?? []),
    ]);
    expect(ids([own, 'jsts'], { suite: 'jmteb-v1' })).toEqual(['jsts', 'own']);
  });

  test('a file can take the place of a task of the package, but not stand beside it', () => {
    const other = join(folder, 'more', 'other-jsts.json');
    expect(resolveTasks([other]).tasks.map((task) => [task.id, task.version])).toEqual([['jsts', 2]]);
    expect(problems(['jsts', other])[0]).toMatch(/two different definitions have the id "jsts"/);
  });

  test('a suite of one own is a file with ids and files beside it', () => {
    expect(ids([], { suite: join(folder, 'mine.json') })).toEqual(['own', 'jsick']);
    expect(problems([], { suite: join(folder, 'wrong.json') })).toEqual([
      'suite wrong: "tasks[0]" is "jsikc", which is no task. did you mean "jsick"?',
      `${join(folder, 'none.json')}: there is no such file. check the path.`,
    ]);
  });

  test('everything that is unknown is told at once, with the nearest name', () => {
    expect(
      problems(['jstss', 'nlp_jurnal_*', 'zzzzzz', './none.json'], { suite: undefined, exclude: ['jaket'] }),
    ).toEqual([
      '--tasks: there is no task "jstss". did you mean "jsts"?',
      '--tasks: no task fits "nlp_jurnal_*". see `jmteb ls tasks`.',
      '--tasks: there is no task "zzzzzz". see `jmteb ls tasks`.',
      './none.json: there is no such file. check the path.',
      '--exclude: there is no task "jaket". did you mean "jaqket"?',
    ]);
    expect(problems([], { suite: 'jmteb' })).toEqual(['--suite: there is no suite "jmteb". did you mean "jmteb-v1"?']);
  });

  test('a broken file of one own is told with its place', () => {
    const broken = join(folder, 'more', 'broken.json');
    expect(problems([broken])).toEqual([
      `${broken}: not valid JSON at line 1, column 13: expected a key in double quotes, found "}" (a comma may not stand before a closing brace).`,
    ]);
  });

  test('a broken file of the package is the reason why its task is unknown', () => {
    const root = join(folder, 'package');
    mkdirSync(join(root, 'tasks', 'sts'), { recursive: true });
    writeFileSync(join(root, 'tasks', 'sts', 'gone.json'), '[');
    expect(problems(['gone'], { catalogue: loadDefinitions(root) })).toEqual([
      '--tasks: there is no task "gone". see `jmteb ls tasks`.',
      'tasks/sts/gone.json: not valid JSON at line 1, column 2: expected a value, found the end of the file.',
    ]);
  });

  test('an option that is empty is not the default', () => {
    expect(problems([''])).toContain('--tasks: no task is named. name one, or leave out the option.');
    expect(problems(['jsts'], { exclude: ['jsts'] })).toEqual([
      '--tasks: no task is left of 1. choose more tasks or families, or exclude fewer.',
    ]);
  });
});
