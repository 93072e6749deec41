import { compareRuns } from '../compare/compare-runs.js';
import {
  checkComplete,
  checkDrops,
  checkLosses,
  checkMinimums,
  gateReport,
  ruleOf,
  withCauses,
  type GateCheck,
  type GateReport,
  type Limits,
} from '../compare/gate.js';
import { describeDifference, taskDifferences } from '../compare/setting-differences.js';
import type { CompareOptions, Comparison, RunItems } from '../compare/types.js';
import { loadDefinitions } from '../definitions/catalogue.js';
import { suggestName } from '../definitions/nearest-name.js';
import { readPublished } from '../definitions/published.js';
import { readJsonFile } from '../definitions/read-json-file.js';
import { valueOf } from '../definitions/reading.js';
import { checkSchema } from '../definitions/schema-check.js';
import { throwProblems, UserError, type Problem } from '../errors.js';
import { compareWithPublished } from '../leaderboard/compare-with-published.js';
import { points, signedPoints } from '../results/points.js';
import { readRunItems } from './read-run-items.js';

export interface CheckOptions extends CompareOptions {
  /** Folder of the run that is judged. */
  readonly run: string;
  /** Folder of the run that it is held against. */
  readonly baseline?: string;
  /** Hold it against what was published for its model. */
  readonly published?: boolean;
  /** A file of limits. */
  readonly limits?: string;
}

/**
 * Judges a run: against a baseline, limits, or published scores.
 *
 * A baseline without limits: fails where a loss is beyond noise. Limits: fails below a minimum, and where the lower bound
 * of the difference to the baseline is further down than `maxDrop`. Published: fails outside the noise class of a task.
 *
 * @throws UserError when there is nothing to hold the run against, or the two cannot be compared
 */
export async function check(options: CheckOptions): Promise<GateReport> {
  const { baseline, published = false, limits: file } = options;
  if (baseline === undefined && !published && file === undefined)
    throw new UserError({
      where: 'check',
      what: 'there is nothing to hold the run against.',
      fix: 'give --baseline RUN, --limits FILE or --published.',
    });
  const limits = file === undefined ? undefined : readLimits(file);
  const runs = await readRunItems(baseline === undefined ? [options.run] : [baseline, options.run]);
  const run = runs[runs.length - 1];
  const expected = [...(baseline === undefined ? [] : runs[0].run.tasks.keys()), ...Object.keys(limits?.tasks ?? {})];
  if (limits !== undefined) refuseLimits(limits, file as string, runs);
  const comparison = baseline === undefined ? null : comparisonOf(runs, limits, options);
  const checks = [
    ...checkComplete(run.run.tasks, expected),
    ...(comparison === null ? [] : againstBaseline(comparison, runs, limits)),
    ...(limits === undefined ? [] : [...checkMinimums([...run.run.tasks.values()], limits), ...unlimited(run, limits)]),
    ...(published ? againstPublished(run) : []),
  ];
  const against = [
    ...(baseline === undefined ? [] : [runs[0].name]),
    ...(file === undefined ? [] : [file]),
    ...(published ? ['published scores'] : []),
  ];
  const { finished } = run.run.record.timing;
  const report = gateReport({
    run: run.name,
    against: against.join(' and '),
    runFinished: typeof finished === 'string' ? finished : null,
    settings: comparison?.settings ?? null,
    differs: comparison?.settingDifferences[0].fields.map(describeDifference) ?? [],
    checks,
  });
  throwProblems(checkSchema('check', report, 'the report', 'report'));
  return report;
}

function readLimits(path: string): Limits {
  const file = readJsonFile(path, path);
  if (!file.ok) throw new UserError(file.problem);
  throwProblems(checkSchema('limits', file.value, path, 'file of limits'));
  return file.value as Limits;
}

/** Tasks that no rule speaks of are shown, so that nobody takes them for judged. */
function unlimited({ run }: RunItems, limits: Limits): GateCheck[] {
  return [...run.tasks.values()].flatMap(({ task, family }): GateCheck[] =>
    Object.keys(ruleOf(limits, task, family)).length > 0 ? [] : [{ name: task, verdict: 'none', text: 'no limit' }],
  );
}

