import { createReadStream, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, test } from 'vitest';
import { loadDefinitions, suiteFiles, taskFiles } from '../../src/definitions/catalogue.js';
import { countCharacters, differences } from '../../src/definitions/expectation.js';
import { familyFolder } from '../../src/definitions/family-rules.js';
import { modelFiles } from '../../src/definitions/model-definition.js';
import { packageRoot } from '../../src/definitions/package-root.js';
import { localDefinition, sourceFile } from '../../src/definitions/task-definition.js';
import type { TaskDefinition } from '../../src/definitions/types.js';
import { validateDefinitionFile } from '../../src/definitions/validate-definition.js';
import { describeShared, sharedPath } from '../shared.js';

const catalogue = loadDefinitions();
const task = (id: string): TaskDefinition => {
  const found = catalogue.tasks.get(id);
  if (found === undefined) throw new Error(`no task ${id}`);
  return found;
};

/** The 16 datasets of the protocol's table. */
const JMTEB_V1 = [
  'amazon_counterfactual_classification',
  'amazon_review_classification',
  'esci',
  'jagovfaqs_22k',
  'jaqket',
  'jsick',
  'jsts',
  'livedoor_news',
  'massive_intent_classification',
  'massive_scenario_classification',
  'mewsc16',
  'mrtydi',
  'nlp_journal_abs_intro',
  'nlp_journal_title_abs',
  'nlp_journal_title_intro',
  'paws_x_ja',
];

describe('every definition of the package', () => {
  // The tasks of the sample suite come with their data; without the folder the suite names tasks that are not there.
  const hasSample = existsSync(join(packageRoot(), 'tasks', 'sample'));
  const files = [
    ...taskFiles(),
    ...suiteFiles().filter((path) => hasSample || !path.endsWith('sample.json')),
    ...modelFiles(),
    join(packageRoot(), 'results', 'published', 'jmteb-v1.json'),
  ];
  test.each(files.map((path) => [path.slice(packageRoot().length + 1), path]))('%s is right', (_, path) => {
    const report = validateDefinitionFile(path);
    expect(report.problems).toEqual([]);
    expect(report.warnings).toEqual([]);
    expect(report.kind).toBeDefined();
  });

  test('the catalogue has them without a problem', () => {
    expect(catalogue.problems.filter((p) => hasSample || p.where !== 'tasks/suites/sample.json')).toEqual([]);
    expect(catalogue.warnings).toEqual([]);
    expect(loadDefinitions()).toBe(catalogue);
  });
});

describe('tasks of the package', () => {
  test('the suite jmteb-v1 has the 16 datasets', () => {
    expect([...(catalogue.suites.get('jmteb-v1')?.tasks ?? [])].sort()).toEqual(JMTEB_V1);
    expect(catalogue.suites.get('jmteb-v1')?.averages[0]).toBe('datasets');
  });

  test('each lies in the folder of its family, or among the samples', () => {
    for (const [id, path] of catalogue.taskFiles) {
      const folder = path.split('/').at(-2);
      if (folder !== 'sample') expect([id, folder]).toEqual([id, familyFolder(task(id).family)]);
    }
  });

  test('each names licence, makers and notes, and every repository is pinned by a commit', () => {
    for (const { id, source, license, citation, notes } of catalogue.tasks.values()) {
      if (catalogue.taskFiles.get(id)?.includes('/sample/')) continue;
      expect([id, license, citation, notes].every((text) => text !== undefined && text !== '')).toBe(true);
      if (source.repo !== undefined) expect(source.revision).toMatch(/^[0-9a-f]{40}$/);
    }
  });

  test('revisions are those that the evidence names', () => {
    const at = (id: string): unknown => [task(id).source.repo, task(id).source.revision];
    expect(at('jsts')).toEqual(['sbintuitions/JMTEB', '6064d6d00e3eccca0f9673621022b409f79d1a18']);
    expect(at('paws_x_ja')).toEqual(['google-research-datasets/paws-x', '4cd8187c404bda33cb1f62b49b001115862acf37']);
    expect(at('nlp_journal_title_abs')).toEqual([
      'mteb/NLPJournalTitleAbsRetrieval',
      '6f4b0968eb87e010bb5c4afb9d826018ff7c0458',
    ]);
    expect(at('nlp_journal_title_intro')).toEqual([
      'mteb/NLPJournalTitleIntroRetrieval',
      '4c58ad0940d449fa5d71ce4ec285502402671a5b',
    ]);
    expect(at('nlp_journal_abs_intro')).toEqual([
      'mteb/NLPJournalAbsIntroRetrieval',
      'e1b0d0b036b080a1b4642f5dd2e5f4e983e73d54',
    ]);
  });

  test('jsts and its part choose on its training split, all others on validation or on nothing', () => {
    for (const { id, source, splits } of catalogue.tasks.values()) {
      if (splits.validation === null) continue;
      const path = sourceFile({ source } as TaskDefinition, splits.validation)?.path;
      expect([id, String(path).includes('train')]).toEqual([id, id === 'jsts' || id === 'gate_jsts']);
    }
    expect(JMTEB_V1.filter((id) => task(id).splits.validation === null)).toEqual([
      'nlp_journal_abs_intro',
      'nlp_journal_title_abs',
      'nlp_journal_title_intro',
    ]);
  });

  test('expected rows are the verified ones: train, validation, test, corpus', () => {
    const rows = (id: string): unknown =>
      ['train', 'validation', 'test', 'corpus'].map((name) => {
        const file = task(id).splits[name as 'train' | 'validation' | 'test' | 'corpus'];
        return (file && task(id).expect?.[file]?.rows) ?? null;
      });
    expect(Object.fromEntries(JMTEB_V1.map((id) => [id, rows(id)]))).toEqual({
      amazon_counterfactual_classification: [5600, 466, 934, null],
      amazon_review_classification: [200000, 5000, 5000, null],
      esci: [null, null, null, null],
      jagovfaqs_22k: [null, 3419, 3420, 22794],
      jaqket: [null, 995, 997, 114229],
      jsick: [null, 1985, 1986, null],
      jsts: [null, 12451, 1457, null],
      livedoor_news: [null, 1106, 1107, null],
      massive_intent_classification: [11514, 2033, 2974, null],
      massive_scenario_classification: [11514, 2033, 2974, null],
      mewsc16: [null, 992, 992, null],
      mrtydi: [null, 928, 720, 7000027],
      nlp_journal_abs_intro: [null, null, 404, 504],
      nlp_journal_title_abs: [null, null, 404, 504],
      nlp_journal_title_intro: [null, null, 404, 504],
      paws_x_ja: [null, 2000, 2000, null],
    });
  });

  test('counts by label and counts of rows agree', () => {
    for (const { id, expect: facts } of catalogue.tasks.values())
      for (const [file, { rows, labels }] of Object.entries(facts ?? {}))
        if (rows !== undefined && labels !== undefined)
          expect([id, file, Object.values(labels).reduce((a, b) => a + b, 0)]).toEqual([id, file, rows]);
  });
});

