import type { ColumnRole, Family, TextRole } from './types.js';
import { FAMILIES } from './types.js';
import { nearestName } from './nearest-name.js';

/** What a definition of a family has to say: the part of the protocol that can be checked before any row is read. */
export interface FamilyRules {
  readonly mainMetric: string;
  /** Candidates of the free choice in the protocol's order; `fixedChoice` is one of them. */
  readonly candidates: readonly string[];
  /** Splits that the family reads beside `validation` and `test`, with what it reads them for. */
  readonly extraSplits: Readonly<Partial<Record<'train' | 'corpus', string>>>;
  /** Why the family cannot do without a validation split; undefined when a fixed choice can take its place. */
  readonly needsValidation?: string;
  /** Columns of the layout `rows`, each with what is read from it. */
  readonly columns: Readonly<Partial<Record<ColumnRole, string>>>;
  /** Columns that the layout `rows` can do without. */
  readonly optionalColumns: readonly ColumnRole[];
  /** Columns of the layout `qrels`; undefined where the family has no such layout. */
  readonly qrelsColumns?: Readonly<Partial<Record<ColumnRole, string>>>;
  /** Texts that can have a prompt in the definition. */
  readonly textRoles: readonly TextRole[];
}

const RANKING_CANDIDATES = ['cosine_similarity', 'dot_score', 'euclidean_distance'] as const;
const SENTENCES = { sentence1: 'the first sentence', sentence2: 'the second sentence' } as const;

/** The six families. A rule that a family gains here is checked in every definition from then on. */
export const FAMILY_RULES = {
  Retrieval: {
    mainMetric: 'ndcg@10',
    candidates: RANKING_CANDIDATES,
    extraSplits: { corpus: 'searches its documents' },
    columns: {
      query: 'the text of the query',
      relevant: 'the ids of the relevant documents',
      documentId: 'the id of the document',
      text: 'the text of the document',
    },
    optionalColumns: ['queryId'],
    qrelsColumns: {
      queryId: 'the id of the query',
      query: 'the text of the query',
      documentId: 'the id of the document',
      text: 'the text of the document',
      qrelQuery: 'the id of the query that was judged',
      qrelDocument: 'the id of the document that was judged',
      grade: 'the judgement; above 0 is relevant',
    },
    textRoles: ['query', 'document'],
  },
  STS: {
    mainMetric: 'spearman',
    candidates: ['cosine_similarity', 'manhatten_distance', 'euclidean_distance', 'dot_score'],
    extraSplits: {},
    columns: { ...SENTENCES, score: 'the gold similarity' },
    optionalColumns: [],
    textRoles: ['sentence1', 'sentence2'],
  },
  Classification: {
    mainMetric: 'macro_f1',
    candidates: ['knn_cosine_k_2', 'logreg'],
    extraSplits: { train: 'fits its classifiers on it' },
    columns: { text: 'the text', label: 'its label' },
    optionalColumns: [],
    textRoles: ['text'],
  },
  Reranking: {
    mainMetric: 'ndcg@10',
    candidates: RANKING_CANDIDATES,
    extraSplits: { corpus: 'looks up the candidate documents in it' },
    columns: {
      query: 'the text of the query',
      candidates: 'the ids of the candidate documents',
      grades: 'their relevance grades, in the same order',
      documentId: 'the id of the document',
      text: 'the text of the document',
    },
    optionalColumns: ['queryId'],
    textRoles: ['query', 'document'],
  },
  Clustering: {
    mainMetric: 'v_measure_score',
    candidates: ['MiniBatchKMeans', 'AgglomerativeClustering', 'BisectingKMeans', 'Birch'],
    extraSplits: {},
    columns: { text: 'the text', label: 'its label' },
    optionalColumns: [],
    textRoles: ['text'],
  },
  PairClassification: {
    mainMetric: 'binary_f1',
    candidates: ['cosine_distances', 'manhatten_distances', 'euclidean_distances', 'dot_similarities'],
    extraSplits: {},
    needsValidation: 'The thresholds are searched on the validation split, so a fixed choice cannot take its place.',
    columns: { ...SENTENCES, label: 'whether they mean the same' },
    optionalColumns: [],
    textRoles: ['sentence1', 'sentence2'],
  },
} as const satisfies Record<Family, FamilyRules>;

/** The rules of a family under one type, for code that does not know which family it has. */
export function rulesOf(family: Family): FamilyRules {
  return FAMILY_RULES[family];
}

/** Folder of a family's definitions under `tasks/`, which is also how the command line may spell it. */
export function familyFolder(family: Family): string {
  return family === 'STS' ? 'sts' : family.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}

/** A family by its name: case, `-`, `_` and spaces do not count. Undefined when there is none. */
export function familyNamed(name: string): Family | undefined {
  const plain = (text: string): string => text.replaceAll(/[-_\s]/g, '').toLowerCase();
  return FAMILIES.find((family) => plain(family) === plain(name));
}

/** The family that was probably meant. */
export function nearestFamily(name: string): Family | undefined {
  const folder = nearestName(name, FAMILIES.map(familyFolder));
  return folder === undefined ? undefined : familyNamed(folder);
}
