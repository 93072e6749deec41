import type { FamilyResult } from '../families/types.js';
import { ChildLost, childEntry } from './child-process.js';
import { RestartingChild } from './restarting-child.js';
import type { OnScoringProgress, Scorer, ScoringProgress, ScoringRequest } from './scoring-request.js';

/** Times that a task is given to a process before it is given up. */
const TRIES = 2;

/**
 * Scores tasks in a process of its own, which is started with the first and again when it ends over one.
 *
 * @param entry another entry file of the process; for tests
 */
export function openScorer(entry = childEntry('scoring-child')): Scorer {
  const child = new RestartingChild({
    entry,
    name: 'the process that scores',
    fix: 'run again with less memory for search and distances (--max-memory)',
  });
  return {
    score: (request, onProgress) => scoreWithRetry(child, request, onProgress),
    close: () => child.close(),
  };
}

async function scoreWithRetry(
  child: RestartingChild,
  request: ScoringRequest,
  onProgress: OnScoringProgress | undefined,
): Promise<FamilyResult> {
  for (let tries = 1; ; tries++) {
    try {
      const report = (progress: unknown): void => onProgress?.(progress as ScoringProgress);
      return (await child.call(request, report)) as FamilyResult;
    } catch (thrown) {
      if (!(thrown instanceof ChildLost)) throw thrown;
      if (tries < TRIES) continue;
      throw new Error(`the process that scores ended ${tries} times over this task: ${thrown.how}`, { cause: thrown });
    }
  }
}
