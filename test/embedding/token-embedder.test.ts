import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BatchFault } from '../../src/embedding/batch-fault.js';
import { tokenEmbedder, type TokenModel } from '../../src/embedding/token-embedder.js';
import type { BatchRunner, TokenBatch } from '../../src/embedding/types.js';

/** A tokenizer whose ids are the code units of the text less 97; `?` is unknown. */
const MODEL: TokenModel = {
  tokenizer: {
    encode: (text) => Array.from(text, (char) => (char === '?' ? 26 : char.charCodeAt(0) - 97)),
    before: [27],
    behind: [28],
    unknownId: 26,
    padId: 29,
    cutFrom: 'right',
    maxTokens: null,
  },
  prepare: (text) => text.trim(),
  maxTokens: 6,
  vocabulary: 30,
  dims: 2,
  budget: { policy: 'bucketed', tokens: 12 },
  skipsPrompt: false,
};

/** The sum of the ids of a row, and its length. */
function sums(batch: TokenBatch): Float32Array {
  const rows = new Float32Array(2 * batch.rows);
  for (let row = 0; row < batch.rows; row++) {
    const ids = batch.ids.subarray(row * batch.length, row * batch.length + batch.lengths[row]);
    rows[2 * row] = ids.reduce((sum, id) => sum + id, 0);
    rows[2 * row + 1] = batch.lengths[row];
  }
  return rows;
}

function runnerOf(run: (batch: TokenBatch) => Float32Array | Promise<Float32Array>, parallel = 1): BatchRunner {
  return { run: async (batch) => run(batch), parallel, close: async () => undefined };
}

const NO_PROMPT = { prompt: '' };

describe('tokenEmbedder', () => {
  it('gives rows in the order of the texts, and counts tokens, cut texts and unknown tokens', async () => {
    const embedded = await tokenEmbedder(MODEL, runnerOf(sums)).embed(['b', 'abcdefgh', ' c? ', 'b'], NO_PROMPT);
    expect([...embedded.rows]).toEqual([56, 3, 61, 6, 83, 4, 56, 3]);
    expect(embedded).toMatchObject({ tokens: 16, truncated: 1, unknownTokens: 1, byteFallbackTokens: 0 });
  });

  it('counts the bytes of what the vocabulary lacks, in what is left of a cut text, and no unknowns where there are none', async () => {
    const tokenizer = { ...MODEL.tokenizer, unknownId: null, byteIds: new Set([1, 7]) };
    const embedder = tokenEmbedder({ ...MODEL, tokenizer }, runnerOf(sums));
    const { rows: _, ...counts } = await embedder.embed(['b?b', 'abcdefgh'], NO_PROMPT);
    expect(counts).toEqual({ tokens: 11, truncated: 1, unknownTokens: 0, byteFallbackTokens: 3 });
  });

  it('fills rows up with the padding id, to the right', async () => {
    const seen: TokenBatch[] = [];
    const runner = runnerOf((batch) => (seen.push(batch), sums(batch)));
    await tokenEmbedder({ ...MODEL, budget: { policy: 'bucketed', tokens: 100 } }, runner).embed(
      ['b', 'abc'],
      NO_PROMPT,
    );
    expect(seen.length).toBe(1);
    expect([...seen[0].ids]).toEqual([27, 0, 1, 2, 28, 27, 1, 28, 29, 29]);
    expect([...seen[0].lengths]).toEqual([5, 3]);
  });

  it('has as many batches under way as the runner asks for, and reports progress up to all texts', async () => {
    let underWay = 0;
    let most = 0;
    const runner = runnerOf(async (batch) => {
      most = Math.max(most, ++underWay);
      await wait(5);
      underWay--;
      return sums(batch);
    }, 3);
    const progress: number[][] = [];
    const texts = Array.from({ length: 20 }, (_, i) => 'abcd'.slice(0, 1 + (i % 4)));
    await tokenEmbedder(MODEL, runner).embed(texts, { prompt: '', onProgress: (...done) => progress.push(done) });
    expect(most).toBe(3);
    expect(progress.at(-1)).toEqual([20, 90]);
  });

  it('names the text whose vector is not finite', async () => {
    const runner = runnerOf((batch) => sums(batch).map((value) => (value === 56 ? NaN : value)));
    await expect(tokenEmbedder(MODEL, runner).embed(['a', 'b'], NO_PROMPT)).rejects.toThrow(
      'text "b": the model gives a vector with NaN',
    );
  });

  it('names the text that has an id beyond the table of the model, or none at all', async () => {
    const few = tokenEmbedder({ ...MODEL, vocabulary: 29 }, runnerOf(sums));
    await expect(few.embed(['a~'], NO_PROMPT)).rejects.toThrow('text "a~": has the token id 29');
    const bare = { ...MODEL, tokenizer: { ...MODEL.tokenizer, before: [], behind: [] } };
    await expect(tokenEmbedder(bare, runnerOf(sums)).embed(['a', ' '], NO_PROMPT)).rejects.toThrow(
      'text " ": has no tokens',
    );
  });

  it('begins nothing after a failure, and waits for what is under way', async () => {
    let begun = 0;
    let ended = 0;
    const runner = runnerOf(async (batch) => {
      const mine = begun++;
      await wait(mine === 0 ? 1 : 20);
      ended++;
      if (mine === 0) throw new Error('out of memory');
      return sums(batch);
    }, 2);
    await expect(
      tokenEmbedder(MODEL, runner).embed(['abcd', 'abcd', 'abcd', 'abcd', 'abcd', 'abcd'], NO_PROMPT),
    ).rejects.toThrow('out of memory');
    expect([begun, ended]).toEqual([2, 2]);
  });

  it('stops between batches when asked to', async () => {
    const controller = new AbortController();
    const runner = runnerOf((batch) => (controller.abort(new Error('enough')), sums(batch)));
    const texts = ['abcd', 'abcd', 'abcd', 'abcd'];
    await expect(tokenEmbedder(MODEL, runner).embed(texts, { prompt: '', signal: controller.signal })).rejects.toThrow(
      'enough',
    );
  });

  it('names the text over which the runner failed', async () => {
    const fails = async (): Promise<never> => {
      throw new BatchFault(1, 'the process ended');
    };
    // Longest first: row 1 of the batch is the first text.
    const failed = tokenEmbedder(MODEL, runnerOf(fails)).embed(['ab', 'abcd'], NO_PROMPT);
    await expect(failed).rejects.toThrow(/text "ab": the process ended/);
  });

  it('says how many tokens of the prompt pooling leaves out', async () => {
    const skips: (number | undefined)[] = [];
    const runner = runnerOf((batch) => (skips.push(batch.skip), sums(batch)));
    const embedder = tokenEmbedder({ ...MODEL, skipsPrompt: true }, runner);
    await embedder.embed(['abc'], { prompt: 'ab ' });
    await embedder.embed(['abc'], NO_PROMPT);
    await embedder.embed(['abc'], { prompt: '', emptyPrompt: true });
    expect(skips).toEqual([3, 0, 1]);
  });

  it('refuses rows of another number than it asked for', async () => {
    await expect(
      tokenEmbedder(
        MODEL,
        runnerOf(() => new Float32Array(3)),
      ).embed(['a'], NO_PROMPT),
    ).rejects.toThrow('3 numbers came back for 1 rows of 2');
  });
});
