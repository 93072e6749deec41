import { FAMILIES } from '../definitions/types.js';
import { familyMeans, isScored, meanOverDatasets, meanOverFamilies, scoreOf } from '../results/averages.js';
import { NONE, points, signedPoints } from '../results/points.js';
import { inOrder } from '../results/result-order.js';
import { oneLine, renderTable, type TableStyle, type TextColumn } from '../results/text-table.js';
import type { TaskResult } from '../results/types.js';
import { drawsOf, type AverageComparison, type PublishedComparison } from './compare-with-published.js';
import { averageName, tasksByFamily, type SuiteTask, type SuiteTasks } from './suite-tasks.js';

export interface RunTable {
  /** The tasks that were asked for, and the averages to show, the headline first. */
  readonly suite: Pick<SuiteTasks, 'tasks' | 'averages'>;
  readonly results: Iterable<TaskResult>;
  readonly comparison?: PublishedComparison | null;
  /** Default `ruled`; `plain` where the output is no terminal. */
  readonly style?: TableStyle;
}

/**
 * The final table of a run: a row a task, a row a family, the averages, and beneath them why something is `–`.
 *
 * Scores times 100. Averages never include tasks that failed, were skipped or are partial, and say when they are therefore
 * not comparable.
 *
 * @returns text that ends in a newline
 */
export function renderRunTable({ suite, results, comparison = null, style = 'ruled' }: RunTable): string {
  const found = new Map([...results].map((result) => [result.task, result]));
  const tasks = inOrder(suite.tasks.map((task) => ({ ...task, task: task.id })));
  const asked = tasks.flatMap(({ id }) => found.get(id) ?? []);
  const compared = new Map((comparison?.tasks ?? []).map((row) => [row.task, row]));
  const width = comparison === null ? BASE.length : BASE.length + COMPARED.length;
  const fit = (row: readonly string[]) => row.slice(0, width);
  const taskRows = tasks.map((task) => {
    const row = compared.get(task.id);
    return fit([
      ...taskCells(task, found.get(task.id)),
      points(row?.published),
      signedPoints(row?.difference),
      row?.verdict ?? NONE,
    ]);
  });
  const columns = comparison === null ? BASE : [...BASE, ...COMPARED];
  const table = renderTable(columns, [taskRows, familyRows(suite, asked).map(fit)], style);
  const averages = averageTable(suite, asked, comparison, style);
  const lines = [
    ...reasons(tasks, found),
    ...drawLines(asked),
    ...comparisonLines(comparison, asked),
    ...alsoThere(tasks, found),
  ];
  const beneath = lines.length === 0 ? '' : `\n${lines.map((line) => `${oneLine(line)}\n`).join('')}`;
  return `${table}\n${averages}${beneath}`;
}

const BASE: readonly TextColumn[] = [
  { title: 'family' },
  { title: 'task' },
  { title: 'metric' },
  { title: 'score', align: 'right' },
  { title: 'choice' },
  { title: 'state' },
];
const COMPARED: readonly TextColumn[] = [
  { title: 'published', align: 'right' },
  { title: 'difference', align: 'right' },
  { title: 'verdict' },
];

function taskCells(task: SuiteTask, result: TaskResult | undefined): string[] {
  if (result === undefined) return [task.family, task.id, NONE, NONE, NONE, 'not run'];
  const { main, choice, state, dataset } = result;
  const remark = dataset.changed === true ? `${state}, data changed` : state;
  return [task.family, task.id, main.metric, points(main.value), choice?.value ?? NONE, remark];
}

function familyRows(suite: RunTable['suite'], results: readonly TaskResult[]): string[][] {
  const means = familyMeans(results.map(scoreOf));
  return tasksByFamily(suite, FAMILIES).map(({ family, tasks }) => {
    const { mean = null, tasks: done = 0 } = means.get(family) ?? {};
    return [family, 'mean over tasks', '', points(mean), '', `${done} of ${tasks.length}`];
  });
}

