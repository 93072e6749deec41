/** Entry of the process that scores: rows and vectors are read here, scores and items go back. */
import { serveParent } from './child-server.js';
import { scoreTask } from './score-task.js';
import type { ScoringRequest } from './scoring-request.js';

serveParent(
  (request, report) => scoreTask(request as ScoringRequest, report),
  async () => undefined,
);
