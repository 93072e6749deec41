import { FAMILIES } from '../definitions/types.js';
import type { Imported } from '../results/imported.js';
import { hasScore } from './check-comparable.js';
import type { ReportedScores, ReportedTask, RunItems } from './types.js';

/**
 * Sets scores that others reported beside runs.
 *
 * Numbers beside numbers: without their items nothing is tested, and nobody knows their data and settings here.
 *
 * @param name how tables call them
 */
export function reportedScores(
  name: string,
  { model, protocol, source, scores }: Imported,
  runs: readonly RunItems[],
): ReportedScores {
  const tasks = FAMILIES.flatMap((family) =>
    Object.entries(scores[family] ?? {}).flatMap(([task, metrics]): ReportedTask[] =>
      Object.entries(metrics).map(([metric, reported]) => ({
        task,
        family,
        metric,
        reported,
        scores: runs.map((run) => scoreOf(run, task, metric)),
      })),
    ),
  );
  return { name, model, protocol, from: source.file, tasks, mean: meanOf(tasks, runs.length) };
}

/** null also for partial tasks: no score of theirs is final. */
function scoreOf({ run }: RunItems, task: string, metric: string): number | null {
  const result = run.tasks.get(task);
  if (result === undefined || !hasScore(result) || result.state !== 'done') return null;
  return result.main.metric === metric ? result.main.value : null;
}

function meanOf(tasks: readonly ReportedTask[], runs: number): ReportedScores['mean'] {
  const common = tasks.filter(({ scores }) => !scores.includes(null));
  if (common.length === 0) return null;
  const mean = (valueOf: (task: ReportedTask) => number) =>
    common.reduce((sum, task) => sum + valueOf(task), 0) / common.length;
  return {
    tasks: common.map(({ task }) => task),
    reported: mean(({ reported }) => reported),
    scores: Array.from({ length: runs }, (_, run) => mean(({ scores }) => scores[run] as number)),
  };
}
