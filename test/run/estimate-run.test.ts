import { describe, expect, it } from 'vitest';
import type { ResolvedModel, Tokenizing } from '../../src/embedding/types.js';
import { calibrationTexts, measureSeconds, workOf, type PendingList } from '../../src/run/estimate-work.js';
import { estimateRun } from '../../src/run/estimate-run.js';

/** A token a character, at most ten a text. */
const TOKENIZING: Tokenizing = {
  cut: (text) => ({ text, ids: Array.from(text.slice(0, 10), () => 1) }),
  count(texts) {
    let tokens = 0;
    for (const text of texts) tokens += Math.min(10, text.length);
    return { tokens, truncated: 0, unknownTokens: 0, byteFallbackTokens: 0 };
  },
};
const WITHOUT_TOKENS: Tokenizing = {
  ...TOKENIZING,
  count: () => ({ tokens: null, truncated: null, unknownTokens: null, byteFallbackTokens: null }),
};

/** A list of texts of one length, with all of them missing unless said. */
function pendingList(task: string, size: number, length: number, missing = size): PendingList {
  const sample = Array.from({ length: Math.min(size, 40) }, (_, i) => String(i % 10).repeat(length));
  return { task, list: { size, characters: size * length, sample }, missing, vectorBytes: 100 };
}

function modelOf(kind: ResolvedModel['kind'], tokenizing?: Tokenizing) {
  return { id: 'local/m', kind, tokenizing: tokenizing && (async () => tokenizing) };
}

/** A model that takes no time. */
const instant = { embed: async () => ({ rows: new Float32Array(), ...TOKENIZING.count([]), tokens: 1 }) };

/** An embedder that makes a clock go on by so many seconds a token, the first time more. */
function slowModel(secondsPerToken: number, warmUp = 0) {
  let now = 0;
  const calls: (readonly string[])[] = [];
  const embed = async (texts: readonly string[]) => {
    const counts = TOKENIZING.count(texts);
    if (calls.length === 0) now += warmUp * 1000;
    calls.push(texts);
    now += 1000 * secondsPerToken * counts.tokens!;
    return { rows: new Float32Array(), ...counts };
  };
  return { embedder: { embed }, now: () => now, calls };
}

describe('the work of a list', () => {
  it('is its missing texts, their share of its characters in tokens of the sample, and the bytes of their vectors', () => {
    expect(workOf(pendingList('a', 100, 6, 50), TOKENIZING)).toEqual({ texts: 50, units: 300, bytes: 5000 });
    // Longer texts are cut by the model, in the sample as in the list.
    expect(workOf(pendingList('a', 100, 40), TOKENIZING).units).toBeCloseTo(1000, 9);
  });

  it('is counted in characters where there are no tokens', () => {
    expect(workOf(pendingList('a', 100, 40), undefined).units).toBe(4000);
  });

  it('is counted in characters where the texts cannot be cut, which is told when they are embedded', () => {
    const count = () => {
      throw new Error('no such text');
    };
    expect(workOf(pendingList('a', 100, 40), { ...TOKENIZING, count }).units).toBe(4000);
  });

  it('is none of an empty text or of no text', () => {
    expect(workOf(pendingList('a', 1, 0), TOKENIZING).units).toBe(0);
    expect(workOf(pendingList('a', 0, 0), TOKENIZING)).toEqual({ texts: 0, units: 0, bytes: 0 });
  });
});

describe('the time of a run', () => {
  const texts = Array.from({ length: 60 }, (_, i) => 'x'.repeat(1 + (i % 9)));

  it('is tokens times the time of one, without the time to warm up where there is much to do', async () => {
    const { embedder, now, calls } = slowModel(0.001, 0.05);
    const seconds = await measureSeconds(embedder, texts, { tokens: 1e6, tokenizing: TOKENIZING, enough: 30 }, now);
    expect(seconds).toBeCloseTo(1000, 6);
    expect(calls.map(({ length }) => length)).toEqual([4, 60]);
  });

  it('is measured once where it is short', async () => {
    const { embedder, now, calls } = slowModel(0.001);
    expect(
      await measureSeconds(embedder, texts, { tokens: 5000, tokenizing: TOKENIZING, enough: 30 }, now),
    ).toBeCloseTo(5, 6);
    expect(calls.length).toBe(1);
  });

  it('is measured once with a model that takes seconds for a text', async () => {
    const { embedder, now, calls } = slowModel(0.5);
    expect(await measureSeconds(embedder, texts, { tokens: 1e6, tokenizing: TOKENIZING, enough: 30 }, now)).toBeCloseTo(
      5e5,
      3,
    );
    expect(calls.length).toBe(1);
  });

  it('is measured with texts of all lists by their share of the work', () => {
    const lists = [
      { sample: Array.from({ length: 60 }, (_, i) => `a${i}`), units: 30 },
      { sample: Array.from({ length: 40 }, (_, i) => `b${i}`), units: 10 },
      { sample: ['c'], units: 0 },
    ];
    const chosen = calibrationTexts(lists);
    expect(chosen.filter((text) => text.startsWith('a')).length).toBe(48);
    expect(chosen.filter((text) => text.startsWith('b')).length).toBe(16);
    expect(new Set(chosen).size).toBe(64);
    expect(calibrationTexts([{ sample: ['', ''], units: 0 }])).toEqual([]);
  });
});

