import type { ModelOptions } from '../embedding/types.js';

/** The model options among those of a command. */
export function modelOptionsOf(options: ModelOptions): ModelOptions {
  const { revision, onnxFile, pooling, normalize, maxTokens, dictionary, dtype, device } = options;
  const { batchTokens, batchPolicy, prompt, queryPrompt, documentPrompt, noPrompt } = options;
  const { endpoint, apiKeyEnv, concurrency, dimensions } = options;
  const given = { revision, onnxFile, pooling, normalize, maxTokens, dictionary, dtype, device, batchTokens };
  const server = { endpoint, apiKeyEnv, concurrency, dimensions };
  const prompts = { batchPolicy, prompt, queryPrompt, documentPrompt, noPrompt };
  return Object.fromEntries(
    Object.entries({ ...given, ...prompts, ...server }).filter(([, value]) => value !== undefined),
  );
}
