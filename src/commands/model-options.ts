import type { ModelOptions } from '../embedding/types.js';

/** Every option of a model: one that is missing here does not compile. */
const MODEL_OPTIONS = {
  revision: true,
  onnxFile: true,
  pooling: true,
  normalize: true,
  maxTokens: true,
  dictionary: true,
  dtype: true,
  device: true,
  batchTokens: true,
  batchPolicy: true,
  prompt: true,
  queryPrompt: true,
  documentPrompt: true,
  noPrompt: true,
  endpoint: true,
  apiKeyEnv: true,
  concurrency: true,
  dimensions: true,
} as const satisfies Record<keyof ModelOptions, true>;

/** The model options among those of a command. */
export function modelOptionsOf(options: ModelOptions): ModelOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => Object.hasOwn(MODEL_OPTIONS, name) && value !== undefined),
  );
}
