import { canonicalJson } from '../results/canonical-json.js';
import { csv } from '../results/csv.js';
import { points, signedPoints } from '../results/points.js';
import { oneLine, renderTable, type TableStyle, type TextColumn } from '../results/text-table.js';
import { markdownTable, markdownText } from './markdown.js';
import { describeDifference } from './setting-differences.js';
import type { Comparison, Difference, ReportedScores } from './types.js';

const right = (title: string): TextColumn => ({ title, align: 'right' });

/** A comparison for a terminal. Scores times 100. */
export function comparisonText(comparison: Comparison, style: TableStyle = 'ruled'): string {
  const parts = tablesOf(comparison).map(({ columns, rows }) => renderTable(columns, [rows], style));
  return `${parts.join('\n')}\n${remarks(comparison)
    .map((line) => `${oneLine(line)}\n`)
    .join('')}`;
}

/** A comparison as Markdown. */
export function comparisonMarkdown(comparison: Comparison): string {
  const parts = tablesOf(comparison).map(({ columns, rows }) => markdownTable(columns, rows));
  return `${parts.join('\n')}\n${remarks(comparison)
    .map((line) => `- ${markdownText(line)}\n`)
    .join('')}`;
}

/** Low, high, standard error, p, Holm's p, detectable. */
const NOTHING_TESTED = [null, null, null, null, null, null];

/** All differences as rows; differences in points, full precision. */
export function comparisonCsv({ runs, tasks, averages, reported }: Comparison): string {
  const head = [
    'kind',
    'name',
    'family',
    'metric',
    'items',
    'a',
    'b',
    'difference',
    'low',
    'high',
    'standard_error',
    'p',
    'holm_p',
    'detectable',
  ];
  const numbers = ({ difference, interval, standardError, p }: Difference) => [
    difference,
    ...interval,
    standardError,
    p,
  ];
  const rows = [
    ...tasks.flatMap(({ task, family, metric, items, differences }) =>
      differences.map((d) => ['task', task, family, metric, items, d.a, d.b, ...numbers(d), d.holmP, d.detectable]),
    ),
    ...averages.flatMap(({ average, tasks: over, differences }) =>
      differences.map((d) => ['average', average, null, null, over.length, d.a, d.b, ...numbers(d), null, null]),
    ),
    ...reported.flatMap(({ name, tasks: theirs }) =>
      theirs.flatMap(({ task, family, metric, reported: score, scores }) =>
        scores.map((own, run) => {
          const difference = own === null ? null : 100 * (own - score);
          return ['reported', task, family, metric, null, name, runs[run].name, difference, ...NOTHING_TESTED];
        }),
      ),
    ),
  ];
  return csv([head, ...rows]);
}

/** The whole comparison as JSON, as `schemas/comparison.schema.json` describes it. */
export function comparisonJson(comparison: Comparison): string {
  return canonicalJson(comparison, 'the comparison');
}

interface Table {
  readonly columns: readonly TextColumn[];
  readonly rows: readonly (readonly string[])[];
}

function tablesOf({ runs, reported, tasks, averages, settings }: Comparison): Table[] {
  const letters = runs.map((_, run) => String.fromCharCode(65 + run));
  const letterOf = new Map(runs.map(({ name }, run) => [name, letters[run]]));
  const pairName = ({ a, b }: { a: string; b: string }) => `${letterOf.get(b)} − ${letterOf.get(a)}`;
  const interval = ({ interval: [low, high] }: Difference) => `${signedPoints(low)} to ${signedPoints(high)}`;
  const scores = (values: readonly number[]) => values.map(points);
  const between = `${100 * settings.confidence} % interval`;
  const taskRows = tasks.flatMap(({ task, metric, items, scores: values, differences }) =>
    differences.map((d, pair) => [
      ...(pair === 0 ? [task, metric, String(items), ...scores(values)] : ['', '', '', ...letters.map(() => '')]),
      pairName(d),
      signedPoints(d.difference),
      interval(d),
      shownP(d.holmP),
      d.detectable.toFixed(2),
      d.mcNemar === null ? '' : `${d.mcNemar.onlyA}:${d.mcNemar.onlyB} p ${shownP(d.mcNemar.exact)}`,
    ]),
  );
  const averageRows = averages.flatMap(({ name, scores: values, differences }) =>
    differences.map((d, pair) => [
      ...(pair === 0 ? [name, ...scores(values)] : ['', ...letters.map(() => '')]),
      pairName(d),
      signedPoints(d.difference),
      interval(d),
      shownP(d.p),
    ]),
  );
  const difference = [{ title: 'pair' }, right('difference'), right(between)];
  const named = letters.map(right);
  const tests = [right('p (Holm)'), right('detectable'), { title: 'McNemar' }];
  const taskColumns = [{ title: 'task' }, { title: 'metric' }, right('items'), ...named, ...difference, ...tests];
  const averageColumns = [{ title: 'average' }, ...named, ...difference, right('p')];
  const compared =
    runs.length === 1
      ? []
      : [
          { columns: taskColumns, rows: taskRows },
          { columns: averageColumns, rows: averageRows },
        ];
  return [
    { columns: [{ title: 'run' }, { title: 'name' }], rows: runs.map(({ name }, run) => [letters[run], name]) },
    ...compared,
    ...reported.map((row) => reportedTable(row, letters)),
  ];
}

/** Scores that others reported: no items, so no interval and no test. */
function reportedTable({ name, tasks, mean }: ReportedScores, letters: readonly string[]): Table {
  const differences = (scores: readonly (number | null)[], reported: number) =>
    scores.flatMap((score) => [points(score), signedPoints(score === null ? null : 100 * (score - reported))]);
  const columns = letters.flatMap((letter) => [right(letter), right('difference')]);
  const rows = tasks.map(({ task, metric, reported, scores }) => [
    task,
    metric,
    points(reported),
    ...differences(scores, reported),
  ]);
  const last =
    mean === null
      ? []
      : [
          [
            `mean over datasets (${mean.tasks.length})`,
            '',
            points(mean.reported),
            ...differences(mean.scores, mean.reported),
          ],
        ];
  return {
    columns: [{ title: `reported for ${name}, not tested` }, { title: 'metric' }, right('reported'), ...columns],
    rows: [...rows, ...last],
  };
}

function remarks({ runs, averages, leftOut, warnings, settings, settingDifferences, tasks }: Comparison): string[] {
  const groups = averages.map(
    ({ name, tieGroups }) =>
      `${name}, best first, ties in brackets: ${tieGroups.map((group) => `[${group.join(', ')}]`).join(' > ')}`,
  );
  return [
    ...warnings,
    ...(runs.length > 2 ? groups : []),
    ...tasks.flatMap(({ task, seenBy }) =>
      seenBy.length === 0 ? [] : [`${task}: in the training data of ${seenBy.join(', ')}`],
    ),
    ...tasks.flatMap(({ task, notes }) => notes.map((note) => `${task}: ${note}`)),
    ...settingDifferences.map(
      ({ run, fields }) =>
        `${run} differs from ${runs[0].name} in: ${fields.map(describeDifference).join('; ') || 'nothing'}`,
    ),
    ...leftOut.map(({ task, run, reason }) => `${task} is left out: ${run}: ${reason}`),
    `points; ${settings.resamples} resamples of the same items, seed ${settings.seed}`,
  ];
}

/** No p is 0. */
function shownP(p: number): string {
  return p < 0.0005 ? '<0.001' : p.toFixed(3);
}
