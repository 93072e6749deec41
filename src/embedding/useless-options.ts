import type { Problem } from '../errors.js';
import type { ModelOptions } from './types.js';

/** Options that decide how a network is run; kinds of models without one have no use for them. */
const NETWORK_OPTIONS = {
  revision: '--revision',
  onnxFile: '--onnx-file',
  pooling: '--pooling',
  normalize: '--normalize',
  dictionary: '--dictionary',
  maxTokens: '--max-tokens',
} as const;

export type NetworkOption = keyof typeof NETWORK_OPTIONS;

/** Options that say where a server is and what it is asked for. */
const SERVER_OPTIONS = {
  endpoint: '--endpoint',
  apiKeyEnv: '--api-key-env',
  concurrency: '--concurrency',
  dimensions: '--dimensions',
} as const;

/** A problem for every given option of a server where the model runs here. */
export function uselessServerOptions(options: ModelOptions, model: string): Problem[] {
  return (Object.keys(SERVER_OPTIONS) as (keyof typeof SERVER_OPTIONS)[])
    .filter((name) => options[name] !== undefined)
    .map((name) => ({
      where: SERVER_OPTIONS[name],
      what: `has no meaning for ${model}, which runs on this machine.`,
      fix: 'name a model of a server as openai:<name>, or leave it out.',
    }));
}

/** A problem for every given option that has no meaning for a model: it would be passed over in silence. */
export function uselessOptions(options: ModelOptions, model: string, useful: readonly NetworkOption[] = []): Problem[] {
  return (Object.keys(NETWORK_OPTIONS) as NetworkOption[])
    .filter((name) => options[name] !== undefined && !useful.includes(name))
    .map((name) => ({
      where: NETWORK_OPTIONS[name],
      what: `has no meaning for ${model}.`,
      fix: 'leave it out.',
    }));
}
