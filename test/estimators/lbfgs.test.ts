import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { minimizeLbfgs, type Evaluation, type LbfgsResult } from '../../src/estimators/lbfgs.js';
import { goldenPath } from '../shared.js';

interface Path {
  readonly function: string;
  readonly x0: readonly number[];
  readonly gtol: number;
  readonly x: readonly number[];
  readonly f: number;
  readonly nit: number;
  readonly nfev: number;
  readonly status: number;
  readonly message: string;
  readonly evaluations: readonly { readonly f: number }[];
  readonly iterations: readonly { readonly nfev: number; readonly f: number; readonly gmax: number }[];
}

const golden = JSON.parse(readFileSync(goldenPath('estimators', 'logreg', 'lbfgs_paths.json'), 'utf8')) as Record<
  string,
  Path
>;

/** Two-loop recursion and compact form are equal but for rounding, which grows with the iterations. */
const EARLY_VALUE_TOLERANCE = 1e-9;
const EARLY_ITERATIONS = 10;
const POINT_TOLERANCE = 1e-5;
/** The reference stops with a gradient that does not fit, or at a kink: there rounding decides how many trials it takes. */
const EVALUATIONS_DEPEND_ON_ROUNDING = ['wrong', 'kink'];

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const functions: Record<string, (x: number[]) => { value: number; gradient: number[] }> = {
  rosen: (x) => {
    const gradient = x.map(() => 0);
    let value = 0;
    for (let i = 0; i + 1 < x.length; i++) {
      const miss = x[i + 1] - x[i] ** 2;
      value += 100 * miss ** 2 + (1 - x[i]) ** 2;
      gradient[i] += -400 * x[i] * miss - 2 * (1 - x[i]);
      gradient[i + 1] += 200 * miss;
    }
    return { value, gradient };
  },
  quad: (x) => {
    const weights = x.map((_, i) => 10 ** ((5 * i) / (x.length - 1)));
    const gradient = x.map((value, i) => weights[i] * (value - 1));
    return { value: 0.5 * sum(x.map((value, i) => gradient[i] * (value - 1))), gradient };
  },
  logcosh: (x) => ({
    value: sum(x.map((value, i) => Math.log(Math.cosh((i + 1) * value)))),
    gradient: x.map((value, i) => (i + 1) * Math.tanh((i + 1) * value)),
  }),
  wrong: (x) => ({
    value: sum(x.map((value) => value ** 2)),
    gradient: x.map((value, i) => (i === 0 ? -2 : 2) * value),
  }),
  kink: (x) => ({
    value: sum(x.map(Math.abs)) + 0.5 * sum(x.map((value) => value ** 2)),
    gradient: x.map((value) => Math.sign(value) + value),
  }),
  flat: (x) => ({ value: 7, gradient: x.map(() => 0) }),
};

function objective(name: string): (x: Float64Array) => Evaluation {
  return (x) => {
    const { value, gradient } = functions[name](Array.from(x));
    return { value, gradient: Float64Array.from(gradient) };
  };
}

function messageOf(result: LbfgsResult): string {
  return {
    gradient: 'CONVERGENCE: NORM_OF_PROJECTED_GRADIENT_<=_PGTOL',
    decrease: 'CONVERGENCE: REL_REDUCTION_OF_F_<=_FACTR*EPSMCH',
    iterations: 'STOP: TOTAL NO. of ITERATIONS REACHED LIMIT',
    trials: 'ABNORMAL_TERMINATION_IN_LNSRCH',
  }[result.stop];
}

describe('minimizeLbfgs follows L-BFGS-B', () => {
  test.each(Object.entries(golden))('on %s', async (_, path) => {
    const values: { value: number; evaluations: number }[] = [];
    const result = await minimizeLbfgs(objective(path.function), Float64Array.from(path.x0), {
      gradientTolerance: path.gtol,
      onIteration: (_point, at, evaluations) => values.push({ value: at.value, evaluations }),
    });
    expect(result.iterations).toBe(path.nit);
    expect(messageOf(result)).toBe(path.message);
    if (!EVALUATIONS_DEPEND_ON_ROUNDING.includes(path.function)) {
      expect(result.evaluations).toBe(path.nfev);
      expect(values.map(({ evaluations }) => evaluations)).toEqual(path.iterations.map(({ nfev }) => nfev));
    }
    path.iterations.slice(0, EARLY_ITERATIONS).forEach(({ f }, i) => {
      expect(Math.abs(values[i].value - f)).toBeLessThanOrEqual(EARLY_VALUE_TOLERANCE * Math.abs(f));
    });
    path.x.forEach((x, i) => expect(Math.abs(result.point[i] - x)).toBeLessThanOrEqual(POINT_TOLERANCE));
  });
});

describe('minimizeLbfgs', () => {
  test('finds the minimum of a quadratic with a known solution from anywhere', async () => {
    for (let k = 0; k < 5; k++) {
      const target = Float64Array.from({ length: 7 }, (_, i) => Math.sin(3 * i + k));
      const bowl = (x: Float64Array): Evaluation => ({
        value: sum(Array.from(x, (value, i) => (i + 1) * (value - target[i]) ** 2)),
        gradient: x.map((value, i) => 2 * (i + 1) * (value - target[i])),
      });
      const start = Float64Array.from({ length: 7 }, (_, i) => 10 * Math.cos(i * k));
      const kept = start.slice();
      const { point } = await minimizeLbfgs(bowl, start, { gradientTolerance: 1e-10, decreaseTolerance: 0 });
      point.forEach((x, i) => expect(x).toBeCloseTo(target[i], 9));
      expect(start).toEqual(kept);
    }
  });

  test('the value never rises from iteration to iteration', async () => {
    const values: number[] = [];
    await minimizeLbfgs(objective('rosen'), Float64Array.of(-1.2, 1, -1.2, 1), {
      onIteration: (_point, at) => values.push(at.value),
    });
    expect(values).toEqual([...values].sort((a, b) => b - a));
  });

  test('a start without a slope is the answer', async () => {
    const result = await minimizeLbfgs(objective('flat'), Float64Array.of(1, 2));
    expect(result).toMatchObject({ iterations: 0, evaluations: 1, stop: 'gradient', value: 7 });
  });

  test('a function that is not a number ends the search', async () => {
    const nowhere = (x: Float64Array): Evaluation => ({ value: Number.NaN, gradient: x.map(() => Number.NaN) });
    const result = await minimizeLbfgs(nowhere, Float64Array.of(1, 2));
    expect(result).toMatchObject({ iterations: 0, stop: 'trials' });
  });

  test('an iteration that reaches the limit is one that was stopped, converged or not', async () => {
    const full = await minimizeLbfgs(objective('rosen'), Float64Array.of(-1.2, 1));
    const cut = await minimizeLbfgs(objective('rosen'), Float64Array.of(-1.2, 1), { maxIterations: full.iterations });
    expect([full.stop, cut.stop]).toEqual(['gradient', 'iterations']);
    expect(cut.point).toEqual(full.point);
  });
});
