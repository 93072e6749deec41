import { UserError, messageOf } from '../errors.js';
import type { BatchRunner, EmbeddingResources, ModelGraph } from './types.js';

/**
 * Opens the place where an export's batches run. What the runtime refuses about it is the file's fault, not ours.
 *
 * @param where the file's name in messages
 * @throws UserError when the runtime refuses the graph, or a batch
 */
export async function openExport(
  resources: EmbeddingResources,
  graph: ModelGraph,
  where: string,
): Promise<BatchRunner> {
  const blame = (thrown: unknown): never => {
    // Errors of kinds of their own (a lost process, a lack of memory) say themselves what they are.
    if (!(thrown instanceof Error) || Object.getPrototypeOf(thrown) !== Error.prototype) throw thrown;
    const what = `cannot be computed: ${messageOf(thrown)}.`;
    throw new UserError({ where, what, fix: 'check that the file is whole, and an export of this very model.' });
  };
  const runner = await resources.openRunner(graph).catch(blame);
  return {
    parallel: runner.parallel,
    run: (batch, onSplit) => runner.run(batch, onSplit).catch(blame),
    close: () => runner.close(),
  };
}
