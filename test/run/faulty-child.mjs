/** An inference process that fails at certain token ids, as native code may. */
import process from 'node:process';
import { runBatch } from '../../dist/embedding/run-batch.js';
import { openSession } from '../../dist/engine/session.js';
import { serveParent } from '../../dist/run/child-server.js';

export const KILLS = 900;
export const NO_MEMORY_FROM_ROWS = 5;
export const NEEDS_MEMORY = 901;
export const THROWS = 902;

let session;
let graph;
serveParent(
  async (request) => {
    if (request.kind === 'open') {
      graph = request.graph;
      session = await openSession(graph.bytes, { threads: request.threads });
      return null;
    }
    const { batch } = request;
    if (batch.ids.includes(KILLS)) {
      process.stderr.write('the sky is falling\n');
      process.kill(process.pid, 'SIGKILL');
      await new Promise(() => undefined);
    }
    if (batch.ids.includes(NEEDS_MEMORY) && batch.rows >= NO_MEMORY_FROM_ROWS)
      throw new Error('Failed to allocate memory for requested buffer of size 1');
    if (batch.ids.includes(THROWS)) throw new Error('the graph is wrong');
    return runBatch(session, graph, batch);
  },
  async () => session?.close(),
);
