import type { ModelOptions } from '../embedding/types.js';

/** The model options among those of a command. */
export function modelOptionsOf(options: ModelOptions): ModelOptions {
  const { revision, onnxFile, pooling, normalize, maxTokens, dictionary, dtype, device } = options;
  const { batchTokens, batchPolicy, prompt, queryPrompt, documentPrompt, noPrompt } = options;
  const given = { revision, onnxFile, pooling, normalize, maxTokens, dictionary, dtype, device, batchTokens };
  const prompts = { batchPolicy, prompt, queryPrompt, documentPrompt, noPrompt };
  return Object.fromEntries(Object.entries({ ...given, ...prompts }).filter(([, value]) => value !== undefined));
}
