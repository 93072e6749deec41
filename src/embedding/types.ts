import type { Family, TaskDefinition, TextRole } from '../definitions/types.js';
import type { Problem } from '../errors.js';

/** Texts as token ids, padded on the right to one length: what goes into a graph at once. */
export interface TokenBatch {
  /** Row-major, shape (rows, length); padding holds the model's pad id. */
  readonly ids: Int32Array;
  /** Tokens of each row that are no padding, 1 .. length; 0 for a model that embeds texts without tokens. */
  readonly lengths: Int32Array;
  readonly rows: number;
  readonly length: number;
  /** Tokens at the head of every row that pooling leaves out (those of the prompt); none unless said. */
  readonly skip?: number;
}

/**
 * How an input of a graph is filled from a TokenBatch: `ids`; `lengths` shape (rows); `mask` 1 for tokens and 0 for padding;
 * `zeros` and `positions` in the shape of the ids; `skip`, shape (rows), the batch's number of tokens to leave out; a number
 * fills shape (rows) with it.
 */
export interface GraphInput {
  readonly name: string;
  readonly fill: 'ids' | 'lengths' | 'mask' | 'zeros' | 'positions' | 'skip' | number;
  readonly type: 'int64' | 'int32';
  /** The shape where a number fills another one than (rows). */
  readonly shape?: readonly number[];
}

/** A model's graph as a process needs it to open a session; it can be sent to a child as it is. */
export interface ModelGraph {
  /** The ONNX file's bytes, without the weights where these lie in other files. */
  readonly bytes: Uint8Array;
  /** Folder that external weights are relative to. */
  readonly externalFolder?: string;
  readonly inputs: readonly GraphInput[];
  /** Name of the output: float32, shape (rows, dims), pooled and (where the model does so) normalised. */
  readonly output: string;
  readonly dims: number;
}

/**
 * Runs one batch somewhere (this process, a child): float32 rows in the batch's order, shape (batch.rows, dims).
 *
 * @param onSplit called when the batch does not fit the memory and is run in parts
 */
export type RunBatch = (batch: TokenBatch, onSplit?: () => void) => Promise<Float32Array>;

/** A place where batches run. */
export interface BatchRunner {
  readonly run: RunBatch;
  /** Batches that should be under way at once so that no device waits, >= 1. */
  readonly parallel: number;
  close(): Promise<void>;
}

/** What embedding needs of the machine; the run decides where batches run. */
export interface EmbeddingResources {
  /** Opens the place where this graph's batches run. */
  openRunner(graph: ModelGraph): Promise<BatchRunner>;
}

/** What is counted while texts are embedded; null where it is not known. */
export interface TextCounts {
  /** null where the model has no tokens that we see. */
  readonly tokens: number | null;
  /** Texts that were cut to the longest input. */
  readonly truncated: number | null;
  /** Unknown tokens (`[UNK]`, `<unk>`); 0 for a tokenizer that knows every text. */
  readonly unknownTokens: number | null;
  /** Tokens that stand for single bytes of what the vocabulary lacks (`<0xE3>`). */
  readonly byteFallbackTokens: number | null;
}

/** Vectors of some texts and what was counted on the way. */
export interface EmbeddedTexts extends TextCounts {
  /** Row-major float32, shape (texts, dims), finite. */
  readonly rows: Float32Array;
  /**
   * Batches that were run in parts for want of memory, where the bits of a vector can depend on its batch; absent when there
   * were none.
   */
  readonly splitBatches?: number;
}

/** How a model cuts final strings (prompt included) into tokens. */
export interface Tokenizing {
  /** What of a text reaches the tokenizer or the server, and its ids with special tokens, cut; null where they are not known. */
  cut(text: string): { readonly text: string; readonly ids: readonly number[] | null };
  /** What would be counted if these texts were embedded. */
  count(texts: Iterable<string>): TextCounts;
}

