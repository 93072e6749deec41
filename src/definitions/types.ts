/** The six families of JMTEB, named as in the reference's result files and in its order of printing. */
export const FAMILIES = [
  'Retrieval',
  'STS',
  'Classification',
  'Reranking',
  'Clustering',
  'PairClassification',
] as const;
export type Family = (typeof FAMILIES)[number];

/** Column of a task, as our code names it; `columns` of a definition maps it to the name in the file. */
export type ColumnRole =
  | 'sentence1'
  | 'sentence2'
  | 'score'
  | 'label'
  | 'text'
  | 'query'
  | 'relevant'
  | 'candidates'
  | 'grades'
  | 'documentId'
  | 'queryId'
  | 'qrelQuery'
  | 'qrelDocument'
  | 'grade';

/** Which text of a row: the roles that can have a prompt of their own in a task. */
export type TextRole = 'sentence1' | 'sentence2' | 'text' | 'query' | 'document';

export interface SourceFile {
  /** Path in the repository (or beside the definition): one, several, or a glob. */
  readonly path: string | readonly string[];
  readonly sha256?: string;
  readonly repo?: string;
  readonly revision?: string;
  /** Place under `--data-dir`, without `.parquet` or `.jsonl`. */
  readonly local?: string;
}

export interface TaskDefinition {
  readonly id: string;
  readonly version: number;
  readonly family: Family;
  readonly title: string;
  readonly language: string;
  readonly source: {
    readonly repo?: string;
    readonly revision?: string;
    readonly files: Readonly<Record<string, string | SourceFile>>;
  };
  /** Names of `source.files`. `validation: null` needs `fixedChoice`. */
  readonly splits: {
    readonly train?: string;
    readonly validation: string | null;
    readonly test: string;
    readonly corpus?: string;
  };
  readonly fixedChoice?: string;
  readonly layout?: 'rows' | 'qrels';
  readonly columns: Readonly<Partial<Record<ColumnRole, string>>>;
  readonly mainMetric: string;
  readonly prompts?: Readonly<Partial<Record<TextRole, string>>>;
  readonly average?: string | readonly string[];
  /** Verified facts only, by file name: rows, and others that datasets.md verifies. */
  readonly expect?: Readonly<Record<string, { readonly rows?: number }>>;
  readonly license?: string;
  readonly citation?: string;
  readonly notes?: string;
  /** Folder of the definition file when it is a user's own task (its files lie beside it); not part of the file. */
  readonly folder?: string;
}

export interface SuiteDefinition {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly tasks: readonly string[];
  /** Averages that are shown, the first is the headline. */
  readonly averages: readonly ('datasets' | 'families')[];
  readonly notes?: string;
}

/** Prompts of a model by role, and by family where a model asks for it. */
export interface ModelPrompts {
  readonly query?: string;
  readonly document?: string;
  readonly sentence?: string;
  readonly families?: Readonly<Partial<Record<Family, string>>>;
}

export interface ModelDefinition {
  readonly id: string;
  readonly revision?: string;
  readonly license?: string;
  readonly dims?: number;
  readonly maxTokens?: number;
  readonly pooling?: 'mean' | 'cls' | 'last_token';
  readonly normalize?: boolean;
  readonly prompts?: ModelPrompts;
  readonly tokenizer?: string;
  readonly dictionary?: string;
  readonly stripText?: boolean;
  readonly dtype?: string;
  readonly trainedOn?: readonly string[];
  readonly notes?: readonly string[];
}

/** Named deviations from JMTEB 1.3.3; see protocol-v1 in the documents and `definitions/protocol.ts`. */
export const DEVIATIONS = [
  'sts-euclidean',
  'pair-cosine-direction',
  'retrieval-ideal-cut',
  'retrieval-few-queries',
  'retrieval-duplicate-ids',
  'retrieval-id-types',
  'rerank-duplicate-ids',
  'shared-label-map',
] as const;
export type Deviation = (typeof DEVIATIONS)[number];

/** `name` is the canonical spelling: `published`, `corrected`, or `published+a,b` in the order of DEVIATIONS. */
export interface Protocol {
  readonly name: string;
  readonly deviations: ReadonlySet<Deviation>;
}
