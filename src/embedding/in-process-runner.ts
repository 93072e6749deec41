import { openSession } from '../engine/session.js';
import { runBatch } from './run-batch.js';
import type { BatchRunner, EmbeddingResources, ModelGraph } from './types.js';

/** Where batches run inside this process. */
export interface InProcessOptions {
  /** One device: `cpu`, `cuda:1`, `webgpu`. */
  readonly device?: string;
  readonly threads: number;
}

/** Opens a session in this process, which stands still while a batch is computed: for tests and short lists. */
export async function openInProcessRunner(graph: ModelGraph, options: InProcessOptions): Promise<BatchRunner> {
  const { device, threads } = options;
  const session = await openSession(graph.bytes, { device, threads, externalFolder: graph.externalFolder });
  return {
    parallel: 1,
    run: (batch) => runBatch(session, graph, batch),
    close: () => session.close(),
  };
}

/** Resources that run everything in this process. */
export function inProcess(options: InProcessOptions): EmbeddingResources {
  return { openRunner: (graph) => openInProcessRunner(graph, options) };
}
