import type { Comparison, PairDifference, RunItems } from '../compare/types.js';
import { familyMeans, meanOverDatasets, meanOverFamilies, scoreOf } from '../results/averages.js';
import { NONE, points, signedPoints } from '../results/points.js';
import { inOrder } from '../results/result-order.js';
import type { TaskResult } from '../results/types.js';
import { html, type Markup } from './html.js';
import { forestPlot, scorePlot } from './plots.js';
import { table, type Cell } from './table.js';

/** Tasks of any run, in the order of the families, then of the ids. */
export function tasksOf(
  runs: readonly RunItems[],
): { readonly task: string; readonly family: TaskResult['family']; readonly metric: string }[] {
  const all = new Map(
    runs.flatMap(({ run }) => [...run.tasks.values()].map((result) => [result.task, result] as const)),
  );
  return inOrder(all.values()).map(({ task, family, main }) => ({ task, family, metric: main.metric }));
}

/** What was run: model, variant, protocol, how many tasks came to which end. */
export function runsSection(runs: readonly RunItems[]): Markup {
  const rows = runs.map(({ name, run: { record, tasks } }, at) => {
    const { name: protocol, deviations } = record.protocol;
    const states = (['done', 'partial', 'failed', 'skipped'] as const)
      .map((state) => [state, [...tasks.values()].filter((result) => result.state === state).length] as const)
      .filter(([, count]) => count > 0);
    return [
      lettered(at),
      name,
      record.model.id,
      record.variant,
      deviations.length === 0 ? protocol : `${protocol}, but ${deviations.join('; ')}`,
      record.suite ?? NONE,
      states.map(([state, count]) => `${count} ${state}`).join(', ') || 'no task',
    ];
  });
  return html`<section id="runs">
    <h2>What was run</h2>
    ${table('Runs of this report', ['letter', 'run', 'model', 'variant', 'protocol', 'suite', 'tasks'], rows)}
  </section> `;
}

/** Scores by task, averages with what they are over, and a drawing. */
export async function scoresSection(runs: readonly RunItems[]): Promise<Markup> {
  const names = runs.map(({ name }) => name);
  const tasks = tasksOf(runs);
  const rows = tasks.map(({ task, family, metric }): Cell[] => [
    task,
    family,
    metric,
    ...runs.map(({ run }) => scoreCell(run.tasks.get(task))),
  ]);
  const drawn = tasks.flatMap(({ task }) =>
    runs.flatMap(({ name, run }) => {
      const result = run.tasks.get(task);
      return typeof result?.main.value === 'number'
        ? [{ label: task, series: name, value: 100 * result.main.value }]
        : [];
    }),
  );
  const isNumber = (from: number) => (column: number) => column >= from;
  return html`<section id="scores">
    <h2>Scores</h2>
    ${table('Main score of each task in points (fraction × 100)', ['task', 'family', 'metric', ...names], rows, isNumber(3))}
    ${table('Averages in points. Failed, skipped and partial tasks are in none of them.', ['average', ...names], averageRows(runs), isNumber(1))}
    ${drawn.length === 0 ? '' : figure('Scores by task', await scorePlot(drawn))}
  </section> `;
}

function scoreCell(result: TaskResult | undefined): Cell {
  if (result === undefined) return html`<span class="soft">not run</span>`;
  const { state, main } = result;
  if (state === 'done') return main.value === null ? html`<span class="note">undefined</span>` : points(main.value);
  if (state === 'partial') return html`${points(main.value)} <span class="note">partial</span>`;
  return html`<span class="bad">${state}</span>`;
}

function averageRows(runs: readonly RunItems[]): Cell[][] {
  const scores = runs.map(({ run }) => [...run.tasks.values()].map(scoreOf));
  const families = scores.map(familyMeans);
  const over = (value: number | null, count: number, what: string): Cell =>
    value === null ? NONE : html`${points(value)} <span class="soft">over ${count} ${what}</span>`;
  const tasksIn = (at: number) => [...families[at].values()].reduce((sum, { tasks }) => sum + tasks, 0);
  const named = [...new Set(families.flatMap((means) => [...means.keys()]))];
  return [
    ['mean over datasets', ...scores.map((some, at) => over(meanOverDatasets(some), tasksIn(at), 'tasks'))],
    ['mean over families', ...scores.map((some, at) => over(meanOverFamilies(some), families[at].size, 'families'))],
    ...named.map((family): Cell[] => [
      family,
      ...families.map((means) => over(means.get(family)?.mean ?? null, means.get(family)?.tasks ?? 0, 'tasks')),
    ]),
  ];
}

