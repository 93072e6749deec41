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
