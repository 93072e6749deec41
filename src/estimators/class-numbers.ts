/** Labels as numbers from 0. */
export interface ClassNumbers {
  /** Distinct labels, ascending. */
  readonly classes: Float64Array;
  /** Position of each row's label in `classes`; shape (rows,). */
  readonly numbers: Int32Array;
}

/**
 * Numbers labels by their ascending order.
 *
 * @param labels any numbers but NaN; shape (rows,)
 */
export function numberClasses(labels: ArrayLike<number>): ClassNumbers {
  const classes = Float64Array.from(new Set(Array.from(labels))).sort();
  const numberOf = new Map(Array.from(classes, (label, number) => [label, number]));
  return { classes, numbers: Int32Array.from(labels, (label) => numberOf.get(label) as number) };
}
