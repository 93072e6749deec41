import { describe, expect, it } from 'vitest';
import { compareRuns } from '../../src/compare/compare-runs.js';
import { checkComplete, checkDrops, checkLosses, gateReport, type GateCheck } from '../../src/compare/gate.js';
import { REPORTERS } from '../../src/compare/report-gate.js';
import type { RunItems } from '../../src/compare/types.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { exampleRun, retrievalTask, type RunParts } from './example-runs.js';

interface Shares extends Omit<RunParts, 'tasks'> {
  readonly shares: Readonly<Record<string, readonly number[]>>;
}

function run(name: string, { shares, ...parts }: Shares): RunItems {
  const tasks = Object.entries(shares).map(([task, values]) => [task, retrievalTask(values)] as const);
  return exampleRun(name, { ...parts, tasks: Object.fromEntries(tasks) });
}

const gateOf = (checks: readonly GateCheck[]) =>
  gateReport({ run: 'b', against: 'a', runFinished: null, settings: null, differs: [], checks });
const draws = (random: RandomState, n: number) => Array.from(random.randomSample(n));

describe('comparing runs', () => {
  const random = new RandomState(1);
  const [a, b] = [draws(random, 60), draws(random, 60)];

  it('matches items by id, whatever their order', () => {
    const ids = a.map((_, i) => `q${i}`);
    const order = new RandomState(2).permutation(60);
    const straight = compareRuns([run('a', { shares: { t: a } }), run('b', { shares: { t: b } })]);
    const shuffled = run('b', { shares: { t: order.map((i) => b[i]) }, ids: order.map((i) => ids[i]) });
    const found = compareRuns([run('a', { shares: { t: a } }), shuffled]);
    expect(found.tasks[0].differences[0].interval).toEqual(straight.tasks[0].differences[0].interval);
    expect(found.tasks[0].differences[0].p).toBe(straight.tasks[0].differences[0].p);
  });

  it('refuses other protocols, data and items, and names the field', () => {
    const first = run('a', { shares: { t: a } });
    expect(() => compareRuns([first, run('b', { shares: { t: a }, protocol: 'corrected' })])).toThrow(
      '"protocol.name"',
    );
    expect(() => compareRuns([first, run('b', { shares: { t: a }, sha256: '0'.repeat(64) })])).toThrow(
      '"dataset.files"',
    );
    const other = run('b', { shares: { t: a }, ids: a.map((_, i) => `x${i}`) });
    expect(() => compareRuns([first, other])).toThrow('the items differ');
  });

  it('does not let other tasks change what is said of one', () => {
    const alone = compareRuns([run('a', { shares: { t: a } }), run('b', { shares: { t: b } })]);
    const both = compareRuns([run('a', { shares: { s: b, t: a } }), run('b', { shares: { s: a, t: b } })]);
    const { interval, p } = both.tasks.find(({ task }) => task === 't')!.differences[0];
    expect({ interval, p }).toEqual({
      interval: alone.tasks[0].differences[0].interval,
      p: alone.tasks[0].differences[0].p,
    });
  });
});

describe('the gate', () => {
  it('never fails a run against itself', () => {
    const shares = { t: draws(new RandomState(3), 30), s: draws(new RandomState(4), 30) };
    const checks = checkLosses(compareRuns([run('a', { shares }), run('b', { shares })]));
    expect(gateOf(checks).verdict).toBe('passed');
  });

  /** 200 gates at 5 %: 10 alarms expected at most; more than 19 come by chance once in 500 (binomial). */
  it('alarms on runs that differ by chance alone in about 1 of 20 at most, and finds real losses', () => {
    const random = new RandomState(5);
    const gates = 200;
    const alarms = (loss: number) => {
      let failed = 0;
      for (let gate = 0; gate < gates; gate++) {
        const shares = () => ({ t: [] as number[], s: [] as number[], u: [] as number[] });
        const [a, b] = [shares(), shares()];
        for (const task of ['t', 's', 'u'] as const)
          for (const base of draws(random, 40)) {
            a[task].push(base + 0.1 * random.standardNormal());
            b[task].push(base + 0.1 * random.standardNormal() - loss);
          }
        const runs = [run('a', { shares: a }), run('b', { shares: b })];
        const checks = checkLosses(compareRuns(runs, { resamples: 200, seed: gate }));
        if (gateOf(checks).verdict === 'failed') failed++;
      }
      return failed;
    };
    expect(alarms(0)).toBeLessThanOrEqual(19);
    expect(alarms(0.1)).toBeGreaterThan(0.8 * gates);
  });

  it('passes a drop only where the lower bound is within the limit', () => {
    const shares = { t: draws(new RandomState(6), 50) };
    const lost = { t: shares.t.map((share) => share - 0.02) };
    const comparison = compareRuns([run('a', { shares }), run('b', { shares: lost })]);
    const verdict = (maxDrop: number) =>
      checkDrops(comparison, { schema: 'jmteb/limits/1', default: { maxDrop } })[0].verdict;
    expect([verdict(1), verdict(3)]).toEqual(['failed', 'passed']);
  });

  it('is no pass when a task is missing or nothing was judged', () => {
    expect(gateOf(checkComplete(new Map(), ['t'])).verdict).toBe('incomplete');
    expect(gateOf([]).verdict).toBe('incomplete');
  });

  it('escapes whatever names and texts hold', () => {
    const checks = [{ name: '<b>&"x"|\u0000,:', verdict: 'failed' as const, text: '100%\n]]><script>|`' }];
    const report = gateOf(checks);
    expect(REPORTERS.junit(report)).not.toMatch(/<script|<b>/);
    expect(REPORTERS.junit(report)).not.toContain('\u0000');
    expect(REPORTERS.github(report)).toContain('::100%25%0A]]>');
    expect(REPORTERS.github(report)).toContain('%2C%3A::');
    expect(REPORTERS.markdown(report)).not.toMatch(/<script|<b>/);
    expect(JSON.parse(REPORTERS.json(report))).toEqual(report);
  });
});
