import { basename, join } from 'node:path';
import type { Problem } from '../errors.js';
import { packageRoot } from './package-root.js';
import { readJsonFile } from './read-json-file.js';
import type { Reading } from './reading.js';
import { refused } from './reading.js';
import { checkSchema, dottedPath } from './schema-check.js';
import { isShipped, shownPath } from './task-definition.js';
import type { Family } from './types.js';

/** By how much a second run of the same evaluator moved a task's scores, in points (hundredths of the scale). */
export interface NoiseClass {
  /** A difference up to this agrees. */
  readonly agreesWithin: number;
  /** A difference up to this is doubtful; beyond it the scores differ. */
  readonly doubtfulWithin: number;
  readonly note?: string;
}

/** Something that a reader of published rows has to know. Without `models` or `tasks` it is about all of them. */
export interface PublishedNote {
  readonly models?: readonly string[];
  readonly tasks?: readonly string[];
  readonly note: string;
  readonly source?: string;
}

/** Fractions 0 to 1 with every published digit: model, family, task, metric. */
export type PublishedModels = Readonly<
  Record<string, Readonly<Partial<Record<Family, Readonly<Record<string, Readonly<Record<string, number>>>>>>>>
>;

/** Scores that others reported. */
export interface PublishedScores {
  readonly schema: 'jmteb/published/1';
  readonly id: string;
  readonly benchmark: string;
  /** The suite with the same tasks. */
  readonly suite: string;
  readonly source: {
    readonly repo: string;
    readonly commit: string;
    readonly version?: string;
    readonly date?: string;
    readonly path?: string;
    readonly license?: string;
  };
  readonly models: PublishedModels;
  readonly noise: {
    readonly source: string;
    readonly classes: Readonly<Record<string, NoiseClass>>;
    /** Tasks without a class, which get no verdict, with the reason. */
    readonly without: Readonly<Record<string, string>>;
  };
  readonly notes?: readonly PublishedNote[];
}

/** One published score. */
export interface PublishedScore {
  /** As it was published, which may differ in case from our id. */
  readonly model: string;
  readonly family: Family;
  readonly task: string;
  readonly metric: string;
  /** A fraction, 0 to 1. */
  readonly value: number;
  readonly notes: readonly PublishedNote[];
}

/**
 * Reads published scores.
 *
 * @param path file; default those of JMTEB v1, which the package has
 */
export function readPublished(
  path = join(packageRoot(), 'results', 'published', 'jmteb-v1.json'),
  where = shownPath(path),
): Reading<PublishedScores> {
  const file = readJsonFile(path, where);
  if (!file.ok) return refused([file.problem]);
  const faults = checkSchema('published', file.value, where, 'file of published scores');
  if (faults.length > 0) return refused(faults);
  const { $schema: _, ...published } = file.value as PublishedScores & { readonly $schema?: string };
  const problems = checkPublished(published, where);
  const name = basename(path, '.json');
  if (isShipped(path) && published.id !== name)
    problems.push({ where, what: `"id" is "${published.id}", but the file is named "${name}".` });
  return problems.length > 0 ? refused(problems) : { value: published, problems, warnings: [] };
}

/** The name under which a model was published: case does not count, and `openai:x` is `OpenAI/x`. */
export function publishedName(published: PublishedScores, model: string): string | undefined {
  const wanted = (model.startsWith('openai:') ? model.replace(':', '/') : model).toLowerCase();
  return Object.keys(published.models).find((name) => name.toLowerCase() === wanted);
}

/** All scores of a model with the notes that concern each, in the order of the file; none when it was not published. */
export function publishedScores(published: PublishedScores, model: string): PublishedScore[] {
  const name = publishedName(published, model);
  if (name === undefined) return [];
  const scores: PublishedScore[] = [];
  for (const [family, tasks] of Object.entries(published.models[name]))
    for (const [task, metrics] of Object.entries(tasks))
      for (const [metric, value] of Object.entries(metrics))
        scores.push({
          model: name,
          family: family as Family,
          task,
          metric,
          value,
          notes: notesOn(published, name, task),
        });
  return scores;
}

/** The notes on one row: those that name its model (or none) and its task (or none). */
export function notesOn(published: PublishedScores, model: string, task: string): PublishedNote[] {
  return (published.notes ?? []).filter(
    (note) => (note.models?.includes(model) ?? true) && (note.tasks?.includes(task) ?? true),
  );
}

export type Verdict = 'agrees' | 'doubtful' | 'differs';

/**
 * How a measured score stands to a published one by the task's noise class.
 *
 * @param difference measured minus published as a fraction
 * @returns null for a task without a class: no verdict is possible
 */
export function verdictOn(published: PublishedScores, task: string, difference: number): Verdict | null {
  if (!Object.hasOwn(published.noise.classes, task)) return null;
  const { agreesWithin, doubtfulWithin } = published.noise.classes[task];
  // Fractions times 100 carry rounding of the last bit, which must not decide at the edge of a class.
  const points = Math.abs(difference) * 100 - 1e-9;
  return points <= agreesWithin ? 'agrees' : points <= doubtfulWithin ? 'doubtful' : 'differs';
}

function checkPublished(published: PublishedScores, where: string): Problem[] {
  const problems: Problem[] = [];
  const { classes, without } = published.noise;
  for (const [task, { agreesWithin, doubtfulWithin }] of Object.entries(classes)) {
    const at = dottedPath(['noise', 'classes', task]);
    if (agreesWithin > doubtfulWithin)
      problems.push({ where, what: `"${at}" agrees within ${agreesWithin}, more than it doubts (${doubtfulWithin}).` });
    if (Object.hasOwn(without, task))
      problems.push({ where, what: `"${at}" is a class of a task that "noise.without" says has none.` });
  }
  const tasks = new Set(
    Object.values(published.models).flatMap((families) => Object.values(families).flatMap((t) => Object.keys(t))),
  );
  for (const task of [...Object.keys(classes), ...Object.keys(without)])
    if (!tasks.has(task)) problems.push({ where, what: `"noise" names the task "${task}", which has no score.` });
  for (const [i, note] of (published.notes ?? []).entries()) {
    for (const model of note.models ?? [])
      if (!Object.hasOwn(published.models, model))
        problems.push({ where, what: `"notes[${i}].models" names "${model}", which has no scores.` });
    for (const task of note.tasks ?? [])
      if (!tasks.has(task)) problems.push({ where, what: `"notes[${i}].tasks" names "${task}", which has no score.` });
  }
  return problems;
}
