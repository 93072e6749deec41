/** An inference process whose memory has room for few rows of a batch. */
import { runBatch } from '../../dist/embedding/run-batch.js';
import { openSession } from '../../dist/engine/session.js';
import { serveParent } from '../../dist/run/child-server.js';

const ROOM_FOR_ROWS = 2;

let session;
let graph;
serveParent(
  async (request) => {
    if (request.kind === 'open') {
      graph = request.graph;
      session = await openSession(graph.bytes, { threads: request.threads, externalFolder: graph.externalFolder });
      return null;
    }
    if (request.batch.rows > ROOM_FOR_ROWS) throw new Error('Failed to allocate memory for requested buffer of size 1');
    return runBatch(session, graph, request.batch);
  },
  async () => session?.close(),
);
