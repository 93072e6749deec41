import type { Problem } from '../errors.js';
import type { TaskResult } from '../results/types.js';
import type { RunItems } from './types.js';

/**
 * Why runs cannot be compared: each field that differs, with both values.
 *
 * The protocol and the limit of the runs; of tasks that both have, the version and definition, the metric, the data.
 *
 * @param runs the first is what the others are held against
 */
export function incomparable(runs: readonly RunItems[]): Problem[] {
  const [first, ...others] = runs;
  return others.flatMap((other) => {
    const where = `${first.name} and ${other.name}`;
    const [a, b] = [first.run.record, other.run.record];
    const faults = [
      ...differs(where, 'protocol.name', a.protocol.name, b.protocol.name),
      ...differs(where, 'settings.limit', a.settings.limit ?? null, b.settings.limit ?? null),
    ];
    if (faults.length > 0) return faults;
    const shared = [...first.run.tasks.values()].flatMap((task) => {
      const same = other.run.tasks.get(task.task);
      return same === undefined || !hasScore(task) || !hasScore(same) ? [] : [{ task, same }];
    });
    return shared.flatMap(({ task, same }) => taskFaults(`${where}, task ${task.task}`, task, same));
  });
}

/** Whether a task has a score to compare. */
export function hasScore({ state, main }: TaskResult): boolean {
  return (state === 'done' || state === 'partial') && main.value !== null;
}

function taskFaults(where: string, a: TaskResult, b: TaskResult): Problem[] {
  const files = ({ dataset }: TaskResult) =>
    dataset.files.map(({ sha256, rows }) => `${sha256.slice(0, 12)} (${rows} rows)`);
  return [
    ...differs(where, 'taskVersion', a.taskVersion, b.taskVersion),
    ...differs(where, 'family', a.family, b.family),
    ...differs(where, 'protocol', a.protocol, b.protocol),
    ...differs(where, 'state', a.state, b.state),
    ...differs(where, 'main.metric', a.main.metric, b.main.metric),
    ...(a.scoredBy && b.scoredBy
      ? differs(where, 'scoredBy.definition', a.scoredBy.definition, b.scoredBy.definition)
      : []),
    ...differs(where, 'dataset.files', files(a), files(b)),
    ...differs(where, 'dataset.subset', a.dataset.subset ?? null, b.dataset.subset ?? null),
  ];
}

function differs(where: string, field: string, a: unknown, b: unknown): Problem[] {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  if (left === right) return [];
  const fix = 'compare runs of the same protocol, data and task versions; run or rescore one of them again.';
  return [{ where, what: `"${field}" differs: ${left} and ${right}.`, fix }];
}