/** Limits that can hold nothing to anything. */
function refuseLimits(limits: Limits, where: string, runs: readonly RunItems[]): void {
  const known = [...loadDefinitions().tasks.keys(), ...runs.flatMap(({ run }) => [...run.tasks.keys()])];
  const unknown = Object.keys(limits.tasks ?? {}).filter((task) => !known.includes(task));
  const problems = unknown.map((task): Problem => ({
    where: `${where}: tasks.${task}`,
    what: 'there is no task of this name, and the runs have none.',
    fix: suggestName(task, known, '"jmteb ls tasks"'),
  }));
  const { default: all, families = {}, tasks = {}, averages = {} } = limits;
  const rules = [all, ...Object.values(families), ...Object.values(tasks), ...Object.values(averages)];
  if (runs.length < 2 && rules.some((rule) => rule?.maxDrop !== undefined)) {
    const what = '"maxDrop" limits a difference, and there is no baseline.';
    problems.push({ where, what, fix: 'give --baseline RUN, or limit scores by "minimum".' });
  }
  throwProblems(problems);
}

function comparisonOf(runs: readonly RunItems[], limits: Limits | undefined, options: CheckOptions): Comparison {
  const { resamples, seed, confidence = limits?.confidence } = options;
  return compareRuns(runs, { resamples, seed, confidence });
}

function againstBaseline(comparison: Comparison, runs: readonly RunItems[], limits: Limits | undefined): GateCheck[] {
  const [{ name: baseline }, { name: judged }] = runs;
  // What the run itself lacks is said already; tasks that only the run has are not judged here.
  const unusable = comparison.leftOut.filter(
    ({ run, reason }) =>
      (run === baseline && reason !== 'not run') || (run === judged && reason.includes('item table')),
  );
  const checks = limits === undefined ? checkLosses(comparison) : checkDrops(comparison, limits);
  return [
    ...withCauses(checks, (task) => causesOf(task, comparison, runs)),
    ...unusable.map(({ task, run, reason }): GateCheck => ({
      name: task,
      verdict: 'incomplete',
      text: `${run}: ${reason}`,
    })),
  ];
}

/** What may explain a loss, the likeliest first: what the texts show before what the settings say. */
function causesOf(task: string, comparison: Comparison, [a, b]: readonly RunItems[]): string[] {
  const [before, after] = [a.run.tasks.get(task), b.run.tasks.get(task)];
  const ofTask = before && after ? taskDifferences(before, after) : [];
  const first = ofTask.filter(({ field }) => field === 'unknown tokens' || field.startsWith('prompt'));
  const ofRuns = comparison.settingDifferences[0].fields;
  const said = first.some(({ field }) => field.startsWith('prompt'));
  return [
    ...first,
    ...ofRuns.filter(({ field }) => !(said && field.startsWith('prompts'))),
    ...ofTask.filter((difference) => !first.includes(difference)),
  ].map(describeDifference);
}

function againstPublished({ run }: RunItems): GateCheck[] {
  const { tasks } = loadDefinitions();
  const found = compareWithPublished(run.tasks.values(), valueOf(readPublished()), run.record.model.id, tasks);
  if (found === null)
    throw new UserError({
      where: '--published',
      what: `nothing was published for ${run.record.model.id}.`,
      fix: 'give --baseline RUN or --limits FILE.',
    });
  return [
    ...found.tasks.map(({ task, measured, published, difference, verdict, reason }): GateCheck => {
      const text = `${points(measured)}, published ${points(published)} (${signedPoints(difference)})`;
      const shown = verdict === null ? 'none' : verdict === 'differs' ? 'failed' : 'passed';
      return { name: task, verdict: shown, text: `${text}: ${verdict ?? `no verdict: ${reason}`}` };
    }),
    ...found.missing.map((name): GateCheck => ({ name, verdict: 'incomplete', text: 'published, and not run' })),
  ];
}
