/** Entry of the process that runs a model: opens its graph, then turns batches of token ids into pooled rows. */
import { runBatch } from '../embedding/run-batch.js';
import type { ModelGraph } from '../embedding/types.js';
import { openSession, type EngineSession } from '../engine/session.js';
import { serveParent } from './child-server.js';
import type { InferenceRequest } from './inference-request.js';

let opened: { readonly session: EngineSession; readonly graph: ModelGraph } | undefined;

async function handle(request: InferenceRequest): Promise<unknown> {
  if (request.kind === 'run') {
    if (opened === undefined) throw new Error('a batch came before the graph');
    return runBatch(opened.session, opened.graph, request.batch);
  }
  const { graph, device, threads } = request;
  const session = await openSession(graph.bytes, { device, threads, externalFolder: graph.externalFolder });
  // The session has its own copy of the graph.
  opened = { session, graph: { ...graph, bytes: new Uint8Array(0) } };
  return null;
}

serveParent(
  (request) => handle(request as InferenceRequest),
  async () => opened?.session.close(),
);
