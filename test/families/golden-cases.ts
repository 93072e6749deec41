import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Corpus, DataOf, DocumentId, Label, SplitName, TaskData, TaskFile } from '../../src/datasets/types.js';
import { CORRECTED, PUBLISHED } from '../../src/definitions/protocol.js';
import type { Family, TextRole } from '../../src/definitions/types.js';
import type { FamilyOptions, FamilyResult, VectorsOf } from '../../src/families/types.js';
import { matrix } from '../../src/numeric/matrix.js';
import { vectorsInMemory } from '../../src/vectors/in-memory.js';
import { readFloat32 } from '../npy.js';
import { goldenPath } from '../shared.js';

type Row = Record<string, unknown>;
type ScoresByName = Record<string, Record<string, number>>;

/** A result file of the reference. */
export interface ReferenceResult {
  readonly metric_name: string;
  readonly metric_value: number;
  /** `optimal_*`: the choice; `val_scores`: every candidate; `test_scores`: the chosen one. */
  readonly details: Readonly<Record<string, string | ScoresByName>> & {
    readonly val_scores: ScoresByName;
    readonly test_scores: ScoresByName;
  };
}
export interface ReferenceError {
  readonly error: { readonly type: string; readonly message: string };
}

/** What the reference computes and does not report. */
export interface Extra {
  readonly test_scores?: ScoresByName;
  /** Classification: classifier -> split -> label numbers. */
  readonly predictions?: Readonly<Record<string, Readonly<Record<'validation' | 'test', number[]>>>>;
  /** Clustering: split -> algorithm -> cluster numbers (test: the chosen algorithm only). */
  readonly cluster_numbers?: Readonly<Record<'validation' | 'test', Readonly<Record<string, number[]>>>>;
}

