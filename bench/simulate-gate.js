// How often the gate alarms on two runs that differ by chance alone, and how often it finds a real loss.
// npm run build && node bench/simulate-gate.js [gates]
import { compareRuns } from '../dist/compare/compare-runs.js';
import { checkLosses } from '../dist/compare/gate.js';
import { RandomState } from '../dist/numeric/random-state.js';

const gates = Number(process.argv[2] ?? 500);
const TASKS = ['one', 'two', 'three'];
/** Share of queries that change, queries a task, loss of a changed query. */
const SETTINGS = [
  { changed: 1, items: 100, loss: 0 },
  { changed: 0.05, items: 100, loss: 0 },
  { changed: 0.05, items: 400, loss: 0 },
  { changed: 1, items: 100, loss: 0.05 },
  { changed: 0.05, items: 400, loss: 0.2 },
];

function run(name, shares) {
  const dataset = { files: [] };
  const results = TASKS.map((task, at) => {
    const value = shares[at].reduce((sum, share) => sum + share, 0) / shares[at].length;
    const main = { metric: 'ndcg@10', value };
    return [task, { task, taskVersion: 1, family: 'Retrieval', state: 'done', protocol: 'published', main, dataset }];
  });
  const items = TASKS.map((task, at) => {
    const id = { name: 'id', type: 'text', values: shares[at].map((_, i) => String(i)) };
    const main = { name: 'main', type: 'float64', values: shares[at] };
    return [task, { rows: shares[at].length, columns: [id, main] }];
  });
  const record = {
    model: { id: name },
    variant: '',
    protocol: { name: 'published' },
    settings: { seed: 0, limit: null },
  };
  return { name, run: { folder: name, record, tasks: new Map(results) }, items: new Map(items), trainedOn: [] };
}

for (const { changed, items, loss } of SETTINGS) {
  const random = new RandomState(7);
  let alarms = 0;
  for (let gate = 0; gate < gates; gate++) {
    const base = TASKS.map(() => [...random.randomSample(items)]);
    const other = base.map((shares) =>
      shares.map((share) => (random.randomSample() < changed ? share + 0.15 * random.standardNormal() - loss : share)),
    );
    const comparison = compareRuns([run('a', base), run('b', other)], { resamples: 500, seed: gate });
    if (checkLosses(comparison).some(({ verdict }) => verdict === 'failed')) alarms++;
  }
  const share = ((100 * alarms) / gates).toFixed(1);
  console.log(
    `${items} queries, ${100 * changed} % changed, loss ${loss}: ${alarms} of ${gates} gates fail (${share} %)`,
  );
}
