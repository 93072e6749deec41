import type { Problem } from '../errors.js';

/** Faults of one kind that are told one by one before the rest is only counted. */
const TOLD = 3;

/** Collects what is wrong with the rows of a column without growing with their number. */
export class RowFaults {
  private readonly told: Problem[] = [];
  private count = 0;

  get length(): number {
    return this.count;
  }

  add(where: string, what: () => string, fix?: string): void {
    this.count++;
    if (this.told.length < TOLD) this.told.push({ where, what: what(), fix });
  }

  /** The first faults as problems; the last one says how many more there are. */
  problems(): Problem[] {
    const more = this.count - this.told.length;
    if (more === 0) return [...this.told];
    return this.told.map((problem, i) =>
      i < this.told.length - 1
        ? problem
        : { ...problem, what: `${problem.what}\n  ${more} more ${more === 1 ? 'row has' : 'rows have'} such a fault.` },
    );
  }
}
