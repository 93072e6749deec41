import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { spearman } from '../../src/metrics/correlation.js';
import { f1Scores } from '../../src/metrics/f1-scores.js';
import { holm } from '../../src/metrics/holm.js';
import { mcNemar } from '../../src/metrics/mcnemar.js';
import { bootstrapScores, chanceOf, quantiles, standardDeviation } from '../../src/metrics/paired-draws.js';
import { pairedT } from '../../src/metrics/paired-t.js';
import { binaryF1 } from '../../src/metrics/pair-thresholds.js';
import { vMeasure } from '../../src/metrics/v-measure.js';
import {
  weightedBinaryF1,
  weightedF1,
  weightedMean,
  weightedSpearman,
  weightedVMeasure,
} from '../../src/metrics/weighted-scores.js';
import { midranks } from '../../src/numeric/midranks.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { describeShared, goldenPath, sharedPath } from '../shared.js';

interface Golden {
  readonly cases: readonly {
    readonly name: string;
    readonly a: readonly number[];
    readonly b: readonly number[];
    readonly meanDifference: number;
    readonly pairedT: { readonly t: number | null; readonly p: number | null };
    readonly bootstrap: {
      readonly resamples: number;
      readonly randomState: number;
      readonly interval95: readonly number[];
      readonly lower90: number;
      readonly first5: readonly number[];
      readonly standardError: number;
    };
    readonly mcNemarExact?: { readonly onlyA: number; readonly onlyB: number; readonly p: number };
  }[];
  readonly spearman: {
    readonly gold: readonly number[];
    readonly a: readonly number[];
    readonly b: readonly number[];
    readonly randomState: number;
    readonly resamples: number;
    readonly interval95: readonly number[];
    readonly first5: readonly number[];
  };
  readonly holm: { readonly p: readonly number[]; readonly adjusted: readonly number[] };
}

const readGolden = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Golden;
const golden = readGolden(goldenPath('statistics', 'values.json'));
/** Sums of the same numbers in another order. */
const SUM = 1e-12;
/** Relative, of p-values: two implementations of the same special functions. */
const P_VALUE = 1e-9;

const near = (found: number, expected: number, tolerance: number) =>
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(tolerance);
const differencesOf = (drawn: readonly Float64Array[]) => drawn[1].map((value, i) => value - drawn[0][i]);

function testCase({ a, b, bootstrap, pairedT: t, mcNemarExact, ...golden }: Golden['cases'][number]): void {
  const [first, second] = [Float64Array.from(a), Float64Array.from(b)];
  const differences = second.map((value, i) => value - first[i]);

  it('resample as NumPy does', () => {
    const random = new RandomState(bootstrap.randomState);
    const scores = [first, second].map(weightedMean);
    const drawn = differencesOf(bootstrapScores(scores, first.length, bootstrap.resamples, random));
    bootstrap.first5.forEach((value, i) => near(drawn[i], value, SUM));
    const [low, lower90, high] = quantiles(drawn, [0.025, 0.05, 0.975]);
    near(low, bootstrap.interval95[0], SUM);
    near(high, bootstrap.interval95[1], SUM);
    near(lower90, bootstrap.lower90, SUM);
    near(standardDeviation(drawn), bootstrap.standardError, SUM);
    const once = new Float64Array(first.length).fill(1);
    near(scores[1](once) - scores[0](once), golden.meanDifference, SUM);
  });

  it('have the t and p of SciPy', () => {
    const found = pairedT(differences);
    if (t.t === null) return expect(found).toBeNull();
    near(found!.t / t.t, 1, P_VALUE);
    near(found!.p / t.p!, 1, P_VALUE);
  });

  if (mcNemarExact === undefined) return;
  it('have the exact p of SciPy for decisions', () => {
    const found = mcNemar(a, b);
    expect([found.onlyA, found.onlyB]).toEqual([mcNemarExact.onlyA, mcNemarExact.onlyB]);
    near(found.exact / mcNemarExact.p, 1, P_VALUE);
    expect(found.midP).toBeLessThanOrEqual(found.exact);
  });
}

describe.each(golden.cases)('paired statistics of $name', testCase);

describeShared('paired statistics of the larger cases', () => {
  const vendored = new Set(golden.cases.map(({ name }) => name));
  const others = readGolden(sharedPath('goldens', 'statistics', 'values.json')).cases;
  describe.each(others.filter(({ name }) => !vendored.has(name)))('$name', testCase);
});

describe('statistics of several tests', () => {
  it("adjust as Holm's procedure does", () => {
    holm(golden.holm.p).forEach((value, i) => near(value, golden.holm.adjusted[i], SUM));
  });

  it('count the observation itself, so that no p is 0', () => {
    const chance = Float64Array.from([-2, -1, 0, 1]);
    expect(chanceOf(-3, chance, 'loss')).toBe(1 / 5);
    expect(chanceOf(-1, chance, 'loss')).toBe(3 / 5);
    expect(chanceOf(1, chance, 'both')).toBe(4 / 5);
    expect(chanceOf(0, chance, 'both')).toBe(1);
  });

  it('have mid-p values by enumeration', () => {
    // Five disagreements, one of them for the second: P(X <= 1) = 6 / 32, P(X = 1) = 5 / 32.
    const found = mcNemar([1, 1, 1, 1, 0, 1], [0, 0, 0, 0, 1, 1]);
    near(found.exact, 12 / 32, SUM);
    near(found.midP, 7 / 32, SUM);
    expect(mcNemar([1], [1])).toEqual({ onlyA: 0, onlyB: 0, exact: 1, midP: 1 });
  });
});

describe('scores of drawn items', () => {
  it('resample Spearman as SciPy does on the gathered items', () => {
    const [gold, a, b] = [golden.spearman.gold, golden.spearman.a, golden.spearman.b].map((v) => Float64Array.from(v));
    const random = new RandomState(golden.spearman.randomState);
    const scores = [a, b].map((values) => weightedSpearman(midranks(gold), midranks(values)));
    const drawn = differencesOf(bootstrapScores(scores, gold.length, golden.spearman.resamples, random));
    golden.spearman.first5.forEach((value, i) => near(drawn[i], value, SUM));
    quantiles(drawn, [0.025, 0.975]).forEach((value, i) => near(value, golden.spearman.interval95[i], SUM));
  });

  it('equal the metrics of the gathered items, label by label', () => {
    const random = new RandomState(3);
    const n = 40;
    const draw = (labels: number) => Float64Array.from(random.randint(0, labels, n));
    for (let round = 0; round < 50; round++) {
      const [gold, other, binary, predicted] = [draw(5), draw(6), draw(2), draw(2)];
      const rows = random.randint(0, n, n);
      const weights = new Float64Array(n);
      for (const row of rows) weights[row]++;
      const gather = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]);
      const f1 = f1Scores(gather(gold), gather(other))!;
      for (const average of ['macro', 'micro', 'weighted'] as const)
        near(weightedF1(gold, other, 6, average)(weights), f1[average], SUM);
      const f1OfPairs = binaryF1(Uint8Array.from(gather(predicted)), Uint8Array.from(gather(binary)));
      near(weightedBinaryF1(binary, predicted)(weights), f1OfPairs, SUM);
      near(
        weightedVMeasure([...gold].map(String), other)(weights),
        vMeasure(gather(gold), gather(other)).vMeasure,
        SUM,
      );
      near(weightedSpearman(midranks(gold), midranks(other))(weights), spearman(gather(gold), gather(other)) ?? 0, SUM);
    }
  });
});
