import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LineSearch } from '../../src/estimators/line-search.js';
import { goldenPath } from '../shared.js';

interface Path {
  readonly f: string;
  readonly first: number;
  readonly steps: readonly number[];
  readonly result: number | null;
  readonly task: string;
}

const golden = JSON.parse(readFileSync(goldenPath('estimators', 'logreg', 'dcsrch_paths.json'), 'utf8')) as Record<
  string,
  Path
>;

/** Interpolated steps are a few float64 operations; other groupings of the same formula differ in the last digits. */
const STEP_TOLERANCE = 1e-12;

/** Trials that the reference allows. */
const MAX_TRIALS = 50;

const root = (b: number): number => Math.sqrt(1 + b * b) - b;
const [B1, B2] = [0.001, 0.01];

/** The functions of Moré and Thuente's paper and three plain ones: value and slope. */
const functions: Record<string, (a: number) => [number, number]> = {
  mt1: (a) => [-a / (a ** 2 + 2), (a ** 2 - 2) / (a ** 2 + 2) ** 2],
  mt2: (a) => [(a + 0.004) ** 5 - 2 * (a + 0.004) ** 4, 5 * (a + 0.004) ** 4 - 8 * (a + 0.004) ** 3],
  quad: (a) => [(a - 3) ** 2, 2 * (a - 3)],
  steep: (a) => [a ** 4 / 4 - 20 * a, a ** 3 - 20],
  yanai: (a) => [
    root(B1) * Math.sqrt((1 - a) ** 2 + B2 ** 2) + root(B2) * Math.sqrt(a ** 2 + B1 ** 2),
    (root(B1) * (a - 1)) / Math.sqrt((1 - a) ** 2 + B2 ** 2) + (root(B2) * a) / Math.sqrt(a ** 2 + B1 ** 2),
  ],
  down: (a) => [-a, -1],
};

const TASKS: Record<string, string> = {
  CONVERGENCE: 'converged',
  'WARNING: STP = STPMAX': 'largest step',
  'WARNING: STP = STPMIN': 'smallest step',
  'WARNING: XTOL TEST SATISFIED': 'interval',
  'WARNING: ROUNDING ERRORS PREVENT PROGRESS': 'rounding',
};

describe('LineSearch', () => {
  test.each(Object.entries(golden))('%s tries the steps of dcsrch and ends as it ends', (_, path) => {
    const f = functions[path.f];
    const search = new LineSearch(...f(0), path.first);
    const steps: number[] = [];
    let ending: string | undefined;
    while (ending === undefined && steps.length < MAX_TRIALS) {
      steps.push(search.step);
      ending = search.advance(...f(search.step));
    }
    expect(steps.length).toBe(path.steps.length);
    path.steps.forEach((step, i) => expect(Math.abs(steps[i] / step - 1)).toBeLessThanOrEqual(STEP_TOLERANCE));
    expect(ending).toBe(TASKS[path.task]);
  });

  test('a step that converged satisfies both conditions, and every search ends', () => {
    for (const name of ['mt1', 'mt2', 'quad', 'steep', 'yanai']) {
      for (let exponent = -3; exponent <= 3; exponent += 0.25) {
        const f = functions[name];
        const [value0, slope0] = f(0);
        const search = new LineSearch(value0, slope0, 10 ** exponent);
        let trials = 0;
        let ending: string | undefined;
        while (ending === undefined && trials++ < MAX_TRIALS) ending = search.advance(...f(search.step));
        expect(ending).toBeDefined();
        if (ending !== 'converged') continue;
        const [value, slope] = f(search.step);
        expect(value).toBeLessThanOrEqual(value0 + 1e-3 * search.step * slope0);
        expect(Math.abs(slope)).toBeLessThanOrEqual(0.9 * Math.abs(slope0));
      }
    }
  });

  test('a search that would go uphill is refused', () => {
    expect(() => new LineSearch(1, 0, 1)).toThrow(RangeError);
    expect(() => new LineSearch(1, 2, 1)).toThrow('downhill');
  });
});
