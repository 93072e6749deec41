import type { FamilyResult } from '../families/types.js';
import { rulesOf } from '../definitions/family-rules.js';
import { scoringHash } from '../definitions/scoring-hash.js';
import type { TaskResult } from '../results/types.js';
import { splitBatches, type ShardCounts } from '../vectors/store.js';
import { storeWarnings } from './open-list.js';
import { examplesOf, keysOf, promptsOf, type PreparedTask } from './prepare-task.js';
import { scoringVersions } from './run-record.js';
import type { StoreDtype } from './score-settings.js';

export interface Provenance {
  readonly protocol: string;
  readonly modelKey: string;
  /** Counts of all lists of the task together; null while they are not embedded. */
  readonly counts: ShardCounts | null;
  readonly timing: Readonly<Record<string, number | string>>;
  readonly limit?: number;
  readonly storeDtype?: StoreDtype;
}

/** The result of a task that was scored. */
export function scoredResult(task: PreparedTask, scored: FamilyResult, provenance: Provenance): TaskResult {
  const { limit, storeDtype, counts } = provenance;
  return {
    ...base(task, provenance),
    state: task.limited ? 'partial' : 'done',
    main: scored.main,
    choice: scored.choice,
    validation: scored.validation,
    test: scored.test,
    counts: scored.counts,
    warnings: [
      ...task.changed,
      ...task.warnings,
      ...storeWarnings(task.lists, storeDtype),
      ...splitWarnings(counts?.splitBatches),
      ...scored.warnings,
    ],
    ...(task.limited ? { reason: `limited to ${limit} rows a split (--limit)` } : {}),
    ...(scored.details === undefined ? {} : { details: scored.details }),
    timing: provenance.timing,
  };
}

/** Equal runs give equal vectors but for this. */
function splitWarnings(batches = 0): string[] {
  if (batches === 0) return [];
  const subject =
    batches === 1 ? '1 batch did not fit the memory and was' : `${batches} batches did not fit the memory and were`;
  return [
    `${subject} run in parts: vectors can differ in their last bits from those of a run with room for whole batches ` +
      '(--batch-tokens makes batches smaller)',
  ];
}

/** The result of a task that could not be embedded or scored. */
export function failedResult(task: PreparedTask, reason: string, provenance: Provenance): TaskResult {
  const { mainMetric } = rulesOf(task.definition.family);
  return {
    ...base(task, provenance),
    state: 'failed',
    main: { metric: mainMetric, value: null },
    choice: null,
    validation: null,
    test: null,
    counts: {},
    warnings: [...task.changed, ...task.warnings],
    reason,
    timing: provenance.timing,
  };
}

function base(task: PreparedTask, { protocol, modelKey, counts }: Provenance) {
  const { definition, data, lists } = task;
  return {
    schema: 'jmteb/task-result/1' as const,
    task: definition.id,
    taskVersion: definition.version,
    family: definition.family,
    protocol,
    dataset: {
      repo: definition.source.repo ?? null,
      revision: definition.source.revision ?? null,
      files: data.files.map(({ name, sha256, rows }) => ({ path: name, sha256, rows })),
      ...(task.changed.length > 0 ? { changed: true } : {}),
      ...(definition.subset === undefined ? {} : { subset: definition.subset }),
    },
    embedding: {
      keys: keysOf(task),
      prompts: promptsOf(task),
      texts: lists.reduce((sum, { index }) => sum + index.length, 0),
      uniqueTexts: lists.reduce((sum, { size }) => sum + size, 0),
      tokens: counts?.tokens ?? null,
      truncated: counts?.truncated ?? null,
      unknownTokens: counts?.unknownTokens ?? null,
      byteFallbackTokens: counts?.byteFallbackTokens ?? null,
      ...splitBatches(counts?.splitBatches),
    },
    scoredBy: { modelKey, definition: scoringHash(definition), versions: scoringVersions() },
    example: examplesOf(task),
  };
}

/**
 * Whether a result that stands already is what this run would write: same definition, rows, texts, model, program and
 * protocol. What the settings are is said by the variant, which names the folder.
 */
export function stillHolds(
  result: TaskResult,
  task: PreparedTask,
  { protocol, modelKey }: Pick<Provenance, 'protocol' | 'modelKey'>,
): boolean {
  if (result.state !== 'done' && result.state !== 'partial') return false;
  const fresh = base(task, { protocol, modelKey, counts: null, timing: {} });
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  return (
    result.taskVersion === fresh.taskVersion &&
    result.protocol === protocol &&
    (result.state === 'partial') === task.limited &&
    same(result.dataset, fresh.dataset) &&
    same(result.scoredBy, fresh.scoredBy) &&
    same(result.embedding?.keys, fresh.embedding.keys)
  );
}
