import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadDefinitions } from '../../src/definitions/catalogue.js';
import { rulesOf } from '../../src/definitions/family-rules.js';
import { packageRoot } from '../../src/definitions/package-root.js';
import type { PublishedScores } from '../../src/definitions/published.js';
import { notesOn, publishedName, publishedScores, readPublished, verdictOn } from '../../src/definitions/published.js';
import { valueOf } from '../../src/definitions/reading.js';
import { describeShared, sharedPath } from '../shared.js';

const published = valueOf(readPublished());
const SARASHINA = 'sbintuitions/sarashina-embedding-v1-1b';

function points(model: string, tasks?: readonly string[]): number {
  const values = publishedScores(published, model).filter((score) => tasks?.includes(score.task) ?? true);
  return (values.reduce((sum, { value }) => sum + value, 0) / values.length) * 100;
}

describe('published scores of JMTEB v1', () => {
  test('29 models have the 16 tasks of the suite under the main metric of their family', () => {
    const suite = loadDefinitions().suites.get(published.suite);
    expect(Object.keys(published.models)).toHaveLength(29);
    for (const model of Object.keys(published.models)) {
      const scores = publishedScores(published, model);
      expect(scores.map(({ task }) => task).sort()).toEqual([...(suite?.tasks ?? [])].sort());
      for (const { task, family, metric, value } of scores) {
        expect(family).toBe(loadDefinitions().tasks.get(task)?.family);
        expect(metric).toBe(rulesOf(family).mainMetric);
        expect(value).toBeGreaterThan(0);
        expect(value).toBeLessThan(1);
      }
    }
  });

  // The table on the card of sarashina-embedding-v1-1b: 42 numbers, two decimals as shown there.
  test.each([
    ['OpenAI/text-embedding-3-large', 74.049148, 74.05],
    ['cl-nagoya/ruri-large', 73.314347, 73.31],
    ['pkshatech/GLuCoSE-base-ja-v2', 72.226132, 72.23],
    ['pkshatech/RoSEtta-base-ja', 72.036113, 72.04],
    ['intfloat/multilingual-e5-large', 70.902376, 70.9],
    [SARASHINA, 75.501322, 75.5],
  ])('the average of %s over its 16 datasets is the one that is shown', (model, average, shown) => {
    // Six decimals were given, so half of the last one is what can be asked for.
    expect(Math.abs(points(model) - average)).toBeLessThan(5e-7);
    expect(Math.round(points(model) * 100) / 100).toBe(shown);
  });

  test('the reference values of the seed model, rounded to four decimals, are those that were read', () => {
    const values = Object.fromEntries(
      publishedScores(published, SARASHINA).map(({ task, value }) => [task, Number((value * 100).toFixed(4))]),
    );
    expect(values).toEqual({
      amazon_counterfactual_classification: 79.102,
      amazon_review_classification: 61.4759,
      massive_intent_classification: 82.2588,
      massive_scenario_classification: 90.6503,
      esci: 93.7439,
      jagovfaqs_22k: 71.6837,
      jaqket: 72.7949,
      mrtydi: 41.9522,
      nlp_journal_abs_intro: 93.941,
      nlp_journal_title_abs: 96.9562,
      nlp_journal_title_intro: 88.3288,
      jsick: 80.2248,
      jsts: 85.198,
      livedoor_news: 56.4183,
      mewsc16: 51.2922,
      paws_x_ja: 62,
    });
  });

  test('names are found whatever their case, and by the option of an endpoint', () => {
    expect(publishedName(published, 'openai/text-embedding-3-large')).toBe('OpenAI/text-embedding-3-large');
    expect(publishedName(published, 'openai:text-embedding-ada-002')).toBe('OpenAI/text-embedding-ada-002');
    expect(publishedName(published, 'BAAI/bge-m3')).toBeUndefined();
    expect(publishedScores(published, 'BAAI/bge-m3')).toEqual([]);
  });

  test('rows carry the notes about their model and task, and no others', () => {
    const notes = (model: string, task: string): string =>
      notesOn(published, model, task)
        .map((n) => n.note)
        .join(' ');
    expect(notes(SARASHINA, 'jsts')).toContain('Expect this value not to repeat without a prompt');
    expect(notes(SARASHINA, 'esci')).toBe('');
    expect(notes('intfloat/multilingual-e5-small', 'jsts')).toContain("without the model's prompts");
    expect(notes('cl-nagoya/ruri-large', 'paws_x_ja')).toContain('28 of the 29 rows');
    for (const score of publishedScores(published, SARASHINA))
      expect(score.notes).toEqual(notesOn(published, SARASHINA, score.task));
  });

  test('28 of 29 models are within the band that the note on paws_x_ja names', () => {
    const values = Object.keys(published.models).map((m) => points(m, ['paws_x_ja']));
    expect(values.filter((v) => v >= 61.7 && v <= 62.6)).toHaveLength(28);
  });
});

