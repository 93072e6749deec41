import type { TextRole } from '../definitions/types.js';
import type { PairRows, SplitName, TaskData, TextList } from './types.js';

/**
 * The texts that a task needs vectors of: one list for each role of each split, in the order in which they are embedded.
 *
 * Train, validation and test first, the corpus last; within a split the roles in the order of a row.
 */
export function textLists(data: TaskData): TextList[] {
  switch (data.family) {
    case 'STS':
    case 'PairClassification':
      return eachSplit<PairRows>(data.splits, (split, rows) => [
        inMemory(split, 'sentence1', rows.sentence1),
        inMemory(split, 'sentence2', rows.sentence2),
      ]);
    case 'Classification':
    case 'Clustering':
      return eachSplit(data.splits, (split, rows) => [inMemory(split, 'text', rows.text)]);
    case 'Retrieval':
    case 'Reranking': {
      const queries = eachSplit<{ readonly query: readonly string[] }>(data.splits, (split, rows) => [
        inMemory(split, 'query', rows.query),
      ]);
      const { ids } = data.corpus;
      return [...queries, { split: 'corpus', role: 'document', rows: ids.length, texts: () => data.corpus.texts() }];
    }
  }
}

function eachSplit<Rows>(
  splits: { readonly train?: Rows; readonly validation: Rows | null; readonly test: Rows },
  lists: (split: SplitName, rows: Rows) => TextList[],
): TextList[] {
  return (['train', 'validation', 'test'] as const).flatMap((split) => {
    const rows = splits[split];
    return rows === undefined || rows === null ? [] : lists(split, rows);
  });
}

function inMemory(split: SplitName, role: TextRole, texts: readonly string[]): TextList {
  return {
    split,
    role,
    rows: texts.length,
    async *texts() {
      if (texts.length > 0) yield texts;
    },
  };
}
