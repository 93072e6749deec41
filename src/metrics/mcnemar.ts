export interface McNemar {
  /** Items that only the first has right. */
  readonly onlyA: number;
  /** Items that only the second has right. */
  readonly onlyB: number;
  /** Two-sided exact p: the binomial test of the items on which they disagree. */
  readonly exact: number;
  /** Half of the observed outcome's chance taken off: less conservative. */
  readonly midP: number;
}

/**
 * McNemar's test of two systems that decide the same items.
 *
 * @param rightA whether the first decides each item rightly, 0 or 1
 * @param rightB the same of the second; same length
 * Source: Fagerland, Lydersen and Laake, "The McNemar test for binary matched-pairs data", 2013.
 */
export function mcNemar(rightA: ArrayLike<number>, rightB: ArrayLike<number>): McNemar {
  if (rightA.length !== rightB.length) throw new RangeError(`${rightA.length} decisions do not fit ${rightB.length}`);
  let [onlyA, onlyB] = [0, 0];
  for (let i = 0; i < rightA.length; i++) {
    if (rightA[i] > rightB[i]) onlyA++;
    else if (rightB[i] > rightA[i]) onlyB++;
  }
  const { tail, point } = halfBinomial(Math.min(onlyA, onlyB), onlyA + onlyB);
  const isEven = onlyA === onlyB;
  return {
    onlyA,
    onlyB,
    exact: Math.min(1, 2 * tail),
    midP: onlyA + onlyB === 0 ? 1 : isEven ? 1 - point / 2 : 2 * tail - point,
  };
}

/** P(X <= k) and P(X = k) of n fair coins; k <= n / 2. */
function halfBinomial(k: number, n: number): { tail: number; point: number } {
  let logPoint = -n * Math.LN2;
  for (let i = 1; i <= k; i++) logPoint += Math.log((n - k + i) / i);
  const point = Math.exp(logPoint);
  let [tail, term] = [0, point];
  for (let i = k; i >= 0; i--) {
    tail += term;
    term *= i / (n - i + 1);
  }
  return { tail, point };
}
