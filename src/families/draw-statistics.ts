import type { Draw } from './clustering-draws.js';
import type { CandidateScores } from './types.js';

/** Values of each metric, draw by draw. */
type MetricDraws = Record<string, (number | null)[]>;

/** What several seeds of a clustering say together; JSON values. */
export interface DrawStatistics extends Readonly<Record<string, unknown>> {
  readonly seeds: readonly number[];
  /** Main score of each seed: test, under the algorithm that this seed's validation chose. */
  readonly draws: readonly (number | null)[];
  readonly choices: readonly string[];
  readonly mean: number | null;
  /** With n - 1 in the denominator; null for a single draw. */
  readonly standardDeviation: number | null;
  /** How often each algorithm was chosen; those never chosen have 0. */
  readonly timesChosen: Readonly<Record<string, number>>;
  readonly algorithms: Readonly<
    Record<string, { readonly validation: MetricDraws | null; readonly test: MetricDraws }>
  >;
}

/**
 * Collects the draws of a clustering.
 *
 * @param draws one a seed, at least one
 * @param choices the algorithm chosen with each seed
 * @param metric the main metric
 */
export function drawStatistics(draws: readonly Draw[], choices: readonly string[], metric: string): DrawStatistics {
  const scores = draws.map(({ test }, i) => test[choices[i]][metric]);
  const names = Object.keys(draws[0].test);
  return {
    seeds: draws.map(({ seed }) => seed),
    draws: scores,
    choices,
    ...spread(scores),
    timesChosen: Object.fromEntries(names.map((name) => [name, choices.filter((choice) => choice === name).length])),
    algorithms: Object.fromEntries(
      names.map((name) => [
        name,
        {
          validation:
            draws[0].validation === null
              ? null
              : collect(
                  name,
                  draws.map((draw) => draw.validation!),
                ),
          test: collect(
            name,
            draws.map((draw) => draw.test),
          ),
        },
      ]),
    ),
  };
}

function collect(name: string, scores: readonly CandidateScores[]): MetricDraws {
  const metrics = Object.keys(scores[0][name]);
  return Object.fromEntries(metrics.map((metric) => [metric, scores.map((draw) => draw[name][metric])]));
}

function spread(scores: readonly (number | null)[]): { mean: number | null; standardDeviation: number | null } {
  const values = scores.filter((score) => score !== null);
  if (values.length < scores.length) return { mean: null, standardDeviation: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return { mean, standardDeviation: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardDeviation: Math.sqrt(squares / (values.length - 1)) };
}