describe('what is told before a run', () => {
  const never = async () => Promise.reject(new Error('not to be opened'));
  const large = [pendingList('small', 1000, 7), pendingList('large', 9000, 7, 6000), pendingList('large', 3000, 7)];

  it('is nothing of a short run', async () => {
    const told = await estimateRun(
      modelOf('static', TOKENIZING),
      { pending: [pendingList('a', 500, 7)], scores: 1 },
      async () => instant,
    );
    expect(told.event).toBeUndefined();
    expect(told.tokens).toBe(3500);
  });

  it('is nothing of vectors that are there already, and of no texts; no model is opened for it', async () => {
    expect((await estimateRun(modelOf('vectors'), { pending: large, scores: 2 }, never)).event).toBeUndefined();
    expect((await estimateRun(modelOf('static', TOKENIZING), { pending: [], scores: 2 }, never)).event).toBeUndefined();
  });

  it('is nothing of texts without any token', async () => {
    const count = () => ({ tokens: 0, truncated: 0, unknownTokens: 0, byteFallbackTokens: 0 });
    const told = await estimateRun(modelOf('static', { ...TOKENIZING, count }), { pending: large, scores: 2 }, never);
    expect(told.event).toBeUndefined();
  });

  it('is texts, tokens and bytes by task, without a request, of a server', async () => {
    const opened: string[] = [];
    const open = async () => (opened.push('opened'), instant);
    const { event, tokens } = await estimateRun(modelOf('endpoint', TOKENIZING), { pending: large, scores: 16 }, open);
    expect(opened).toEqual([]);
    expect(tokens).toBe(70_000);
    expect(event).toEqual({
      event: 'estimate',
      model: 'local/m',
      texts: 10_000,
      tokens: 70_000,
      bytes: 1_000_000,
      seconds: null,
      scores: 16,
      tasks: [
        { task: 'small', texts: 1000, tokens: 7000, bytes: 100_000, seconds: null, share: 0.1 },
        { task: 'large', texts: 9000, tokens: 63_000, bytes: 900_000, seconds: null, share: 0.9 },
      ],
    });
  });

  it('has no tokens where the model has none that we see', async () => {
    const { event, tokens } = await estimateRun(
      modelOf('endpoint', WITHOUT_TOKENS),
      { pending: large, scores: 2 },
      never,
    );
    expect(tokens).toBeUndefined();
    expect(event).toMatchObject({ texts: 10_000, tokens: null, seconds: null });
    expect(event?.tasks.map(({ share }) => share)).toEqual([0.1, 0.9]);
  });

  it('leaves the time unknown where the model cannot be opened or fails at a text', async () => {
    const failing = { embed: async () => Promise.reject(new Error('no vector')) };
    for (const open of [never, async () => failing]) {
      const { event } = await estimateRun(modelOf('onnx', TOKENIZING), { pending: large, scores: 2 }, open);
      expect(event).toMatchObject({ texts: 10_000, seconds: null });
    }
  });

  it('shares the time out by tokens', async () => {
    const embed = async (texts: readonly string[]) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { rows: new Float32Array(), ...TOKENIZING.count(texts) };
    };
    const many = [pendingList('small', 1e5, 7), pendingList('large', 9e5, 7)];
    const { event } = await estimateRun(modelOf('onnx', TOKENIZING), { pending: many, scores: 2 }, async () => ({
      embed,
    }));
    const [small, large] = event!.tasks;
    expect(event!.seconds).toBeGreaterThan(30);
    expect(small.seconds! + large.seconds!).toBeCloseTo(event!.seconds!, 6);
    expect(large.seconds! / small.seconds!).toBeCloseTo(9, 6);
  });
});
