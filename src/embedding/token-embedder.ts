import { setImmediate as turn } from 'node:timers/promises';
import { UserError } from '../errors.js';
import {
  TokenCollector,
  encodeForModel,
  type TextTokenizer,
  type TokenizedTexts,
} from '../tokenization/text-tokenizer.js';
import { BatchFault } from './batch-fault.js';
import { planBatches, wholeBatch, type BatchBudget, type PlannedBatch } from './plan-batches.js';
import { tokenizingOf } from './tokenizing.js';
import type { BatchRunner, EmbedCall, EmbeddedTexts, Embedder, PreparedTexts, TokenBatch } from './types.js';

/** A model that reads token ids. */
export interface TokenModel {
  readonly tokenizer: TextTokenizer;
  /** What a final string goes through before the tokenizer (white space at its ends, lower case). */
  readonly prepare: (text: string) => string;
  /** Tokens of the longest input, special ones included; null for no limit. */
  readonly maxTokens: number | null;
  /** Ids are below this. */
  readonly vocabulary: number;
  readonly dims: number;
  readonly budget: BatchBudget;
  /** Whether the tokens of the prompt are left out of pooling. */
  readonly skipsPrompt: boolean;
  /** Whether a text without any token has a vector; an error unless said. */
  readonly embedsEmpty?: boolean;
  /** Whether the bits of a vector can depend on the other texts of its batch: float32 on a processor's do not. */
  readonly dependsOnBatch?: boolean;
  /** What to do where a vector is not finite; look at the weights, unless said. */
  readonly overflowFix?: string;
}

/** Texts between two turns of the event loop while texts are cut: a batch that comes back meanwhile waits a few milliseconds. */
const TEXTS_A_TURN = 32;

/** An embedder that cuts texts into tokens here and has batches of them run elsewhere. */
export function tokenEmbedder(model: TokenModel, runner: BatchRunner): Embedder {
  return {
    embed: async (texts, call) => (await prepare(model, runner, texts, call)).embed(call),
    prepare: (texts, call) => prepare(model, runner, texts, call),
    tokenize: (text) => tokenizingOf(model).cut(text).ids as readonly number[],
    close: () => runner.close(),
  };
}

async function prepare(
  model: TokenModel,
  runner: BatchRunner,
  texts: readonly string[],
  { signal, inOneBatch }: Pick<EmbedCall, 'signal' | 'inOneBatch'>,
): Promise<PreparedTexts> {
  signal?.throwIfAborted();
  const tokens = await tokenizeAll(model, texts, signal);
  const lengths = Int32Array.from(texts, (_, i) => tokens.offsets[i + 1] - tokens.offsets[i]);
  // A text without tokens is a row of padding.
  const padded = lengths.map((length) => Math.max(1, length));
  const batches = inOneBatch === true ? [wholeBatch(padded)] : planBatches(padded, model.budget);
  return { texts, embed: (call) => embed(model, runner, { texts, tokens, lengths, batches }, call) };
}

/** Texts that are cut into tokens and put into batches. */
interface PlannedTexts {
  readonly texts: readonly string[];
  readonly tokens: TokenizedTexts;
  readonly lengths: Int32Array;
  readonly batches: readonly PlannedBatch[];
}

async function embed(
  model: TokenModel,
  runner: BatchRunner,
  { texts, tokens, lengths, batches }: PlannedTexts,
  call: EmbedCall,
): Promise<EmbeddedTexts> {
  const rows = new Float32Array(texts.length * model.dims);
  const skip = model.skipsPrompt ? promptLength(model, call) : 0;
  let doneTexts = 0;
  let doneTokens = 0;
  let splitBatches = 0;
  await inParallel(batches, runner.parallel, async (planned) => {
    call.signal?.throwIfAborted();
    const batch = batchOf(planned, tokens, lengths, { padId: model.tokenizer.padId, skip });
    const vectors = await runner
      .run(batch, () => splitBatches++)
      .catch((thrown: unknown) => throwNamed(thrown, planned, texts));
    place(vectors, planned, { ...model, rows, texts });
    doneTexts += batch.rows;
    for (const length of batch.lengths) doneTokens += length;
    call.onProgress?.(doneTexts, doneTokens);
  });
  return { rows, ...tokens.counts, ...(model.dependsOnBatch === true && splitBatches > 0 ? { splitBatches } : {}) };
}

