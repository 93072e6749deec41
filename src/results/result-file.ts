import { basename } from 'node:path';
import { readJsonFile } from '../definitions/read-json-file.js';
import { checkSchema } from '../definitions/schema-check.js';
import { throwProblems, type Problem } from '../errors.js';
import { canonicalJson, unwritable } from './canonical-json.js';
import { runFiles } from './run-folder.js';
import type { RunRecord, Summary, TaskResult } from './types.js';
import { writeAtomically } from '../write-atomically.js';

/**
 * Writes `tasks/<task>.json` of a run.
 *
 * @returns path of the file
 * @throws UserError with every fault of the result (nothing is written), MachineError when writing fails
 */
export async function writeTaskResult(folder: string, result: TaskResult): Promise<string> {
  const path = runFiles.task(folder, result.task);
  const text = canonicalJson(result, path);
  throwProblems(checkTaskResult(JSON.parse(text), path));
  await writeAtomically(path, text);
  return path;
}

/**
 * Reads one task result.
 *
 * @param path the file, whose name must be that of the task
 * @throws UserError with every fault of the file, whatever its bytes are
 */
export function readTaskResult(path: string): TaskResult {
  return readChecked(path, checkTaskResult) as TaskResult;
}

/** Writes `run.json`; errors as in `writeTaskResult`. */
export async function writeRunRecord(folder: string, record: RunRecord): Promise<string> {
  const path = runFiles.record(folder);
  const text = canonicalJson(record, path);
  throwProblems(checkRunRecord(JSON.parse(text), path));
  await writeAtomically(path, text);
  return path;
}

/** Reads the `run.json` of a run folder; errors as in `readTaskResult`. */
export function readRunRecord(folder: string): RunRecord {
  return readChecked(runFiles.record(folder), checkRunRecord) as RunRecord;
}

/** Reads the `summary.json` of a run folder, or of any folder in the reference's layout; errors as in `readTaskResult`. */
export function readSummary(folder: string): Summary {
  return readChecked(runFiles.summary(folder), checkSummary) as Summary;
}

type Check = (value: unknown, where: string) => Problem[];

/** Reads a JSON file and checks it. @throws UserError with every fault of the file, whatever its bytes are */
export function readChecked(path: string, check: Check): unknown {
  const file = readJsonFile(path, path);
  if (!file.ok) throwProblems([file.problem]);
  const { value } = file as { value: unknown };
  throwProblems(check(value, path));
  return value;
}

export function checkSummary(value: unknown, where: string): Problem[] {
  return schemaProblems('summary', value, where, 'summary');
}

export function checkRunRecord(value: unknown, where: string): Problem[] {
  return schemaProblems('run', value, where, 'run record');
}

/** Schema, then what the fields say together. */
export function checkTaskResult(value: unknown, where: string): Problem[] {
  const problems = schemaProblems('task-result', value, where, 'task result');
  if (problems.length > 0) return problems;
  const result = value as TaskResult;
  return [...nameProblems(result, where), ...stateProblems(result, where), ...scoreProblems(result, where)];
}

function schemaProblems(name: 'task-result' | 'run' | 'summary', value: unknown, where: string, noun: string): Problem[] {
  const notJson = unwritable(value, where);
  return notJson.length > 0 ? notJson : checkSchema(name, value, where, noun);
}

function nameProblems(result: TaskResult, where: string): Problem[] {
  const expected = `${result.task}.json`;
  if (basename(where) === expected) return [];
  return [{ where, what: `"task" is "${result.task}", but the file is not ${expected}`, fix: 'give the file its name back' }];
}

function stateProblems(result: TaskResult, where: string): Problem[] {
  const { state, reason, choice, test, main } = result;
  const problems: Problem[] = [];
  if (state !== 'done' && reason === undefined)
    problems.push({ where, what: `"reason" is missing; a task that is ${state} says why` });
  if (state === 'done' && (choice === null || test === null))
    problems.push({ where, what: 'a task that is done has "choice" and "test"; one of them is null' });
  if ((state === 'failed' || state === 'skipped') && main.value !== null)
    problems.push({ where, what: `"main.value" is ${main.value}; a task that is ${state} has no score: expected null` });
  return problems;
}

/** The main score is the chosen candidate's on test, to the last digit. */
function scoreProblems({ main, choice, test }: TaskResult, where: string): Problem[] {
  if (choice === null || test === null) return [];
  const fix = 'score the task again';
  const chosen = Object.hasOwn(test, choice.value) ? test[choice.value] : undefined;
  if (chosen === undefined)
    return [{ where, what: `"choice.value" is "${choice.value}", which is not among the candidates of "test"`, fix }];
  const value = Object.hasOwn(chosen, main.metric) ? chosen[main.metric] : undefined;
  if (value === main.value) return [];
  const found = value === undefined ? 'not there' : String(value);
  const place = `"test.${choice.value}" under "${main.metric}"`;
  return [{ where, what: `"main.value" is ${main.value}, but ${place} is ${found}`, fix }];
}
