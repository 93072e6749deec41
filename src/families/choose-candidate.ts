import { UserError } from '../errors.js';
import type { CandidateScores } from './types.js';

/**
 * The candidate with the highest value on validation, the first one listed where several have it; without a validation
 * split the fixed choice. A value that is null loses to every number.
 *
 * @param candidates in the protocol's order, at least one
 * @param validation scores of every candidate, or null
 * @param metric the metric that decides
 * @param fixedChoice the candidate that the task's definition fixes
 * @throws UserError when there is neither a validation split nor a fixed choice, or the fixed choice is no candidate
 */
export function chooseCandidate(
  candidates: readonly string[],
  validation: CandidateScores | null,
  metric: string,
  fixedChoice?: string,
): string {
  if (validation === null) return fixedCandidate(candidates, fixedChoice);
  let best = candidates[0];
  for (const candidate of candidates) {
    const value = validation[candidate][metric] ?? -Infinity;
    if (value > (validation[best][metric] ?? -Infinity)) best = candidate;
  }
  return best;
}

function fixedCandidate(candidates: readonly string[], fixedChoice: string | undefined): string {
  if (fixedChoice !== undefined && candidates.includes(fixedChoice)) return fixedChoice;
  const what =
    fixedChoice === undefined
      ? 'is missing, and without a validation split nothing chooses among the candidates.'
      : `is "${fixedChoice}", which is no candidate.`;
  throw new UserError({ where: 'fixedChoice', what, fix: `use one of ${candidates.join(', ')}.` });
}