export interface EmbedCall {
  /** The prompt at the head of every text (which is in the texts already); '' for none. */
  readonly prompt: string;
  /**
   * True where the empty prompt was asked for, and is not just the absence of one: a model that leaves the prompt out of
   * pooling then leaves out the first token, as sentence-transformers 3 does.
   */
  readonly emptyPrompt?: boolean;
  /** True to compute all texts in one batch, padded to the longest, whatever the budget; where batches are planned here. */
  readonly inOneBatch?: boolean;
  /** Called from time to time with the number of texts that are done, and the tokens in them. */
  readonly onProgress?: (texts: number, tokens: number) => void;
  /** Called with what the user should know while it goes on (a server is waited for). */
  readonly onRemark?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** Texts with all done that needs no device. */
export interface PreparedTexts {
  readonly texts: readonly string[];
  /** What `Embedder.embed` gives for them, with the same bits. */
  embed(call: EmbedCall): Promise<EmbeddedTexts>;
}

/** A model that is loaded. */
export interface Embedder {
  /**
   * Vectors of texts, in their order. The same texts give the same bits whatever was embedded before.
   *
   * @param texts final strings, prompt included; one shard of a list
   */
  embed(texts: readonly string[], call: EmbedCall): Promise<EmbeddedTexts>;
  /**
   * Cuts texts into tokens and plans their batches while the device is busy with others; absent where there is nothing to
   * do ahead.
   */
  prepare?(texts: readonly string[], call: Pick<EmbedCall, 'signal' | 'inOneBatch'>): Promise<PreparedTexts>;
  /** Token ids with special tokens, cut as for embedding; throws where the model has no tokens that we see. */
  tokenize?(text: string): readonly number[];
  close(): Promise<void>;
}

/** What of a task decides its prompts. */
export type PromptedTask = Pick<TaskDefinition, 'id' | 'prompts' | 'subset'> & { readonly family: Family };

/** Everything that decides a model's vectors, resolved once and recorded; nothing heavy is loaded yet. */
export interface ResolvedModel {
  /** `local/<folder name>`, `vectors/<folder name>`, `baseline/char-ngram`, `openai/<name>`, or the Hub id. */
  readonly id: string;
  readonly kind: 'sentence-transformers' | 'onnx' | 'static' | 'vectors' | 'baseline' | 'endpoint';
  /** Commit on the Hub, null for local files. */
  readonly revision: string | null;
  /** SHA-256 over names and hashes of the files (or over the settings where there are none), hex; names local variants. */
  readonly localHash: string;
  readonly dims: number;
  readonly dtype: string;
  /** Files that decide the vectors; paths relative to the model folder. */
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
  /** dims, dtype, pooling, normalize, maxTokens, stripText, prompts, device class, batch budget and policy ... as resolved. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Options given that differ from the model's own definition, as the command line spells them (for the variant's name). */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** Hash of everything that can change a stored vector; names the folder in the store. */
  readonly key: string;
  /** What the user should know (a prompt unused, a longer input than the model was trained for ...). */
  readonly warnings: readonly string[];
  /** True where the vectors of a text depend on which part of it is the prompt, so that list keys must hold the prompt. */
  readonly promptChangesPooling: boolean;
  /** Where settings come from, by their names. */
  readonly origins?: Readonly<Record<string, string>>;
  /** The prompt put before a text of this role in this task; '' for none. */
  promptFor(task: PromptedTask, role: TextRole): string;
  /** Where that prompt comes from. */
  promptOrigin(task: PromptedTask, role: TextRole): string;
  /** How texts are cut into tokens, no weights loaded; absent where a model has no texts to cut. */
  tokenizing?(): Promise<Tokenizing>;
  /** What is wrong with these final strings for this model (texts that given vectors lack); all of it, at most 20 named. */
  check?(texts: Iterable<string> | AsyncIterable<string>, where: string): Promise<Problem[]>;
  open(resources: EmbeddingResources): Promise<Embedder>;
}

/** The model options of the command line; undefined where not given. */
export interface ModelOptions {
  readonly revision?: string;
  readonly onnxFile?: string;
  readonly pooling?: 'mean' | 'cls' | 'last_token';
  readonly normalize?: boolean;
  readonly maxTokens?: number;
  readonly dictionary?: string;
  readonly dtype?: string;
  readonly device?: string;
  readonly batchTokens?: number;
  readonly batchPolicy?: 'bucketed' | 'single';
  readonly prompt?: string;
  readonly queryPrompt?: string;
  readonly documentPrompt?: string;
  readonly noPrompt?: boolean;
  /** Addresses of servers that run the model; OpenAI's own where absent. */
  readonly endpoint?: readonly string[];
  /** Environment variable that holds the key for all of them. */
  readonly apiKeyEnv?: string;
  /** Requests under way at each address. */
  readonly concurrency?: number;
  /** Dimensions that a server is asked for. */
  readonly dimensions?: number;
}
