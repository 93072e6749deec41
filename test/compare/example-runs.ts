import type { RunItems } from '../../src/compare/types.js';
import type { Family } from '../../src/definitions/types.js';
import type { ItemColumn, ItemTable } from '../../src/families/types.js';
import type { TaskResult } from '../../src/results/types.js';
import { HASH, runRecord, taskResult } from '../results/example.js';

export interface ExampleTask {
  readonly family: Family;
  readonly value: number;
  readonly columns: readonly ItemColumn[];
  readonly change?: Partial<TaskResult>;
}

export interface RunParts {
  readonly tasks: Readonly<Record<string, ExampleTask>>;
  readonly ids?: readonly string[];
  readonly protocol?: string;
  readonly sha256?: string;
  readonly trainedOn?: readonly string[] | null;
  readonly seed?: number;
}

/** A made-up run with item tables. */
export function exampleRun(name: string, parts: RunParts): RunItems {
  const { tasks, ids, protocol = 'published', sha256 = HASH, trainedOn = [], seed = 0 } = parts;
  const results = new Map<string, TaskResult>();
  const items = new Map<string, ItemTable>();
  for (const [task, { family, value, columns, change }] of Object.entries(tasks)) {
    const rows = columns[0].values.length;
    const dataset = { repo: null, revision: null, files: [{ path: 'test.jsonl', sha256, rows }] };
    results.set(task, taskResult(task, family, value, { protocol, dataset, ...change }));
    const values = ids ?? Array.from({ length: rows }, (_, i) => `q${i}`);
    items.set(task, { rows, columns: [{ name: 'id', type: 'text', values }, ...columns] });
  }
  const example = runRecord();
  const record = runRecord({
    model: { ...example.model, id: name },
    protocol: { name: protocol, deviations: [] },
    settings: { seed, limit: null },
  });
  return { name, run: { folder: name, record, tasks: results }, items, trainedOn };
}

export const column = (name: string, values: readonly number[]): ItemColumn => ({ name, type: 'float64', values });

/** A retrieval task whose score is the mean of its queries' shares. */
export function retrievalTask(shares: readonly number[]): ExampleTask {
  const value = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return { family: 'Retrieval', value, columns: [column('main', shares)] };
}
