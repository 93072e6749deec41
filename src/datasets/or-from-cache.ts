import { MachineError } from '../errors.js';
import type { FetchContext } from './fetch-types.js';

/**
 * Makes a plan; when the Hub cannot be reached and the cache has everything, by the cache alone.
 *
 * @param isWhole whether the cache has everything that a plan asks for
 */
export async function orFromCache<Plan>(
  plan: (context: FetchContext) => Promise<Plan>,
  isWhole: (made: Plan) => boolean,
  context: FetchContext,
): Promise<Plan> {
  try {
    return await plan(context);
  } catch (thrown) {
    if (!(thrown instanceof MachineError) || context.isOffline) throw thrown;
    const made = await plan({ ...context, hub: context.cachedHub, isOffline: true }).catch(() => undefined);
    if (made === undefined || !isWhole(made)) throw thrown;
    const message = `the Hub cannot be reached; everything that is needed is in the cache (${thrown.problem.what})`;
    context.onEvent?.({ event: 'warning', message });
    return made;
  }
}
