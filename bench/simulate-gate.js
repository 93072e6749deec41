// How often the gate alarms on two runs that differ by chance alone, and how often it finds a real loss.
// npm run simulate:gate [-- gates [gates of the power curve]]
import { compareRuns } from '../dist/compare/compare-runs.js';
import { checkLosses } from '../dist/compare/gate.js';
import { binaryF1 } from '../dist/metrics/pair-thresholds.js';
import { spearman } from '../dist/metrics/correlation.js';
import { vMeasure } from '../dist/metrics/v-measure.js';
import { RandomState } from '../dist/numeric/random-state.js';

const [gates, powerGates] = [Number(process.argv[2] ?? 5000), Number(process.argv[3] ?? 400)];
const TASKS = ['one', 'two', 'three'];
const RESAMPLES = 400;
const CLASSES = 8;
const SEEDS = 5;
const CLUSTERINGS = { seedDeviation: 0.04 };

const column = (name, values) => ({ name, type: 'float64', values });
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const range = (n) => Array.from({ length: n }, (_, i) => i);

/**
 * One way in which two runs answer the same items. `items(random, n)` is what both see, `answer(random, items, loss)` what a
 * run says of it: `score` and the columns of its item table.
 */
const KINDS = {
  'mean, all queries differ': {
    family: 'Retrieval',
    metric: 'ndcg@10',
    items: (random, n) => [...random.randomSample(n)],
    answer: (random, base, loss) => shares(base.map((share) => share + 0.15 * random.standardNormal() - loss)),
  },
  'mean, 1 query of 20 differs': {
    family: 'Retrieval',
    metric: 'ndcg@10',
    items: (random, n) => [...random.randomSample(n)],
    answer: (random, base, loss) =>
      shares(
        base.map((share) => (random.randomSample() < 0.05 ? share + 0.3 * random.standardNormal() - 20 * loss : share)),
      ),
  },
  Spearman: {
    family: 'STS',
    metric: 'spearman',
    items: (random, n) => range(n).map(() => Math.floor(6 * random.randomSample())),
    // More noise lowers the correlation: by about `loss` where it is small.
    answer: (random, gold, loss) => {
      const score = gold.map((value) => value / 1.7 + (0.75 + 2.4 * loss) * random.standardNormal());
      const value = spearman(Float64Array.from(gold), Float64Array.from(score)) ?? 0;
      return { value, columns: [column('gold', gold), column('score', score)] };
    },
  },
  F1: {
    family: 'PairClassification',
    metric: 'binary_f1',
    items: (random, n) => range(n).map(() => Number(random.randomSample() < 0.45)),
    answer: (random, gold, loss) => {
      const predicted = gold.map((label) => (random.randomSample() < 0.25 + loss ? 1 - label : label));
      const value = binaryF1(Uint8Array.from(predicted), Uint8Array.from(gold));
      return { value, columns: [column('gold', gold), column('predicted', predicted)] };
    },
  },
  'V-measure, 5 seeds': {
    family: 'Clustering',
    metric: 'v_measure_score',
    items: (random, n) => range(n).map(() => Math.floor(CLASSES * random.randomSample())),
    // Each seed finds another share of the classes.
    answer: (random, gold, loss) => {
      const draws = range(SEEDS).map(() => {
        const share = 0.7 - loss + CLUSTERINGS.seedDeviation * random.standardNormal();
        return gold.map((label) =>
          random.randomSample() < share ? label : Math.floor(CLASSES * random.randomSample()),
        );
      });
      const scores = draws.map((labels) => vMeasure(Float64Array.from(gold), Float64Array.from(labels)).vMeasure);
      const texts = { name: 'gold', type: 'text', values: gold.map(String) };
      return { value: scores[0], columns: [texts, column('cluster', draws[0])], details: { draws: scores } };
    },
  },
};

function shares(values) {
  return { value: mean(values), columns: [column('main', values)] };
}

function run(name, { family, metric }, answers) {
  const results = answers.map(({ value, details }, at) => {
    const main = { metric, value };
    const result = { task: TASKS[at], taskVersion: 1, family, state: 'done', protocol: 'published', main };
    return [TASKS[at], { ...result, dataset: { files: [] }, details }];
  });
  const items = answers.map(({ columns }, at) => {
    const rows = columns[0].values.length;
    return [TASKS[at], { rows, columns: [{ name: 'id', type: 'text', values: range(rows).map(String) }, ...columns] }];
  });
  const record = {
    model: { id: name, revision: null, files: [], settings: {} },
    variant: '',
    versions: {},
    protocol: { name: 'published' },
    settings: { seed: 0, limit: null },
  };
  return { name, run: { folder: name, record, tasks: new Map(results) }, items: new Map(items), trainedOn: [] };
}

/** Gates that fail, and the mean loss in points of the mean over the tasks. */
function simulate(kind, n, loss, count) {
  const random = new RandomState(7);
  let [alarms, lost] = [0, 0];
  for (let gate = 0; gate < count; gate++) {
    const base = TASKS.map(() => kind.items(random, n));
    const before = base.map((items) => kind.answer(random, items, 0));
    const after = base.map((items) => kind.answer(random, items, loss));
    const runs = [run('a', kind, before), run('b', kind, after)];
    const comparison = compareRuns(runs, { resamples: RESAMPLES, seed: gate });
    if (checkLosses(comparison).some(({ verdict }) => verdict === 'failed')) alarms++;
    lost -= comparison.averages[0].differences[0].difference / count;
  }
  return { alarms, lost };
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const row = (cells) => console.log(`| ${cells.join(' | ')} |`);

console.log(`Three tasks a gate, ${RESAMPLES} resamples, confidence 0.95.\n`);
row(['items', 'n a task', 'false alarms', 'of gates', '95 % interval']);
row(['---', '---:', '---:', '---:', '---:']);
for (const [name, kind] of Object.entries(KINDS)) {
  const n = 100;
  const { alarms } = simulate(kind, n, 0, gates);
  const share = alarms / gates;
  const half = 1.96 * Math.sqrt((share * (1 - share)) / gates);
  row([name, n, percent(share), gates, `${percent(Math.max(0, share - half))} to ${percent(share + half)}`]);
}

console.log('\nShare of gates that fail, and the loss in points:\n');
row(['items', 'n a task', ...range(4).map((i) => `loss ${i + 1}`)]);
row(['---', '---:', '---:', '---:', '---:', '---:']);
for (const [name, kind] of Object.entries(KINDS)) {
  for (const n of [100, 400, 1000]) {
    const found = [0.005, 0.01, 0.02, 0.05].map((loss) => simulate(kind, n, loss, powerGates));
    row([name, n, ...found.map(({ alarms, lost }) => `${percent(alarms / powerGates)} at ${lost.toFixed(1)}`)]);
  }
}