describe('loadDefinitions', () => {
  const root = mkdtempSync(join(tmpdir(), 'jmteb-catalogue-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('keeps the right definitions of a folder that has wrong ones, and tells all of those', () => {
    const sts = { ...task('jsick'), id: 'right' };
    mkdirSync(join(root, 'tasks', 'sts'), { recursive: true });
    mkdirSync(join(root, 'tasks', 'other'));
    mkdirSync(join(root, 'tasks', 'suites'));
    const put = (name: string, value: unknown): void =>
      writeFileSync(join(root, 'tasks', name), typeof value === 'string' ? value : JSON.stringify(value));
    put('sts/right.json', sts);
    put('sts/broken.json', '{"id": ');
    put('other/right.json', sts);
    put('other/notes.txt', 'no definition');
    put('suites/two.json', { id: 'two', version: 1, title: 'Two', tasks: ['right', 'rigth'], averages: ['datasets'] });
    const found = loadDefinitions(root);
    expect([...found.tasks.keys()]).toEqual(['right']);
    expect(found.problems.map((p) => `${p.where}: ${p.what} ${p.fix ?? ''}`)).toEqual([
      'tasks/sts/broken.json: not valid JSON at line 1, column 8: expected a value, found the end of the file. ',
      'tasks/sts/right.json: "id" is "right", which tasks/other/right.json has, too. give one of them another id.',
      'tasks/suites/two.json: "tasks[1]" is "rigth", which is no task. did you mean "right"?',
    ]);
  });

  test('a package without definitions has an empty catalogue', () => {
    const empty = mkdtempSync(join(root, 'empty-'));
    expect(loadDefinitions(empty)).toMatchObject({ problems: [] });
    expect(loadDefinitions(empty).tasks.size).toBe(0);
  });
});

describeShared('the suite local against the rows in shared', () => {
  const suite = catalogue.suites.get('local');
  const folder = (place: string): string => sharedPath('data', 'jmteb', `${place}.jsonl`);

  test.each([...(suite?.tasks ?? [])])('%s finds its files, its columns and what it expects of them', async (id) => {
    const definition = localDefinition(task(id), (place) => existsSync(folder(place)));
    const { columns, splits } = definition;
    for (const [split, name] of Object.entries(splits)) {
      const place = sourceFile(definition, name)?.local as string;
      const expected = definition.expect?.[name];
      const facts = { rows: 0, characters: {} as Record<string, number>, labels: {} as Record<string, number> };
      const roles: Readonly<Record<string, string>> = columns;
      const wanted =
        definition.family === 'Retrieval' || definition.family === 'Reranking'
          ? split === 'corpus'
            ? ['documentId', 'text']
            : Object.keys(roles).filter((role) => role !== 'documentId' && role !== 'text')
          : Object.keys(roles);
      for await (const line of createInterface({ input: createReadStream(folder(place)) })) {
        const row = JSON.parse(line) as Record<string, unknown>;
        if (facts.rows++ === 0)
          for (const role of wanted)
            expect([role, Object.keys(row)]).toEqual([role, expect.arrayContaining([roles[role]])]);
        for (const column of Object.keys(expected?.characters ?? {}))
          facts.characters[column] = (facts.characters[column] ?? 0) + countCharacters(row[column] as string);
        if (columns.label !== undefined) {
          const label = String(row[columns.label]);
          facts.labels[label] = (facts.labels[label] ?? 0) + 1;
        }
      }
      expect(expected?.rows).toBe(facts.rows);
      expect(differences(expected, facts)).toEqual([]);
    }
  });
});
