import type { Embedder, ResolvedModel } from '../embedding/types.js';
import { calibrationTexts, measureSeconds, workOf, type PendingList, type Work } from './estimate-work.js';
import type { RunEvent } from './events.js';

/** Nothing is said of runs that take less. */
const WORTH_TELLING_SECONDS = 30;
/** Where the time is not known, nothing is said of fewer texts. */
const WORTH_TELLING_TEXTS = 1000;
/** So few are embedded sooner than estimated. */
const FEW_TEXTS = 64;

/** What lies ahead of a run. */
export interface RunEstimate {
  /** In the order of the lists. */
  readonly work: readonly Work[];
  /** All of them; undefined where the model has no tokens that we see. */
  readonly tokens: number | undefined;
  /** undefined where there is nothing worth telling. */
  readonly event: Extract<RunEvent, { event: 'estimate' }> | undefined;
}

/**
 * Estimates what a run has to embed: texts, tokens, bytes of vectors and seconds, by task.
 *
 * The time is measured with a few texts where the model runs on this machine. A server is asked nothing: each request may
 * cost money, and how fast it answers later is not known.
 *
 * @param pending lists that lack vectors
 * @param scores tasks of the run
 * @param open gives the model, loaded
 */
export async function estimateRun(
  model: Pick<ResolvedModel, 'id' | 'kind' | 'tokenizing'>,
  { pending, scores }: { readonly pending: readonly PendingList[]; readonly scores: number },
  open: () => Promise<Pick<Embedder, 'embed'>>,
): Promise<RunEstimate> {
  const cutting = await model.tokenizing?.();
  const tokenizing = cutting?.count([]).tokens === null ? undefined : cutting;
  const work = pending.map((list) => workOf(list, tokenizing));
  const total = sumOf(work);
  const tokens = tokenizing === undefined ? undefined : total.units;
  if (model.kind === 'vectors' || total.texts <= FEW_TEXTS || total.units === 0)
    return { work, tokens, event: undefined };
  let seconds: number | null = null;
  if (tokenizing !== undefined && model.kind !== 'endpoint') {
    const lists = pending.map(({ list: { sample } }, i) => ({ sample, units: work[i].units }));
    seconds = await secondsOf(open, calibrationTexts(lists), {
      tokens: total.units,
      tokenizing,
      enough: WORTH_TELLING_SECONDS,
    });
  }
  const isWorth = seconds === null ? total.texts >= WORTH_TELLING_TEXTS : seconds >= WORTH_TELLING_SECONDS;
  if (!isWorth) return { work, tokens, event: undefined };
  const named = ({ texts, units, bytes }: Work) => ({
    texts,
    tokens: tokens === undefined ? null : Math.round(units),
    bytes,
  });
  const tasks = [...new Set(pending.map(({ task }) => task))].map((task) => {
    const own = sumOf(work.filter((_, i) => pending[i].task === task));
    const share = own.units / total.units;
    return { task, ...named(own), seconds: seconds === null ? null : seconds * share, share };
  });
  return { work, tokens, event: { event: 'estimate', model: model.id, ...named(total), seconds, scores, tasks } };
}

/** What keeps texts from being embedded is told by the task that needs them: here it leaves the time unknown. */
async function secondsOf(
  open: () => Promise<Pick<Embedder, 'embed'>>,
  texts: readonly string[],
  work: Parameters<typeof measureSeconds>[2],
): Promise<number | null> {
  try {
    return await measureSeconds(await open(), texts, work);
  } catch {
    return null;
  }
}

function sumOf(work: readonly Work[]): Work {
  return work.reduce(
    (sum, { texts, units, bytes }) => ({
      texts: sum.texts + texts,
      units: sum.units + units,
      bytes: sum.bytes + bytes,
    }),
    { texts: 0, units: 0, bytes: 0 },
  );
}