async function tokenizeAll(
  model: TokenModel,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<TokenizedTexts> {
  const collector = new TokenCollector(model.tokenizer, model.maxTokens, texts.length);
  for (const [i, text] of texts.entries()) {
    if (i % TEXTS_A_TURN === TEXTS_A_TURN - 1) {
      await turn();
      signal?.throwIfAborted();
    }
    const ids = collector.add(model.prepare(text));
    if (ids.length === 0 && model.embedsEmpty !== true) {
      throw cannotEmbed(text, 'has no tokens: this model embeds no empty text.', 'leave the row out of the data.');
    }
    const beyond = ids.find((id) => id >= model.vocabulary);
    if (beyond !== undefined) {
      const what = `has the token id ${beyond}, but the model has only ${model.vocabulary} tokens.`;
      throw cannotEmbed(text, what, 'check that the tokenizer belongs to the weights.');
    }
  }
  return collector.finish();
}

/** Columns that pooling leaves out: the prompt alone with special tokens, less the last one. */
function promptLength(model: TokenModel, call: EmbedCall): number {
  if (call.prompt === '' && call.emptyPrompt !== true) return 0;
  return encodeForModel(model.tokenizer, model.prepare(call.prompt), model.maxTokens).ids.length - 1;
}

function batchOf(
  planned: PlannedBatch,
  tokens: TokenizedTexts,
  lengths: Int32Array,
  { padId, skip }: { readonly padId: number; readonly skip: number },
): TokenBatch {
  const { texts, length } = planned;
  const ids = new Int32Array(texts.length * length).fill(padId);
  for (const [row, text] of texts.entries()) {
    ids.set(tokens.ids.subarray(tokens.offsets[text], tokens.offsets[text + 1]), row * length);
  }
  return { ids, lengths: Int32Array.from(texts, (text) => lengths[text]), rows: texts.length, length, skip };
}

/** Names the text over which a runner failed; throws. */
function throwNamed(thrown: unknown, planned: PlannedBatch, texts: readonly string[]): never {
  if (!(thrown instanceof BatchFault)) throw thrown;
  const fix = 'leave the row out of the data, cut it shorter (--max-tokens), or give the model more memory.';
  throw cannotEmbed(texts[planned.texts[thrown.row]], `${thrown.message}.`, fix);
}

interface Target {
  readonly rows: Float32Array;
  readonly dims: number;
  readonly overflowFix?: string;
  readonly texts: readonly string[];
}

function place(
  vectors: Float32Array,
  planned: PlannedBatch,
  { rows, dims, overflowFix = 'check the weights.', texts }: Target,
): void {
  if (vectors.length !== planned.texts.length * dims) {
    throw new Error(`${vectors.length} numbers came back for ${planned.texts.length} rows of ${dims}`);
  }
  for (const [row, text] of planned.texts.entries()) {
    const vector = vectors.subarray(row * dims, (row + 1) * dims);
    if (!vector.every(Number.isFinite)) {
      throw cannotEmbed(texts[text], 'the model gives a vector with NaN or infinity.', overflowFix);
    }
    rows.set(vector, text * dims);
  }
}

/** Runs jobs in order, some at once; after a failure none is begun, and those under way are waited for. */
async function inParallel<T>(jobs: readonly T[], atOnce: number, run: (job: T) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < jobs.length && !failed) {
      try {
        await run(jobs[next++]);
      } catch (thrown) {
        failed = true;
        throw thrown;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.max(1, atOnce) }, worker));
  const fault = results.find((result) => result.status === 'rejected');
  if (fault !== undefined) throw fault.reason;
}

/** At most this much of a text is shown. */
const SHOWN = 80;

/** A text has no vector, while others of the same model may have one. */
export class TextFault extends UserError {}

/** The error for a text that has no vector. */
export function cannotEmbed(text: string, what: string, fix: string): TextFault {
  return new TextFault({ where: `text ${shownText(text)}`, what, fix });
}

/** A text in a message: quoted, its beginning where it is long. */
export function shownText(text: string): string {
  const characters = Array.from(text.slice(0, 2 * SHOWN + 2));
  return characters.length > SHOWN ? `${JSON.stringify(characters.slice(0, SHOWN).join(''))}...` : JSON.stringify(text);
}