/** One folder of `test/golden/families`, ready to be given to a family's evaluator. */
export interface GoldenCase<F extends Family = Family> {
  readonly family: F;
  readonly name: string;
  readonly data: DataOf<F>;
  readonly vectors: VectorsOf;
  /** With the seed, seed mode and average of the case; under `published`, one thread. */
  readonly options: FamilyOptions;
  readonly published: ReferenceResult | ReferenceError;
  /** The corrected reading: equal to `published` where no number differs. */
  readonly corrected: ReferenceResult | ReferenceError;
  readonly extra: Extra;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A reported number of the reference and its tolerance: see the README of the cases. */
export const EXACT_COUNTS = 1e-9;
/** Pearson and thresholds: the reference computes similarities in float32. */
export const FLOAT32_SIMILARITIES = 2e-6;

/** All cases of a family. */
export function goldenCases<F extends Family>(family: F): GoldenCase<F>[] {
  return readdirSync(goldenPath('families', family))
    .sort()
    .map((name) => goldenCase(family, name));
}

/** One case, by the name of its folder. */
export function goldenCase<F extends Family>(family: F, name: string): GoldenCase<F> {
  const folder = goldenPath('families', family, name);
  const json = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const optional = (file: string): unknown => (existsSync(join(folder, file)) ? json(file) : undefined);
  const params = json('params.json') as Record<string, unknown>;
  const rowsOf = (file: string): Row[] =>
    readFileSync(join(folder, `${file}.jsonl`), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row);
  const data = dataOf(family, folder, rowsOf) as DataOf<F>;
  const published = json('expected.json') as ReferenceResult | ReferenceError;
  return {
    family,
    name,
    data,
    vectors: vectorsOf(data, folder, json('texts.json') as string[], params),
    options: optionsOf(params),
    published,
    corrected: (optional('expected_corrected.json') ?? published) as ReferenceResult | ReferenceError,
    extra: (optional('extra.json') ?? {}) as Extra,
    params,
  };
}

/** The options of a case under either protocol. */
export function optionsFor(golden: Pick<GoldenCase, 'options'>, reading: 'published' | 'corrected'): FamilyOptions {
  return { ...golden.options, protocol: reading === 'published' ? PUBLISHED : CORRECTED };
}

/**
 * Every difference between a result and the reference's that is larger than the tolerance of its metric, in words; no
 * differences is an empty list.
 */
export function differences(result: FamilyResult, expected: ReferenceResult, extra: Extra = {}): string[] {
  const found: string[] = [];
  const same = (what: string, got: unknown, wanted: unknown): void => {
    if (got !== wanted) found.push(`${what}: ${String(got)}, expected ${String(wanted)}`);
  };
  const near = (what: string, metric: string, got: number | null | undefined, wanted: number): void => {
    const float32 = /pearson|threshold/.test(metric);
    const limit = float32 ? FLOAT32_SIMILARITIES * Math.max(1, Math.abs(wanted)) : EXACT_COUNTS;
    if (typeof got !== 'number' || !(Math.abs(got - wanted) <= limit)) {
      found.push(`${what}: ${String(got)}, expected ${wanted}`);
    }
  };
  const scores = (split: string, got: FamilyResult['test'] | null, wanted: ScoresByName | undefined): void => {
    for (const [candidate, metrics] of Object.entries(wanted ?? {})) {
      for (const [metric, value] of Object.entries(metrics)) {
        near(`${split} ${candidate} ${metric}`, metric, got?.[candidate]?.[metric], value);
      }
    }
  };
  const choiceName = Object.keys(expected.details).find((key) => key.startsWith('optimal_')) ?? '';
  same('choice.name', result.choice.name, choiceName);
  same('choice.value', result.choice.value, expected.details[choiceName]);
  same('main.metric', result.main.metric, expected.metric_name);
  near('main.value', expected.metric_name, result.main.value, expected.metric_value);
  const candidates = Object.keys(expected.details.val_scores).join();
  same('candidates of validation', Object.keys(result.validation ?? {}).join(), candidates);
  same('candidates of test', Object.keys(result.test).join(), candidates);
  scores('validation', result.validation, expected.details.val_scores);
  scores('test', result.test, expected.details.test_scores);
  scores('test (extra)', result.test, extra.test_scores);
  return found;
}

function optionsOf(params: Readonly<Record<string, unknown>>): FamilyOptions {
  const stream = params.global_seed !== undefined;
  return {
    protocol: PUBLISHED,
    seed: Number((stream ? params.global_seed : params.random_seed) ?? 0),
    seedMode: stream ? 'stream' : 'each',
    clusteringSeeds: 1,
    clusterers: [],
    threads: 1,
    maxMemory: 2 ** 28,
    ...(params.average === undefined ? {} : { average: params.average as string | string[] }),
  };
}

function dataOf(family: Family, folder: string, rowsOf: (file: string) => Row[]): TaskData {
  const files: TaskFile[] = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => ({
      key: name.slice(0, -'.jsonl'.length),
      path: join(folder, name),
      name,
      format: 'jsonl',
      bytes: 0,
      sha256: '',
      rows: rowsOf(name.slice(0, -'.jsonl'.length)).length,
    }));
  const base = { files, warnings: [] };
  const texts = (rows: Row[], key: string): string[] => rows.map((row) => row[key] as string);
  const pairs = (rows: Row[]) => ({ sentence1: texts(rows, 'sentence1'), sentence2: texts(rows, 'sentence2') });
  const labels = (rows: Row[]): Label[] => rows.map((row) => row.label as Label);
  const labelled = (rows: Row[]) => ({ text: texts(rows, 'text'), label: labels(rows) });
  const splits = <T>(make: (rows: Row[]) => T, prefix = ''): { validation: T; test: T } => ({
    validation: make(rowsOf(`${prefix}validation`)),
    test: make(rowsOf(`${prefix}test`)),
  });
  switch (family) {
    case 'STS':
      return {
        ...base,
        family,
        splits: splits((rows) => ({ ...pairs(rows), score: Float64Array.from(rows, (row) => row.label as number) })),
      };
    case 'PairClassification':
      return { ...base, family, splits: splits((rows) => ({ ...pairs(rows), label: labels(rows) })) };
    case 'Classification':
      return { ...base, family, splits: { ...splits(labelled), train: labelled(rowsOf('train')) } };
    case 'Clustering':
      return { ...base, family, splits: splits(labelled) };
    case 'Retrieval':
      return {
        ...base,
        family,
        corpus: corpusOf(rowsOf('corpus')),
        splits: splits(
          (rows) => ({
            query: texts(rows, 'query'),
            relevant: rows.map(({ relevant_docs: ids }) => (Array.isArray(ids) ? ids : [ids]) as DocumentId[]),
          }),
          'query-',
        ),
      };
    case 'Reranking':
      return {
        ...base,
        family,
        corpus: corpusOf(rowsOf('corpus')),
        splits: splits(
          (rows) => ({
            query: texts(rows, 'query'),
            candidates: rows.map((row) => row.retrieved_docs as DocumentId[]),
            grades: rows.map((row) => row.relevance_scores as number[]),
          }),
          'query-',
        ),
      };
  }
}

function corpusOf(rows: Row[]): Corpus {
  return {
    ids: rows.map((row) => row.docid as DocumentId),
    async *texts() {
      yield rows.map((row) => row.text as string);
    },
  };
}

/** Looks every text up, prefix included, as an embedder with a table would. */
function vectorsOf(
  data: TaskData,
  folder: string,
  texts: readonly string[],
  params: Readonly<Record<string, unknown>>,
): VectorsOf {
  const embeddings = readFloat32(join(folder, 'embeddings.npy'));
  const source = vectorsInMemory(matrix(embeddings.data, embeddings.rows, embeddings.dims));
  const rowOfText = new Map(texts.map((text, i) => [text, i]));
  const prefixName: Record<TextRole, string> = {
    sentence1: 'sentence1_prefix',
    sentence2: 'sentence2_prefix',
    text: 'prefix',
    query: 'query_prefix',
    document: 'doc_prefix',
  };
  const corpus = 'corpus' in data ? readCorpus(folder) : [];
  return (split, role) => {
    const prefix = (params[prefixName[role]] as string | undefined) ?? '';
    const own =
      split === 'corpus'
        ? corpus
        : (data.splits as Partial<Record<SplitName, Partial<Record<TextRole, readonly string[]>> | null>>)[split]?.[
            role
          ];
    if (own === undefined) throw new Error(`no ${role} texts in split ${split}`);
    const index = Int32Array.from(own, (text) => {
      const row = rowOfText.get(prefix + text);
      if (row === undefined) throw new Error(`no vector of "${prefix + text}"`);
      return row;
    });
    return { source, index };
  };
}

function readCorpus(folder: string): string[] {
  return readFileSync(join(folder, 'corpus.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { text: string }).text);
}