describe('noise classes', () => {
  test('are those of the second run, and every task has one or a reason why not', () => {
    const { classes, without } = published.noise;
    expect(
      Object.fromEntries(Object.entries(classes).map(([t, c]) => [t, [c.agreesWithin, c.doubtfulWithin]])),
    ).toEqual({
      jsts: [0.03, 0.05],
      esci: [0.15, 0.48],
      massive_scenario_classification: [0.31, 0.46],
      amazon_review_classification: [0.35, 0.9],
      mrtydi: [0.43, 0.86],
      massive_intent_classification: [0.8, 1.39],
      jsick: [0.97, 2.34],
      amazon_counterfactual_classification: [1.3, 1.9],
      mewsc16: [3.1, 5.92],
      livedoor_news: [4.8, 9.73],
    });
    expect([...Object.keys(classes), ...Object.keys(without)].sort()).toEqual(
      [...(loadDefinitions().suites.get('jmteb-v1')?.tasks ?? [])].sort(),
    );
  });

  test('a verdict is up to the class, its edges included, in both directions', () => {
    expect(verdictOn(published, 'jsts', 0)).toBe('agrees');
    expect(verdictOn(published, 'jsts', 0.0003)).toBe('agrees');
    expect(verdictOn(published, 'jsts', -0.000301)).toBe('doubtful');
    expect(verdictOn(published, 'jsts', -0.0005)).toBe('doubtful');
    expect(verdictOn(published, 'jsts', 0.00051)).toBe('differs');
    expect(verdictOn(published, 'livedoor_news', 0.048)).toBe('agrees');
    expect(verdictOn(published, 'livedoor_news', -0.0973)).toBe('doubtful');
    for (const task of ['jaqket', 'jagovfaqs_22k', 'nlp_journal_title_abs', 'paws_x_ja', 'mine', 'toString'])
      expect(verdictOn(published, task, 0)).toBeNull();
  });
});

describe('readPublished', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jmteb-published-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const text = readFileSync(join(packageRoot(), 'results', 'published', 'jmteb-v1.json'), 'utf8');

  const problems = (change: (scores: Record<string, never>) => void): string[] => {
    const scores = JSON.parse(text) as Record<string, never>;
    change(scores);
    const path = join(folder, 'mine.json');
    writeFileSync(path, JSON.stringify(scores));
    return readPublished(path, 'mine.json').problems.map((p) => p.what);
  };

  test.each<[string, (scores: never) => void]>([
    [
      '"schema" is the text "x"; expected "jmteb/published/1"',
      (s: PublishedScores) => Object.assign(s, { schema: 'x' }),
    ],
    [
      '"source.commit" is the text "52876d5", which does not fit',
      (s: PublishedScores) => Object.assign(s.source, { commit: '52876d5' }),
    ],
    [
      'is the number 75.5; expected 1 or less',
      (s: PublishedScores) => Object.assign(s.models[SARASHINA].STS?.jsts ?? {}, { spearman: 75.5 }),
    ],
    [
      'is the text "0.85"; expected a number',
      (s: PublishedScores) => Object.assign(s.models[SARASHINA].STS?.jsts ?? {}, { spearman: '0.85' }),
    ],
    ['is not a field of', (s: PublishedScores) => Object.assign(s.models[SARASHINA], { sts: {} })],
    [
      '"noise" names the task "jstss", which has no score',
      (s: PublishedScores) => Object.assign(s.noise.classes, { jstss: { agreesWithin: 1, doubtfulWithin: 2 } }),
    ],
    [
      'agrees within 3, more than it doubts (2)',
      (s: PublishedScores) => Object.assign(s.noise.classes, { jsts: { agreesWithin: 3, doubtfulWithin: 2 } }),
    ],
    [
      'is a class of a task that "noise.without" says has none',
      (s: PublishedScores) => Object.assign(s.noise.without, { jsts: 'x' }),
    ],
    [
      'names "nobody/none", which has no scores',
      (s: PublishedScores) => Object.assign(s.notes?.[0] ?? {}, { models: ['nobody/none'] }),
    ],
    [
      'names "jstss", which has no score',
      (s: PublishedScores) => Object.assign(s.notes?.[0] ?? {}, { tasks: ['jstss'] }),
    ],
  ] as never)('refuses a file where it %s', (message, change) => {
    expect(problems(change as never).join('\n')).toContain(message);
  });
});

describeShared('published scores against the facts in shared', () => {
  test('every figure and the source are the same', () => {
    const facts = JSON.parse(readFileSync(sharedPath('published', 'jmteb-v1.json'), 'utf8')) as PublishedScores;
    expect(published.models).toEqual(facts.models);
    expect(published.benchmark).toBe(facts.benchmark);
    expect(published.source).toEqual(facts.source);
  });
});

describeShared('candidates of the families against the reference', () => {
  // The reference lists all candidates with their validation scores.
  test.each([
    ['STS', 'random'],
    ['PairClassification', 'random'],
    ['Retrieval', 'random'],
    ['Reranking', 'graded'],
    ['Classification', 'two_classes'],
    ['Clustering', 'seed_0'],
  ] as const)('%s has the candidates and the main metric of the case %s', (family, name) => {
    const path = sharedPath('goldens', 'families', 'cases', family, name, 'expected.json');
    const expected = JSON.parse(readFileSync(path, 'utf8')) as {
      metric_name: string;
      details: { val_scores: Record<string, unknown> };
    };
    expect(rulesOf(family).mainMetric).toBe(expected.metric_name);
    expect(rulesOf(family).candidates).toEqual(Object.keys(expected.details.val_scores));
  });
});
