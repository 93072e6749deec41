import type { Family } from '../definitions/types.js';
import { classification } from './classification.js';
import { clustering } from './clustering.js';
import { pairClassification } from './pair-classification.js';
import { reranking } from './reranking.js';
import { retrieval } from './retrieval.js';
import { sts } from './sts.js';
import type { FamilyEvaluator } from './types.js';

/** One evaluator a family. */
export type FamilyEvaluators = { readonly [F in Family]: FamilyEvaluator<F> };

/**
 * The evaluators by family. A new family needs its name in `FAMILIES`, its rules in `definitions/family-rules.ts`, its rows
 * in `datasets/types.ts`, a file beside this one, and its line here.
 */
export const FAMILY_EVALUATORS = {
  Retrieval: retrieval,
  STS: sts,
  Classification: classification,
  Reranking: reranking,
  Clustering: clustering,
  PairClassification: pairClassification,
} satisfies FamilyEvaluators;

/**
 * The evaluator of a family, for code that does not know which family it has.
 *
 * Its methods take rows of its own family only: those of a task whose `family` is the one asked for.
 */
export function evaluatorOf(family: Family): FamilyEvaluator<Family> {
  const evaluators = FAMILY_EVALUATORS as Partial<Record<Family, unknown>>;
  const evaluator = evaluators[family] as FamilyEvaluator<Family> | undefined;
  if (evaluator === undefined) throw new Error(`the family ${family} has no evaluator`);
  return evaluator;
}
