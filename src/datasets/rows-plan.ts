import { qrelsFiles } from '../definitions/task-definition.js';
import { rulesOf } from '../definitions/family-rules.js';
import type { ColumnRole, TaskDefinition } from '../definitions/types.js';
import type { RowsPlan } from './task-rows.js';

/** Columns of the layout `qrels` that stand in the file of queries, and in that of judgements. */
const QUERY_COLUMNS = ['queryId', 'query'] as const satisfies readonly ColumnRole[];
const QREL_COLUMNS = ['qrelQuery', 'qrelDocument', 'grade'] as const satisfies readonly ColumnRole[];
const CORPUS_COLUMNS = ['documentId', 'text'] as const satisfies readonly ColumnRole[];

/**
 * What has to be read for a task: the names in `source.files` that its splits use, each with its columns.
 *
 * A name that several splits use is read once.
 */
export function rowsPlan(task: TaskDefinition): Map<string, RowsPlan> {
  const plan = new Map<string, { roles: Set<ColumnRole>; isCorpus: boolean }>();
  const want = (key: string, roles: readonly ColumnRole[], isCorpus = false): void => {
    const entry = plan.get(key) ?? { roles: new Set(), isCorpus: false };
    roles.forEach((role) => entry.roles.add(role));
    entry.isCorpus ||= isCorpus;
    plan.set(key, entry);
  };
  const rules = rulesOf(task.family);
  const hasCorpus = 'corpus' in rules.extraSplits;
  const own = (Object.keys(rules.columns) as ColumnRole[]).filter(
    (role) => !hasCorpus || !(CORPUS_COLUMNS as readonly ColumnRole[]).includes(role),
  );
  const optional = rules.optionalColumns.filter((role) => task.columns[role] !== undefined);
  for (const split of ['train', 'validation', 'test'] as const) {
    const key = task.splits[split];
    if (key === undefined || key === null) continue;
    const pair = task.layout === 'qrels' && split !== 'train' ? qrelsFiles(task, split) : undefined;
    if (pair === undefined) want(key, [...own, ...optional]);
    else {
      want(pair.queries, QUERY_COLUMNS);
      want(pair.qrels, QREL_COLUMNS);
    }
  }
  if (task.splits.corpus !== undefined) want(task.splits.corpus, CORPUS_COLUMNS, true);
  return plan;
}
