/** Steps in a row without a new minimum after which mini-batch k-means stops. */
const MAX_NO_IMPROVEMENT = 10;

/** What is thought of the inertia after a step. */
export interface Verdict {
  /** Smoothed mean inertia; null after the first step. */
  readonly smoothed: number | null;
  /** Steps in a row without a new minimum. */
  readonly withoutImprovement: number;
  /** Whether it is time to stop. */
  readonly isOver: boolean;
}

/**
 * Watches the mean inertia of mini-batches, smoothed exponentially, for lack of improvement.
 *
 * The first step is ignored: its inertia is that of the start. The smoothing factor is 2 batch / (rows + 1), at most 1.
 *
 * @param batchSize rows of a batch
 * @param rows rows in all
 * @returns a function to be called once a step with the mean inertia of the batch
 */
export function patience(batchSize: number, rows: number): (meanInertia: number) => Verdict {
  const factor = Math.min((batchSize * 2) / (rows + 1), 1);
  let isFirst = true;
  let smoothed: number | null = null;
  let smallest = Infinity;
  let withoutImprovement = 0;
  return (meanInertia) => {
    if (isFirst) {
      isFirst = false;
      return { smoothed, withoutImprovement, isOver: false };
    }
    smoothed = smoothed === null ? meanInertia : smoothed * (1 - factor) + meanInertia * factor;
    if (smoothed < smallest) {
      smallest = smoothed;
      withoutImprovement = 0;
    } else {
      withoutImprovement++;
    }
    return { smoothed, withoutImprovement, isOver: withoutImprovement >= MAX_NO_IMPROVEMENT };
  };
}
