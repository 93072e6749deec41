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

/** Verified facts about one file; the reader of the rows holds the file to them. */
export interface FileExpectation {
  readonly rows?: number;
  /** Code points of all values together, by column name in the file. */
  readonly characters?: Readonly<Record<string, number>>;
  /** Rows by value of the label column, the value as text. */
  readonly labels?: Readonly<Record<string, number>>;
}

/** Names of `source.files`. `validation: null` needs `fixedChoice`. */
export interface TaskSplits {
  readonly train?: string;
  readonly validation: string | null;
  readonly test: string;
  readonly corpus?: string;
}

/** How the same rows lie under `--data-dir` where a local mirror arranges them in another way than the source. */
export interface LocalArrangement {
  /** Place under `--data-dir`, without `.parquet` or `.jsonl`, by file name. */
  readonly files: Readonly<Record<string, string>>;
  /** A validation split that the source lacks may be had here; where its file is not there, `fixedChoice` holds. */
  readonly splits: TaskSplits;
  readonly layout?: 'rows' | 'qrels';
  readonly columns: Readonly<Partial<Record<ColumnRole, string>>>;
  readonly expect?: Readonly<Record<string, FileExpectation>>;
}

/** Which rows of another task a task has. */
export interface Subset {
  /** Id of the whole task. */
  readonly of: string;
  readonly seed: number;
  /** Rows, pairs or queries that a split keeps, >= 1; a split without a number is whole. */
  readonly rows: Readonly<Partial<Record<'train' | 'validation' | 'test', number>>>;
  /** Column whose values keep their shares. */
  readonly stratifyBy?: 'label';
  /** Documents that stay beside those relevant to a kept query (Retrieval), >= 0. */
  readonly otherDocuments?: number;
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
  readonly splits: TaskSplits;
  readonly fixedChoice?: string;
  /** In `qrels` a split names its file of judgements; `qrelsFiles` says which queries belong to it. */
  readonly layout?: 'rows' | 'qrels';
  readonly columns: Readonly<Partial<Record<ColumnRole, string>>>;
  readonly mainMetric: string;
  readonly prompts?: Readonly<Partial<Record<TextRole, string>>>;
  readonly average?: string | readonly string[];
  readonly subset?: Subset;
  /** Verified facts only, by file name. */
  readonly expect?: Readonly<Record<string, FileExpectation>>;
  /** Set where a local mirror has another arrangement; `localDefinition` turns it into a plain definition. */
  readonly local?: LocalArrangement;
  readonly license?: string;
  readonly citation?: string;
  readonly notes?: string;
  /** Folder of the definition file when its files lie beside it (no `repo`); not part of the file. */
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

/** Role of a text for a model: `sentence` is every text that is neither query nor document. */
export type ModelRole = 'query' | 'document' | 'sentence';
export type RolePrompts = Readonly<Partial<Record<ModelRole, string>>>;

/**
 * Prompts of a model by role, and by family or task where a model asks for it: `promptFor` takes the task's, else the
 * family's, else the role's. A text in place of roles is the prompt of single texts; an empty text is a prompt, too.
 */
export interface ModelPrompts extends RolePrompts {
  readonly families?: Readonly<Partial<Record<Family, string | RolePrompts>>>;
  readonly tasks?: Readonly<Record<string, string | RolePrompts>>;
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
  /** Data it is known to have been trained on: task ids where they are ours, names as published otherwise. */
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
