import { UserError } from '../errors.js';
import { matrix } from '../numeric/matrix.js';
import type { RowSimilarity } from '../numeric/row-similarities.js';
import type { RowVectors } from '../vectors/types.js';

/** Pairs of one block: enough that reading costs little, few enough that both sides stay near the processor. */
const BLOCK_PAIRS = 2048;
/** Share of the memory limit that the rows of a block may take. */
const BLOCK_SHARE = 1 / 4;

/** What `scorePairs` takes beside the vectors. */
export interface ScorePairsOptions {
  /** Names the pairs in errors and progress, for example the split. */
  readonly label: string;
  /** Bytes. */
  readonly maxMemory: number;
  readonly onProgress?: (label: string, done: number, total: number) => void;
}

/**
 * Every measure of every pair of sentences. Vectors are read in blocks, so that memory does not grow with their number.
 *
 * @param first vectors of the first sentences, one an entry of `index`
 * @param second vectors of the second sentences, as many, of the same dimension
 * @param measures by candidate; one that stands under two names is computed once
 * @returns by candidate, shape (pairs,), finite
 * @throws UserError when a vector holds NaN or an infinity; RangeError when the two sides do not fit each other
 */
export async function scorePairs<Name extends string>(
  first: RowVectors,
  second: RowVectors,
  measures: Readonly<Record<Name, RowSimilarity>>,
  options: ScorePairsOptions,
): Promise<Record<Name, Float64Array>> {
  const { dims } = first.source;
  const pairs = first.index.length;
  if (second.index.length !== pairs || second.source.dims !== dims) {
    const other = `${second.index.length} of ${second.source.dims}`;
    throw new RangeError(`${options.label}: ${pairs} vectors of ${dims} dimensions cannot be paired with ${other}`);
  }
  const scores = new Map<RowSimilarity, Float64Array>();
  const names = Object.keys(measures) as Name[];
  for (const name of names) scores.set(measures[name], new Float64Array(pairs));
  const affordable = Math.floor((options.maxMemory * BLOCK_SHARE) / (2 * 4 * Math.max(1, dims)));
  const step = Math.max(1, Math.min(BLOCK_PAIRS, affordable));
  for (let start = 0; start < pairs; start += step) {
    const end = Math.min(start + step, pairs);
    const a = matrix(await first.source.gather(first.index.subarray(start, end)), end - start, dims);
    const b = matrix(await second.source.gather(second.index.subarray(start, end)), end - start, dims);
    for (const [measure, values] of scores) {
      const block = measure(a, b);
      refuseNotFinite(block, start, options.label);
      values.set(block, start);
    }
    options.onProgress?.(options.label, end, pairs);
  }
  return Object.fromEntries(names.map((name) => [name, scores.get(measures[name])])) as Record<Name, Float64Array>;
}

/** Finite vectors have finite similarities, so one that is not tells of a vector. */
function refuseNotFinite(block: Float64Array, start: number, label: string): void {
  const row = block.findIndex((value) => !Number.isFinite(value));
  if (row === -1) return;
  throw new UserError({
    where: `${label}, row ${start + row + 1}`,
    what: `the similarity of the two sentences is ${block[row]}, so a vector of theirs holds NaN or an infinity.`,
    fix: 'embed the texts again with --dtype fp32, or mend the given vectors.',
  });
}
