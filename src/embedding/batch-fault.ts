/** A row of a batch for which no vector could be made; whoever knows the texts names the text. */
export class BatchFault extends Error {
  /** @param row of the batch that was to be run */
  constructor(
    readonly row: number,
    message: string,
  ) {
    super(message);
    this.name = 'BatchFault';
  }
}
