/** Tokens a second of batches of one size; null where such a batch is too much for the device. */
export interface Measured {
  readonly batchTokens: number;
  readonly tokensPerSecond: number | null;
}

/** A larger batch must be faster by this share: it takes more memory. */
const GAIN = 0.03;

/**
 * The number of tokens a batch that keeps a device busy: doubled as long as that makes it faster by 3 % and the batch fits.
 *
 * @param measure tokens a second of batches of so many tokens, null where one is too much
 * @param from the smallest number, taken where nothing is measured to be better
 * @param to the largest number
 */
export async function findBatchTokens(
  measure: (batchTokens: number) => Promise<number | null>,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<{ readonly batchTokens: number; readonly measured: readonly Measured[] }> {
  const measured: Measured[] = [];
  let best = { batchTokens: from, tokensPerSecond: 0 };
  for (let batchTokens = from; batchTokens <= to; batchTokens *= 2) {
    const tokensPerSecond = await measure(batchTokens);
    measured.push({ batchTokens, tokensPerSecond });
    if (tokensPerSecond === null || tokensPerSecond < best.tokensPerSecond * (1 + GAIN)) break;
    best = { batchTokens, tokensPerSecond };
  }
  return { batchTokens: best.batchTokens, measured };
}
