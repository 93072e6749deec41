import { rulesOf } from '../../src/definitions/family-rules.js';
import type { TaskDefinition } from '../../src/definitions/types.js';
import { parquetBytes, type WrittenColumn } from '../datasets/parquet-writer.js';
import type { TestRepository } from './repository.js';

const SUBJECTS = ['富士山', '琵琶湖', '新幹線', '味噌汁', '将棋', '俳句'] as const;
const VERBS = ['は美しい', 'を見に行った', 'について調べる', 'が好きだ', 'の話をした', 'は有名である'] as const;
const ROWS = 24;
const DOCUMENTS = 40;

/** A sentence about one of six subjects, the same for the same numbers. */
function sentence(subject: number, number: number): string {
  const about = SUBJECTS[subject % SUBJECTS.length];
  return `${about}${VERBS[number % VERBS.length]}。${about}の記録その${number}。`;
}

type Table = readonly WrittenColumn[];

/** Few rows for every file of a task, in the columns that its definition names. */
function tablesOf({ family, layout, splits, columns, source }: TaskDefinition): Record<string, Table> {
  const numbers = Array.from({ length: ROWS }, (_, i) => i);
  const name = (role: keyof typeof columns): string => columns[role] as string;
  const texts = (role: keyof typeof columns, of: (i: number) => string): WrittenColumn => {
    return { name: name(role), values: numbers.map(of) };
  };
  const corpus: Table = [
    { name: columns.documentId ?? '', values: Array.from({ length: DOCUMENTS }, (_, i) => `d${i}`) },
    { name: columns.text ?? '', values: Array.from({ length: DOCUMENTS }, (_, i) => sentence(i, i)) },
  ];
  if (layout === 'qrels') {
    return {
      corpus,
      queries: [texts('queryId', (i) => `q${i}`), texts('query', (i) => sentence(i, i + 1))],
      qrels: [
        texts('qrelQuery', (i) => `q${i}`),
        texts('qrelDocument', (i) => `d${i}`),
        { name: name('grade'), values: numbers.map(() => 1) },
      ],
    };
  }
  const rows = (split: number): Table => {
    switch (family) {
      case 'STS':
      case 'PairClassification': {
        const role = family === 'STS' ? 'score' : 'label';
        const other = (i: number): string => (i % 2 === 0 ? sentence(i, i + split) : sentence(i + 1, i + 2));
        const value = (i: number): number =>
          family === 'STS' ? (i % 2 === 0 ? 3 + (i % 3) : i % 3) : Number(i % 2 === 0);
        return [
          texts('sentence1', (i) => sentence(i, i)),
          texts('sentence2', other),
          { name: name(role), values: numbers.map(value) },
        ];
      }
      case 'Classification':
      case 'Clustering':
        return [
          texts('text', (i) => sentence(i % 2, i * 3 + split)),
          { name: name('label'), values: numbers.map((i) => i % 2) },
        ];
      case 'Retrieval':
        return [
          texts('query', (i) => sentence(i, i + split)),
          { name: name('relevant'), values: numbers.map((i) => [`d${i}`, `d${(i + 6) % DOCUMENTS}`]) },
        ];
      case 'Reranking':
        return [
          texts('query', (i) => sentence(i, i + split)),
          { name: name('candidates'), values: numbers.map((i) => [`d${i}`, `d${i + 1}`, `d${i + 6}`]) },
          { name: name('grades'), values: numbers.map(() => [1, 0, 2]) },
        ];
    }
  };
  const keys = Object.keys(source.files).filter((key) => key !== splits.corpus);
  const tables = Object.fromEntries(keys.map((key, i) => [key, rows(i)]));
  return 'corpus' in rulesOf(family).extraSplits ? { ...tables, corpus } : tables;
}

/** Repositories that answer for all files of tasks, at the commits that their definitions pin. */
export function syntheticRepositories(tasks: readonly TaskDefinition[]): TestRepository[] {
  const files = new Map<string, Map<string, Record<string, Uint8Array>>>();
  for (const task of tasks) {
    const { repo = '', revision = '' } = task.source;
    const commits = files.get(repo) ?? new Map<string, Record<string, Uint8Array>>();
    files.set(repo, commits);
    const commit = commits.get(revision) ?? {};
    commits.set(revision, commit);
    for (const [key, table] of Object.entries(tablesOf(task))) {
      const file = task.source.files[key];
      const path = typeof file === 'string' ? file : file.path;
      if (typeof path === 'string') commit[path] = parquetBytes(table);
    }
  }
  return [...files].map(([id, commits]) => ({ kind: 'dataset', id, commits: Object.fromEntries(commits) }));
}
