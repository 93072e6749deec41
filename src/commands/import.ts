import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { loadDefinitions } from '../definitions/catalogue.js';
import { readJsonFile } from '../definitions/read-json-file.js';
import { FAMILIES, type Family, type TaskDefinition } from '../definitions/types.js';
import { throwProblems, UserError, type Problem } from '../errors.js';
import { writeImported, type Imported } from '../results/imported.js';
import { runFolder } from '../results/run-folder.js';
import type { Summary } from '../results/types.js';
import { DEFAULT_OUTPUT } from '../run/defaults.js';

export interface ImportOptions {
  /** A `summary.json` of JMTEB 1 (fractions by metric) or JMTEB 2 (`main_metric`, `main_score` in points). */
  readonly file: string;
  /** Whose scores they are, as on the Hub. */
  readonly model: string;
  /** Results folder; default `results`. */
  readonly output?: string;
}

export interface ImportReport {
  readonly folder: string;
  readonly imported: Imported;
  /** Scores that were left out, and why. */
  readonly warnings: readonly string[];
}

/**
 * Takes scores that others reported into a results folder, as rows to compare with.
 *
 * They stand in `imported.json` and are marked wherever they are shown: there are no items behind them, so nothing can be
 * tested, and nobody knows their data and settings here. The same file gives the same folder.
 *
 * @throws UserError when the file is no such summary or has no score that can be compared; MachineError when writing fails
 */
export async function importScores(options: ImportOptions): Promise<ImportReport> {
  const { file, model, output = DEFAULT_OUTPUT } = options;
  const read = readJsonFile(file, file);
  if (!read.ok) throwProblems([read.problem]);
  const { value } = read as { value: unknown };
  const format = formatOf(value);
  const { scores, warnings, problems } = readScores(value, file, format);
  throwProblems(problems);
  if (Object.keys(scores).length === 0)
    throw new UserError({
      where: file,
      what: 'holds no score of a known family.',
      fix: 'name a summary.json of JMTEB.',
    });
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  const imported: Imported = {
    schema: 'jmteb/imported/1',
    model,
    protocol: format === 'jmteb-v1' ? 'published' : 'jmteb-v2',
    source: { format, file: basename(file), sha256 },
    scores,
  };
  const folder = runFolder(output, model, `imported-${sha256.slice(0, 7)}.${imported.protocol}`);
  return { folder: dirname(await writeImported(folder, imported)), imported, warnings };
}

type Format = Imported['source']['format'];

/** JMTEB 2 names its main metric in a field; JMTEB 1 has it as the key of the score. */
function formatOf(value: unknown): Format {
  for (const tasks of entries(value))
    for (const [, task] of entries(tasks[1])) if (isObject(task) && 'main_score' in task) return 'jmteb-v2';
  return 'jmteb-v1';
}

function readScores(value: unknown, file: string, format: Format) {
  const { tasks: known } = loadDefinitions();
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const scores: Partial<Record<Family, Record<string, Record<string, number>>>> = {};
  if (!isObject(value))
    problems.push({ where: file, what: 'holds no JSON object.', fix: 'name a summary.json of JMTEB.' });
  for (const [family, tasks] of entries(value)) {
    if (!isFamily(family)) {
      warnings.push(`"${family}" is no family of JMTEB v1; its scores are left out`);
      continue;
    }
    for (const [task, fields] of entries(tasks)) {
      const where = `${file}: ${family}.${task}`;
      const score = format === 'jmteb-v1' ? fractionOf(fields, where) : pointsOf(fields, where);
      if ('problem' in score) problems.push(score.problem);
      else {
        const against = reasonAgainst(score.metric, family, known.get(task));
        if (against === undefined) (scores[family] ??= {})[task] = { [score.metric]: score.value };
        else warnings.push(`${task} is left out: ${against}`);
      }
    }
  }
  return { scores: scores as Summary, warnings, problems };
}

type Score = { readonly metric: string; readonly value: number } | { readonly problem: Problem };

/** `{ "spearman": 0.78 }` */
function fractionOf(fields: unknown, where: string): Score {
  const [first, ...others] = entries(fields);
  if (first === undefined || others.length > 0)
    return { problem: { where, what: 'holds not one metric with its value.', fix: 'write {"<metric>": <value>}.' } };
  const [metric, value] = first;
  return checked(metric, value, 1, where);
}

/** `{ "main_metric": "spearman", "main_score": 78.1, ... }` */
function pointsOf(fields: unknown, where: string): Score {
  const { main_metric: metric, main_score: score } = isObject(fields) ? fields : {};
  if (typeof metric !== 'string') return { problem: { where, what: 'has no "main_metric".' } };
  return checked(metric, score, 100, where);
}

function checked(metric: string, value: unknown, scale: number, where: string): Score {
  if (typeof value === 'number' && Math.abs(value) <= scale) return { metric, value: value / scale };
  const fix =
    scale === 1 && typeof value === 'number'
      ? 'give fractions, as the reference writes them: 0.78 and not 78.'
      : `give a number from -${scale} to ${scale}.`;
  return { problem: { where, what: `"${metric}" is ${JSON.stringify(value)}.`, fix } };
}

/** Why a score cannot stand beside ours; undefined where it can. A task that is not known here is kept as it is. */
function reasonAgainst(metric: string, family: Family, task: TaskDefinition | undefined): string | undefined {
  if (task === undefined) return undefined;
  if (task.family !== family) return `it is given as ${family}, and is ${task.family} here`;
  if (task.mainMetric !== metric) return `its score is ${metric}, here it is ${task.mainMetric}`;
  return undefined;
}

function isFamily(name: string): name is Family {
  return (FAMILIES as readonly string[]).includes(name);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entries(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}
