import type { ModelGraph, TokenBatch } from '../embedding/types.js';

/** What the process that runs a model is asked for: first to open it, then batches. */
export type InferenceRequest =
  | { readonly kind: 'open'; readonly graph: ModelGraph; readonly device: string; readonly threads: number }
  | { readonly kind: 'run'; readonly batch: TokenBatch };
