import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { jmteb, temporaryFolder } from './jmteb.js';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the sample suite with character n-grams; the same options give the same folder. */
export async function sampleRun(...options: readonly string[]): Promise<string> {
  const places = ['--output', join(folder, 'results'), '--cache-dir', join(folder, 'cache')];
  const model = ['-s', 'sample', '-m', 'baseline:char-ngram'];
  const { code, stdout, stderr } = await jmteb(['run', ...model, ...places, '--no-progress', ...options]);
  if (code !== 0) throw new Error(`the sample run ended with ${code}: ${stderr}`);
  return stdout.trimEnd().split('\n').at(-1) as string;
}

let copies = 0;

/** A copy of a run folder, for a change. */
export function copyOf(run: string): string {
  const copy = join(folder, `copy-${++copies}`);
  cpSync(run, copy, { recursive: true });
  return copy;
}

/** Changes one JSON file of a folder. */
export function changeJson(path: string, change: (value: Json) => void): void {
  const value = JSON.parse(readFileSync(path, 'utf8')) as Json;
  change(value);
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any file of a run
export type Json = Record<string, any>;

export function filePath(name: string): string {
  return join(folder, name);
}

/** Makes a task's result that of one for which there was no room. */
export function failTask(task: Json): void {
  Object.assign(task, {
    state: 'failed',
    reason: 'no room',
    choice: null,
    validation: null,
    test: null,
    embedding: null,
  });
  (task.main as { value: unknown }).value = null;
}
