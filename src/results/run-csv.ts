import { csv } from './csv.js';
import type { Run } from './read-run.js';

const HEADER = [
  'model',
  'variant',
  'protocol',
  'task',
  'task_version',
  'family',
  'state',
  'metric',
  'value',
  'choice',
  'validation_value',
  'dataset_repo',
  'dataset_revision',
  'dataset_changed',
  'texts',
  'tokens',
  'truncated',
  'warnings',
  'reason',
] as const;

/**
 * One run as CSV, one line a task, scores as fractions with every digit. What is absent is an empty field.
 *
 * `warnings` is their number; the texts stand in the task's result.
 */
export function runCsv({ record, tasks }: Pick<Run, 'record' | 'tasks'>): string {
  const rows = [...tasks.values()].map((result) => {
    const { choice, validation, main, dataset, embedding } = result;
    const chosen = choice === null ? undefined : validation?.[choice.value];
    return [
      record.model.id,
      record.variant,
      result.protocol,
      result.task,
      result.taskVersion,
      result.family,
      result.state,
      main.metric,
      main.value,
      choice?.value ?? null,
      chosen?.[main.metric] ?? null,
      dataset.repo,
      dataset.revision,
      dataset.changed === true,
      embedding?.texts ?? null,
      embedding?.tokens ?? null,
      embedding?.truncated ?? null,
      result.warnings.length,
      result.reason ?? null,
    ];
  });
  return csv([HEADER, ...rows]);
}
