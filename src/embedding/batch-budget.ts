import { UserError } from '../errors.js';
import type { BatchBudget } from './plan-batches.js';
import type { ModelOptions } from './types.js';

/** Tokens of a batch that keep a device busy: about 1,000 stay in a CPU's caches, a GPU wants many more. */
const TOKENS = { cpu: 1024, cuda: 16_384, webgpu: 4096 } as const;

/**
 * The budget of batches: what the options say, else what suits the device.
 *
 * @throws UserError when the number of tokens is none
 */
export function batchBudget(options: ModelOptions, device: keyof typeof TOKENS): BatchBudget {
  const tokens = options.batchTokens ?? TOKENS[device];
  if (!Number.isInteger(tokens) || tokens < 1) {
    throw new UserError({ where: `--batch-tokens ${tokens}`, what: 'is not a whole number of tokens from 1.' });
  }
  return { policy: options.batchPolicy ?? 'bucketed', tokens };
}
