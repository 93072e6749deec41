/** The losses of all rows at one point, and how they change with the parameters. */
export interface RowLosses {
  /**
   * Adds the gradient of the sum of all losses to `sums`: weights class-fastest, shape (dims, nScores), then the
   * intercepts, shape (nScores,).
   *
   * @param point parameters, laid out as `sums`
   * @returns the sum of the losses
   */
  add(point: Float64Array, sums: Float64Array): Promise<number>;
  close(): Promise<void>;
}