/** Differences against the first run with their intervals; or why there are none. */
export async function differencesSection(comparison: Comparison | string): Promise<Markup> {
  if (typeof comparison === 'string')
    return html`<section id="differences">
      <h2>Differences</h2>
      <p class="bad">These runs cannot be set against each other:</p>
      <pre>${comparison}</pre>
    </section> `;
  const { tasks, averages, leftOut, warnings, settings } = comparison;
  const [first] = comparison.runs;
  const letterOf = (run: string) => lettered(comparison.runs.findIndex(({ name }) => name === run));
  const percent = `${Number((100 * settings.confidence).toFixed(2))} %`;
  const rows = tasks.flatMap(({ task, items, partial, differences, seenBy }) =>
    differences.map((one): Cell[] => [
      html`${task}${partial ? html` <span class="note">partial</span>` : ''}`,
      `${letterOf(one.b)}\u00a0−\u00a0${letterOf(one.a)}`,
      ...differenceCells(one),
      one.holmP.toPrecision(2),
      one.detectable.toFixed(2),
      String(items),
      seenBy.join(', ') || NONE,
    ]),
  );
  const means = averages.flatMap(({ name, differences }) =>
    differences.map((one): Cell[] => [
      name,
      `${letterOf(one.b)}\u00a0−\u00a0${letterOf(one.a)}`,
      ...differenceCells(one),
    ]),
  );
  const drawn = [
    ...tasks.map(({ task, differences }) => ({ label: task, differences })),
    ...averages.map(({ name, differences }) => ({ label: name, differences })),
  ].flatMap(({ label, differences }) =>
    differences.filter(({ a }) => a === first.name).map((one) => ({ label, ...barOf(one) })),
  );
  const ties = averages.map(({ name, tieGroups }): Cell[] => [
    name,
    tieGroups.map((group) => group.map(letterOf).join(' = ')).join(' > '),
  ]);
  const isNumber = (column: number) => column >= 2;
  return html`<section id="differences">
    <h2>Differences</h2>
    <p class="soft">
      In points, the second run minus the first. Intervals: ${percent}, paired bootstrap over the same items,
      ${settings.resamples} resamples, seed ${settings.seed}. p after Holm is adjusted over the tasks of a pair of runs;
      “detectable” is the smallest difference that the task could have shown (80 % power at 5 %).
    </p>
    ${drawn.length === 0 ? '' : figure(`Differences against ${first.name} with ${percent} intervals`, await forestPlot(drawn))}
    ${table('By task', ['task', 'runs', 'difference', `${percent} interval`, 'p', 'p after Holm', 'detectable', 'items', 'trained on it'], rows, (column) => column >= 2 && column < 8)}
    ${means.length === 0 ? '' : table('Averages', ['average', 'runs', 'difference', `${percent} interval`, 'p'], means, isNumber)}
    ${ties.length === 0 ? '' : table('Best first; = joins runs that the average cannot tell apart', ['average', 'runs'], ties)}
    ${
      leftOut.length === 0
        ? ''
        : table(
            'Left out',
            ['task', 'run', 'reason'],
            leftOut.map(({ task, run, reason }) => [task, run, reason]),
          )
    }
    ${warnings.map((warning) => html`<p class="note">${warning}</p>`)}
  </section> `;
}

/** A short name for the run at a place: tables name pairs of runs. */
function lettered(at: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + at);
}

function differenceCells({ difference, interval: [low, high], p }: PairDifference): Cell[] {
  return [signedPoints(difference), `${signedPoints(low)} … ${signedPoints(high)}`, p.toPrecision(2)];
}

function barOf({ b, difference, interval: [low, high] }: PairDifference) {
  return { series: b, value: difference, low, high };
}

function figure(caption: string, drawing: Markup): Markup {
  return html`<figure class="scroll" tabindex="0" role="group" aria-label="${caption}">
    <figcaption class="soft">${caption}</figcaption>
    ${drawing}
  </figure> `;
}