function averageTable(
  suite: RunTable['suite'],
  results: readonly TaskResult[],
  comparison: PublishedComparison | null,
  style: TableStyle,
): string {
  const scores = results.map(scoreOf);
  const done = scores.filter(isScored).length;
  const of = suite.tasks.length;
  const familyCount = tasksByFamily(suite, FAMILIES).length;
  const rows = suite.averages.map((average) => {
    const value = average === 'datasets' ? meanOverDatasets(scores) : meanOverFamilies(scores);
    const name = averageName(average, average === 'datasets' ? of : familyCount);
    // Over families, too, it is the datasets that may be missing.
    const part = `${done} of ${of} datasets`;
    const short = average === 'datasets' ? `mean over ${part}` : `mean over families, ${part}`;
    const beside = comparison?.averages.find((row) => row.average === average);
    const isSame = done === of && beside?.tasks === of && beside.of === of;
    return [
      done === of ? name : `${short}: not comparable`,
      points(value),
      points(isSame ? beside.published : null),
      signedPoints(isSame ? beside.difference : null),
    ];
  });
  const columns: TextColumn[] = [{ title: 'average' }, { title: 'score', align: 'right' }, ...COMPARED.slice(0, 2)];
  return renderTable(comparison === null ? columns.slice(0, 2) : columns, [rows], style);
}

/** Why a task shows `–`, or has a score that enters no average. */
function reasons(tasks: readonly SuiteTask[], found: ReadonlyMap<string, TaskResult>): string[] {
  return tasks.flatMap(({ id }) => {
    const result = found.get(id);
    if (result === undefined) return [`${NONE} ${id}: not run`];
    const { state, reason, main, warnings } = result;
    const mark = main.value === null ? `${NONE} ` : '';
    if (state !== 'done') return [`${mark}${id}: ${state}${reason === undefined ? '' : `: ${reason}`}`];
    if (main.value !== null) return [];
    return [`${mark}${id}: "${main.metric}" is undefined${warnings.length === 0 ? '' : `: ${warnings.join('; ')}`}`];
  });
}

/** Clusterings with several seeds: what the score that is shown is one draw of. */
function drawLines(results: readonly TaskResult[]): string[] {
  return results.flatMap((result) => {
    const draws = drawsOf(result);
    if (draws.length === 0) return [];
    const { mean, standardDeviation, timesChosen } = result.details ?? {};
    const range = `${points(Math.min(...draws))} to ${points(Math.max(...draws))}`;
    const chosen = Object.entries((timesChosen ?? {}) as Record<string, number>).filter(([, times]) => times > 0);
    const text = [
      `${draws.length} draws from ${range}`,
      typeof mean === 'number' ? `mean ${points(mean)}` : '',
      typeof standardDeviation === 'number' ? `standard deviation ${points(standardDeviation)}` : '',
      chosen.length > 0 ? `chosen: ${chosen.map(([name, times]) => `${name} ${times}`).join(', ')}` : '',
    ];
    return [`${result.task}: ${text.filter((part) => part !== '').join('; ')}`];
  });
}

function comparisonLines(comparison: PublishedComparison | null, asked: readonly TaskResult[]): string[] {
  if (comparison === null) return [];
  const ids = new Set(asked.map(({ task }) => task));
  const rows = comparison.tasks.filter(({ task }) => ids.has(task));
  const lines = [`published: ${comparison.model} in ${comparison.source}`];
  const unjudged = rows.filter((row) => row.verdict === null && row.published !== null);
  lines.push(
    ...byText(
      unjudged.map(({ task, reason }) => ({ task, text: `no verdict: ${reason}` })),
      0,
    ),
  );
  for (const { task, draws } of rows) if (draws !== null) lines.push(`${task}: ${draws.text}`);
  const notes = rows.flatMap((row) => row.notes.map((note) => ({ task: row.task, text: note })));
  return [...lines, ...byText(notes, rows.length), ...comparison.averages.flatMap(commonLine)];
}

/** What is true of several tasks is said once, and without their names when it is true of all. */
function byText(remarks: readonly { readonly task: string; readonly text: string }[], all: number): string[] {
  const tasks = new Map<string, string[]>();
  for (const { task, text } of remarks) tasks.set(text, [...(tasks.get(text) ?? []), task]);
  return [...tasks].map(([text, ids]) => (ids.length > 1 && ids.length === all ? text : `${ids.join(', ')}: ${text}`));
}

/** Over fewer tasks than published: both means over the tasks that both have. */
function commonLine({ average, tasks, of, measured, published, difference }: AverageComparison): string[] {
  if (average !== 'datasets' || tasks === of || tasks === 0) return [];
  const both = `${points(measured)}, published ${points(published)} (${signedPoints(difference)})`;
  return [`mean over the ${tasks} of ${of} published datasets that this run has: ${both}`];
}

/** Results of other runs in the same folder do not enter the averages above. */
function alsoThere(tasks: readonly SuiteTask[], found: ReadonlyMap<string, TaskResult>): string[] {
  const asked = new Set(tasks.map(({ id }) => id));
  const others = [...found.keys()].filter((id) => !asked.has(id));
  return others.length === 0 ? [] : [`also in this folder: ${others.join(', ')}`];
}
