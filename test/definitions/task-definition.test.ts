import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { familyFolder, familyNamed, FAMILY_RULES } from '../../src/definitions/family-rules.js';
import { packageRoot } from '../../src/definitions/package-root.js';
import { localDefinition, qrelsFiles, readTaskDefinition, sourceFile } from '../../src/definitions/task-definition.js';
import type { Family, TaskDefinition } from '../../src/definitions/types.js';
import { FAMILIES } from '../../src/definitions/types.js';
import { formatProblem } from '../../src/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'jmteb-task-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Json = Record<string, unknown>;

function write(value: unknown, name = 'task.json'): string {
  const path = join(folder, name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

function read(value: unknown): ReturnType<typeof readTaskDefinition> {
  return readTaskDefinition(write(value), 'mine.json');
}

/** A right definition of each family, as a user writes it. */
const RIGHT: Readonly<Record<Family, Json>> = {
  STS: { columns: { sentence1: 'a', sentence2: 'b', score: 'gold' }, mainMetric: 'spearman' },
  PairClassification: { columns: { sentence1: 'a', sentence2: 'b', label: 'same' }, mainMetric: 'binary_f1' },
  Classification: { columns: { text: 't', label: 'l' }, mainMetric: 'macro_f1', splits: { train: 'train' } },
  Clustering: { columns: { text: 't', label: 'l' }, mainMetric: 'v_measure_score' },
  Retrieval: {
    columns: { query: 'q', relevant: 'r', documentId: 'd', text: 't' },
    mainMetric: 'ndcg@10',
    splits: { corpus: 'corpus' },
  },
  Reranking: {
    columns: { query: 'q', candidates: 'c', grades: 'g', documentId: 'd', text: 't' },
    mainMetric: 'ndcg@10',
    splits: { corpus: 'corpus' },
  },
};

function right(family: Family, changes: Json = {}): Json {
  const own = RIGHT[family];
  const splits = { validation: 'validation', test: 'test', ...(own.splits as Json | undefined) };
  const files = Object.fromEntries(Object.values(splits).map((name) => [name, `${String(name)}.jsonl`]));
  return {
    id: 'mine',
    version: 1,
    family,
    title: 'Mine',
    language: 'ja',
    source: { files },
    ...own,
    splits,
    ...changes,
  };
}

const QRELS: Json = {
  ...right('Retrieval'),
  layout: 'qrels',
  source: { files: { corpus: 'c.parquet', queries: 'q.parquet', qrels: 'j.parquet' } },
  splits: { validation: null, test: 'qrels', corpus: 'corpus' },
  fixedChoice: 'dot_score',
  columns: {
    queryId: 'id',
    query: 'text',
    documentId: 'id',
    text: 'text',
    qrelQuery: 'query-id',
    qrelDocument: 'corpus-id',
    grade: 'score',
  },
};

describe('readTaskDefinition', () => {
  test.each(FAMILIES)('a right definition of %s is read, and its files lie beside it', (family) => {
    const { value, problems, warnings } = read(right(family));
    expect(problems).toEqual([]);
    expect(warnings).toEqual([]);
    expect(value).toEqual({ ...right(family), folder: resolve(folder) });
  });

  test('a definition with a repository has no folder', () => {
    const source = { repo: 'a/b', revision: 'f'.repeat(40), files: { validation: 'v.parquet', test: 't.parquet' } };
    expect(read(right('STS', { source })).value?.folder).toBeUndefined();
  });

  test('the name of the file is free outside the package', () => {
    expect(readTaskDefinition(write(right('STS'), 'any name.json')).problems).toEqual([]);
  });

  test('a field for editors is not part of the definition, and "./" is not part of a path', () => {
    const files = { validation: './v.jsonl', test: { path: ['./a.jsonl', './sub/b.jsonl'], local: './mine/test' } };
    const { value } = read(right('STS', { $schema: '../task.schema.json', source: { files } }));
    expect(value).not.toHaveProperty('$schema');
    expect(value?.source.files).toEqual({
      validation: 'v.jsonl',
      test: { path: ['a.jsonl', 'sub/b.jsonl'], local: 'mine/test' },
    });
    expect(sourceFile(value as TaskDefinition, 'validation')).toEqual({ path: 'v.jsonl' });
    expect(sourceFile(value as TaskDefinition, 'toString')).toBeUndefined();
  });

  test('the layout qrels is read', () => {
    const { value, problems } = read(QRELS);
    expect(problems).toEqual([]);
    expect(qrelsFiles(value as TaskDefinition, 'test')).toEqual({ queries: 'queries', qrels: 'qrels' });
    expect(qrelsFiles(value as TaskDefinition, 'validation')).toBeUndefined();
  });

  test('a message is in the grammar of all our errors', () => {
    const { problems } = readTaskDefinition(
      write(right('STS', { columns: { sentence1: 'a', sentence2: 'b' } })),
      'tasks/sts/jsts.json',
    );
    expect(problems.map(formatProblem)).toEqual([
      'tasks/sts/jsts.json: "columns.score" is missing.\n' +
        '  The STS family reads the gold similarity from that column.\n' +
        '  Fix: add "score": "<column name>", then run the `validate` command again.',
    ]);
  });

  test('all problems of a file come at once', () => {
    const shape = read({ ...right('STS'), version: '1', langauge: 'ja', family: 'sts', title: undefined });
    expect(shape.problems.map((p) => p.what.split('\n')[0])).toEqual([
      '"title" is missing.',
      '"langauge" is not a field of a task definition.',
      '"version" is the text "1"; expected a whole number.',
      '"family" is the text "sts"; expected one of "Retrieval", "STS", "Classification", "Reranking", "Clustering", "PairClassification".',
    ]);
    expect(shape.problems.map((p) => p.fix)).toEqual([
      'add "title": "JSTS".',
      'did you mean "language"?',
      undefined,
      'did you mean "STS"?',
    ]);
    const rules = read(
      right('Classification', {
        mainMetric: 'accuracy',
        splits: { validation: 'dev', test: 'test' },
        columns: { text: 't' },
        prompts: { query: 'q: ' },
      }),
    );
    expect(rules.problems.map((p) => p.what.split(' ')[0])).toEqual([
      '"splits.train"',
      '"splits.validation"',
      '"columns.label"',
      '"mainMetric"',
      '"prompts.query"',
    ]);
  });

  const files = (file: unknown): Json => ({ source: { files: { validation: 'v.jsonl', test: file } } });
  const TABLE: readonly (readonly [string, Json, string, string?])[] = [
    ['a list at the top', [] as unknown as Json, 'the file holds an empty list; a task definition is a JSON object.'],
    [
      'an unknown column role',
      right('STS', { columns: { sentence1: 'a', sentence2: 'b', skore: 'c' } }),
      '"columns.skore" is not a field',
      'did you mean "score"?',
    ],
    [
      'a column of another family',
      right('STS', { columns: { sentence1: 'a', sentence2: 'b', score: 'c', label: 'd' } }),
      '"columns.label" is not a column of the STS family.',
      '"score"',
    ],
    [
      'an empty column name',
      right('STS', { columns: { sentence1: '', sentence2: 'b', score: 'c' } }),
      '"columns.sentence1" is an empty text; expected something in it.',
    ],
    [
      'an id that is a path',
      right('STS', { id: '../x' }),
      '"id" is the text "../x", which does not fit.',
      'write for example "jsts".',
    ],
    ['a version of 0', right('STS', { version: 0 }), '"version" is the number 0; expected 1 or more.'],
    [
      'a version with a fraction',
      right('STS', { version: 1.5 }),
      '"version" is the number 1.5; expected a whole number.',
    ],
    [
      'no files',
      right('STS', { source: { files: {} } }),
      '"source.files" is an empty object; expected something in it.',
    ],
    ['a file without a path', right('STS', files({ local: 'x/test' })), '"source.files.test.path" is missing.'],
    [
      'a file that is a number',
      right('STS', files(3)),
      '"source.files.test" is the number 3; expected a text or an object.',
    ],
    [
      'an unknown field of a file',
      right('STS', files({ path: 'x', sha265: 'y' })),
      '"source.files.test.sha265" is not a field of "source.files.test".',
      'did you mean "sha256"?',
    ],
    [
      'a short hash',
      right('STS', files({ path: 'x', sha256: 'abc' })),
      '"source.files.test.sha256" is the text "abc", which does not fit.',
    ],
    [
      'one hash for many files',
      right('STS', files({ path: 'x-*.parquet', sha256: 'a'.repeat(64) })),
      '"source.files.test.sha256" is one hash',
      'name one file',
    ],
    [
      'a path upwards',
      right('STS', files('../secret.jsonl')),
      '"source.files.test" is "../secret.jsonl": it leads outside its folder.',
      'relative',
    ],
    [
      'a path upwards in a list',
      right('STS', files({ path: ['a.jsonl', 'b/../../c.jsonl'] })),
      '"source.files.test.path[1]"',
      'relative',
    ],
    ['an absolute path', right('STS', files('/etc/passwd')), 'it begins at the root of the machine'],
    ['a drive', right('STS', files('C:/data.jsonl')), 'it begins with a drive or a protocol'],
    ['an address', right('STS', files('https://example.org/x.jsonl')), 'it begins with a drive or a protocol'],
    ['a backslash', right('STS', files('..\\x.jsonl')), 'it has a backslash'],
    ['a home folder', right('STS', files('~/x.jsonl')), 'it begins at a home folder'],
    ['a NUL', right('STS', files('a\u0000b')), 'it has a control character'],
    [
      'a place upwards',
      right('STS', files({ path: 'x', local: '../x/test' })),
      '"source.files.test.local" is "../x/test": it leads outside',
    ],
    [
      'a place with its ending',
      right('STS', files({ path: 'x', local: 'x/test.jsonl' })),
      'a place stands without its ending',
      'write "x/test".',
    ],
    ['a place with a pattern', right('STS', files({ path: 'x', local: 'x/*' })), 'a place is one file, not a pattern'],
    [
      'a repository without a revision',
      right('STS', { source: { repo: 'a/b', files: { validation: 'v', test: 't' } } }),
      '"source.revision" is missing beside "repo".',
      'pin the commit',
    ],
    [
      'a revision without a repository',
      right('STS', { source: { revision: 'main', files: { validation: 'v', test: 't' } } }),
      '"source.revision" has no effect',
    ],
    [
      'a file of another repository without a revision',
      right('STS', files({ path: 'x', repo: 'a/b' })),
      '"source.files.test.revision" is missing',
    ],
    [
      'a repository that is none',
      right('STS', { source: { repo: 'no-owner', revision: 'main', files: { validation: 'v', test: 't' } } }),
      '"source.repo" is the text "no-owner", which does not fit.',
      'sbintuitions/JMTEB',
    ],
    ['no test split', right('STS', { splits: { validation: 'validation' } }), '"splits.test" is missing.'],
    ['no word on validation', right('STS', { splits: { test: 'test' } }), '"splits.validation" is missing.'],
    [
      'a split whose file is not there',
      right('STS', { splits: { validation: 'validation', test: 'tset' } }),
      '"splits.test" is "tset", but "source.files" has no such name.',
      'did you mean "test"?',
    ],
    [
      'a split named like a method',
      right('STS', { splits: { validation: 'validation', test: 'toString' } }),
      '"splits.test" is "toString"',
    ],
    [
      'an unknown split',
      right('STS', { splits: { validation: 'validation', test: 'test', dev: 'test' } }),
      '"splits.dev" is not a field of "splits".',
    ],
    [
      'a training split where none is read',
      right('STS', { splits: { train: 'test', validation: 'validation', test: 'test' } }),
      '"splits.train" is not read by the STS family.',
      'remove it.',
    ],
    [
      'no training split',
      right('Classification', { splits: { validation: 'validation', test: 'test' } }),
      '"splits.train" is missing.\n  The Classification family fits its classifiers on it.',
    ],
    [
      'no corpus for retrieval',
      right('Retrieval', { splits: { validation: 'validation', test: 'test' } }),
      '"splits.corpus" is missing.\n  The Retrieval family searches its documents.',
    ],
    [
      'no corpus for reranking',
      right('Reranking', { splits: { validation: 'validation', test: 'test' } }),
      '"splits.corpus" is missing.\n  The Reranking family looks up',
    ],
    [
      'no validation and no choice',
      right('STS', { splits: { validation: null, test: 'test' } }),
      '"fixedChoice" is missing.',
      'add "fixedChoice": "cosine_similarity".',
    ],
    [
      'a choice that is no candidate',
      right('STS', { splits: { validation: null, test: 'test' }, fixedChoice: 'cosine_distances' }),
      '"fixedChoice" is "cosine_distances", which is no candidate of the STS family.',
      'use one of "cosine_similarity"',
    ],
    [
      'a choice beside a validation split',
      right('STS', { fixedChoice: 'cosine_similarity' }),
      '"fixedChoice" has no effect beside a validation split.',
    ],
    [
      'pairs without validation',
      right('PairClassification', { splits: { validation: null, test: 'test' }, fixedChoice: 'cosine_distances' }),
      '"splits.validation" is null.\n  The thresholds are searched on the validation split',
    ],
    [
      'a metric of another family',
      right('STS', { mainMetric: 'ndcg@10' }),
      '"mainMetric" is "ndcg@10"; the main metric of the STS family is "spearman".',
      'write "mainMetric": "spearman".',
    ],
    [
      'a metric that is not the first average',
      right('Classification', { average: ['micro', 'macro'] }),
      'the main metric of this average is "micro_f1"',
    ],
    [
      'an average outside classification',
      right('STS', { average: ['macro'] }),
      '"average" has no effect in the STS family.',
    ],
    [
      'an unknown average',
      right('Classification', { average: ['makro'] }),
      '"average[0]" is the text "makro"; expected one of "micro", "macro", "weighted".',
      'did you mean "macro"?',
    ],
    [
      'an average twice',
      right('Classification', { average: ['macro', 'macro'] }),
      '"average" has "macro" twice, at 0 and 1.',
    ],
    [
      'a prompt of another family',
      right('Retrieval', { prompts: { text: 'x' } }),
      '"prompts.text" is not a text of the Retrieval family.',
      'use one of "query", "document".',
    ],
    [
      'expectations of no file',
      right('STS', { expect: { tests: { rows: 3 } } }),
      '"expect.tests" is not the name of a file.',
      'did you mean "test"?',
    ],
    [
      'an unknown expectation',
      right('STS', { expect: { test: { row: 3 } } }),
      '"expect.test.row" is not a field',
      'did you mean "rows"?',
    ],
    [
      'labels where there are none',
      right('STS', { expect: { test: { labels: { 1: 2 } } } }),
      '"expect.test.labels" has no column to count',
    ],
    [
      'the layout qrels outside retrieval',
      right('Reranking', { layout: 'qrels' }),
      '"layout" is "qrels", which is a layout of the Retrieval family only.',
    ],
    [
      'an unknown layout',
      right('Retrieval', { layout: 'qrel' }),
      '"layout" is the text "qrel"; expected one of "rows", "qrels".',
      'did you mean "qrels"?',
    ],
    [
      'columns of rows in the layout qrels',
      { ...QRELS, columns: { ...(QRELS.columns as Json), relevant: 'x' } },
      '"columns.relevant" is not a column of the Retrieval family in the layout "qrels".',
    ],
    [
      'a column of qrels missing',
      { ...QRELS, columns: { ...(QRELS.columns as Json), grade: undefined } },
      '"columns.grade" is missing.\n  The Retrieval family reads the judgement; above 0 is relevant',
    ],
    [
      'a split of qrels without its files',
      { ...QRELS, splits: { validation: null, test: 'corpus', corpus: 'corpus' } },
      '"splits.test" is "corpus", to which no pair of files belongs.',
    ],
  ];
  test.each(TABLE)('%s is refused', (_, value, what, fix) => {
    const reading = read(value);
    expect(reading.value).toBeUndefined();
    expect(reading.problems.map(formatProblem).join('\n')).toContain(what);
    expect(reading.problems).toHaveLength(1);
    expect(reading.problems[0].where).toBe('mine.json');
    if (fix !== undefined) expect(reading.problems[0].fix).toContain(fix);
  });

  test('an average that is a text is a warning, as in the reference it means macro', () => {
    const { value, warnings } = read(right('Classification', { average: 'micro, weighted' }));
    expect(value?.average).toBe('micro, weighted');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('a text means ["macro"]');
  });

  test('a list of averages sets the main metric', () => {
    expect(read(right('Classification', { average: ['weighted'], mainMetric: 'weighted_f1' })).problems).toEqual([]);
  });

  test('a revision that is no commit is a warning', () => {
    const source = { repo: 'a/b', revision: 'main', files: { validation: 'v', test: 't' } };
    expect(read(right('STS', { source })).warnings[0]).toContain('"main" is not a commit');
  });

  test('thousands of faults are told in short', () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`field${i}`, i]));
    const { problems } = read({ ...right('STS'), ...many });
    expect(problems).toHaveLength(51);
    expect(problems[50].what).toBe('and 2950 more.');
  });

  test('a huge list is refused at once', () => {
    const start = performance.now();
    const { problems } = read({ ...right('Classification'), average: Array.from({ length: 200_000 }, () => 'x') });
    expect(problems[0].what).toContain('more than 50000 values');
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe('qrelsFiles', () => {
  const task = (names: string[], test: string): TaskDefinition =>
    ({ source: { files: Object.fromEntries(names.map((n) => [n, n])) }, splits: { validation: null, test } }) as never;

  test.each([
    [['corpus', 'queries', 'qrels'], 'qrels', { queries: 'queries', qrels: 'qrels' }],
    [['corpus', 'queries', 'qrels'], 'queries', { queries: 'queries', qrels: 'qrels' }],
    [['queries', 'qrels', 'dev-qrels'], 'dev-qrels', { queries: 'queries', qrels: 'dev-qrels' }],
    [['queries', 'dev-queries', 'dev-qrels'], 'dev-qrels', { queries: 'dev-queries', qrels: 'dev-qrels' }],
    [['corpus', 'queries'], 'queries', undefined],
    [['corpus', 'queries', 'qrels'], 'corpus', undefined],
  ])('files %j and the split %s', (names, split, pair) => {
    expect(qrelsFiles(task(names, split), 'test')).toEqual(pair);
  });
});

describe('localDefinition', () => {
  const path = join(packageRoot(), 'tasks', 'retrieval', 'nlp_journal_title_abs.json');
  const journal = readTaskDefinition(path).value as TaskDefinition;
  const has =
    (...places: string[]) =>
    (place: string): boolean =>
      places.includes(place);
  const [validation, queries, corpus] = ['-query/validation', '-query/test', '-corpus/corpus'].map(
    (end) => `nlp_journal_title_abs${end}`,
  );

  test('leaves a definition alone when the mirror has nothing of it', () => {
    expect(localDefinition(journal, has('jsts/test'))).toBe(journal);
    const plain = readTaskDefinition(join(packageRoot(), 'tasks', 'sts', 'jsts.json')).value as TaskDefinition;
    expect(localDefinition(plain, () => true)).toBe(plain);
  });

  test('takes the validation split that a full mirror has, and then nothing is fixed', () => {
    const local = localDefinition(journal, has(validation, queries, corpus));
    expect(local.splits).toEqual({ validation: 'validation', test: 'test', corpus: 'corpus' });
    expect(local).not.toHaveProperty('fixedChoice');
    expect(local).not.toHaveProperty('layout');
    expect(local).not.toHaveProperty('local');
    expect(local.source).toEqual({
      files: {
        validation: { path: validation, local: validation },
        test: { path: queries, local: queries },
        corpus: { path: corpus, local: corpus },
      },
    });
    expect(local.columns).toEqual({ query: 'query', relevant: 'relevant_docs', documentId: 'docid', text: 'text' });
    expect(local.expect).toEqual({ validation: { rows: 100 }, test: { rows: 404 }, corpus: { rows: 504 } });
  });

  test('keeps the fixed choice where the mirror has no validation split', () => {
    const local = localDefinition(journal, has(queries, corpus));
    expect(local.splits).toEqual({ validation: null, test: 'test', corpus: 'corpus' });
    expect(local.fixedChoice).toBe('cosine_similarity');
    expect(Object.keys(local.source.files)).toEqual(['test', 'corpus']);
    expect(local.expect).toEqual({ test: { rows: 404 }, corpus: { rows: 504 } });
  });

  test('a mirror with only one of the files is meant all the same, so that the other is missed', () => {
    expect(Object.keys(localDefinition(journal, has(corpus)).source.files)).toEqual(['test', 'corpus']);
  });

  const bad = (local: unknown): string =>
    read({ ...QRELS, local })
      .problems.map(formatProblem)
      .join('\n');
  test('is checked like the definition itself', () => {
    expect(bad({ files: { test: '../x' }, splits: { validation: null, test: 'tset' }, columns: { query: 'q' } })).toBe(
      [
        'mine.json: "local.files.test" is "../x": it leads outside its folder.',
        '  Fix: write a path that is relative to its folder and stays in it.',
        'mine.json: "local.splits.corpus" is missing.',
        '  The Retrieval family searches its documents.',
        '  Fix: add "corpus": "<name of a file>".',
        'mine.json: "local.splits.test" is "tset", but "local.files" has no such name.',
        '  Fix: did you mean "test"?',
        ...(
          [
            ['relevant', 'the ids of the relevant documents'],
            ['documentId', 'the id of the document'],
            ['text', 'the text of the document'],
          ] as const
        ).flatMap(([role, what]) => [
          `mine.json: "local.columns.${role}" is missing.`,
          `  The Retrieval family reads ${what} from that column.`,
          `  Fix: add "${role}": "<column name>", then run the \`validate\` command again.`,
        ]),
      ].join('\n'),
    );
  });
});

describe('FAMILY_RULES', () => {
  test('names of families are read in every spelling', () => {
    for (const family of FAMILIES)
      for (const name of [family, family.toLowerCase(), familyFolder(family), familyFolder(family).replace('-', '_')])
        expect(familyNamed(name)).toBe(family);
    expect(familyFolder('PairClassification')).toBe('pair-classification');
    expect(familyNamed('pairs')).toBeUndefined();
  });

  test('candidates and metrics are those of the protocol, in its order', () => {
    expect(FAMILY_RULES.STS.candidates).toEqual([
      'cosine_similarity',
      'manhatten_distance',
      'euclidean_distance',
      'dot_score',
    ]);
    expect(FAMILIES.map((family) => FAMILY_RULES[family].mainMetric)).toEqual([
      'ndcg@10',
      'spearman',
      'macro_f1',
      'ndcg@10',
      'v_measure_score',
      'binary_f1',
    ]);
  });
});

describe('shipped definitions', () => {
  test('have the name of their file', () => {
    const place = join(folder, 'tasks', 'sample');
    mkdirSync(place, { recursive: true });
    const path = join(place, 'other.json');
    writeFileSync(path, JSON.stringify(right('STS')));
    expect(readTaskDefinition(path, undefined, folder).problems.map((p) => p.what)).toEqual([
      '"id" is "mine", but the file is named "other".',
    ]);
  });

  test('have a folder only where their files lie in it, not where they have a place under --data-dir', () => {
    const path = join(folder, 'tasks', 'sample', 'mine.json');
    writeFileSync(path, JSON.stringify(right('STS')));
    expect(readTaskDefinition(path, undefined, folder).value?.folder).toBe(join(folder, 'tasks', 'sample'));
    const file = (name: string): Json => ({ path: `${name}.jsonl`, local: `mine/${name}` });
    const source = { files: { validation: file('validation'), test: file('test') } };
    writeFileSync(path, JSON.stringify(right('STS', { source })));
    expect(readTaskDefinition(path, undefined, folder).value).toBeDefined();
    expect(readTaskDefinition(path, undefined, folder).value?.folder).toBeUndefined();
    expect(readTaskDefinition(path).value?.folder).toBe(join(folder, 'tasks', 'sample'));
  });
});
