/** Parameters of the search; the defaults are those that L-BFGS-B uses. */
export interface LineSearchOptions {
  /** Sufficient decrease: the value falls by at least this share of what the first slope promises. */
  readonly decrease?: number;
  /** Curvature: the slope's size falls to this share of the first one. */
  readonly curvature?: number;
  /** The search gives up when the interval is this small, relative to its upper end. */
  readonly intervalTolerance?: number;
  readonly smallestStep?: number;
  readonly largestStep?: number;
}

/** Why the search cannot go on; the step last tried is the one to take. */
export type LineSearchWarning = 'rounding' | 'interval' | 'largest step' | 'smallest step';

/** One end of the interval: a step with the function's value and slope there. */
interface End {
  step: number;
  value: number;
  slope: number;
}

/** Below this share of the last but one interval the new one has shrunk enough; else the search bisects. */
const SHRINK = 0.66;
const EXTRAPOLATE_LEAST = 1.1;
const EXTRAPOLATE_MOST = 4;

/**
 * Line search for a step with sufficient decrease and a small slope, one trial at a time.
 *
 * Evaluate the function at `step`, hand value and slope to `advance`, and go on until it answers. The search keeps an
 * interval with a good step in it, narrows it by cubic and quadratic interpolation, and works on the function minus the
 * line of sufficient decrease until a trial lies below that line with a rising slope.
 *
 * Source: Moré and Thuente, "Line search algorithms with guaranteed sufficient decrease", ACM TOMS 20 (1994); the steps
 * are those of MINPACK-2's `dcsrch`, which L-BFGS-B uses.
 */
export class LineSearch {
  /** The step to evaluate next; after an answer, the step that was evaluated last. */
  step: number;
  private readonly decrease: number;
  private readonly curvature: number;
  private readonly intervalTolerance: number;
  private readonly smallestStep: number;
  private readonly largestStep: number;
  private readonly firstValue: number;
  private readonly firstSlope: number;
  private readonly best: End;
  private readonly other: End;
  private isBracketed = false;
  /** Whether the search still works on the function minus the line of sufficient decrease. */
  private isFirstStage = true;
  private low = 0;
  private high: number;
  private width: number;
  private widthBefore: number;

  /**
   * @param value the function at step 0
   * @param slope its slope at step 0, negative
   * @param firstStep the first trial, positive
   */
  constructor(value: number, slope: number, firstStep: number, options: LineSearchOptions = {}) {
    this.decrease = options.decrease ?? 1e-3;
    this.curvature = options.curvature ?? 0.9;
    this.intervalTolerance = options.intervalTolerance ?? 0.1;
    this.smallestStep = options.smallestStep ?? 0;
    this.largestStep = options.largestStep ?? 1e10;
    if (!(slope < 0)) throw new RangeError(`A line search goes downhill, got the slope ${slope}`);
    this.step = firstStep;
    this.firstValue = value;
    this.firstSlope = slope;
    this.best = { step: 0, value, slope };
    this.other = { step: 0, value, slope };
    this.high = firstStep + EXTRAPOLATE_MOST * firstStep;
    this.width = this.largestStep - this.smallestStep;
    this.widthBefore = 2 * this.width;
  }

  /**
   * Takes in the function at `step`.
   *
   * @returns `converged` or a warning when the search is over; undefined when the new `step` is to be evaluated
   */
  advance(value: number, slope: number): 'converged' | LineSearchWarning | undefined {
    const lineSlope = this.decrease * this.firstSlope;
    const line = this.firstValue + this.step * lineSlope;
    if (this.isFirstStage && value <= line && slope >= 0) this.isFirstStage = false;
    const ending = this.ending(value, slope, line, lineSlope);
    if (ending !== undefined) return ending;

    const trial = { step: this.step, value, slope };
    if (this.isFirstStage && value <= this.best.value && value > line) {
      for (const end of [trial, this.best, this.other]) tiltEnd(end, -lineSlope);
      this.step = this.interpolate(trial);
      for (const end of [this.best, this.other]) tiltEnd(end, lineSlope);
    } else {
      this.step = this.interpolate(trial);
    }
    this.narrow();
    return undefined;
  }

  private ending(
    value: number,
    slope: number,
    line: number,
    lineSlope: number,
  ): 'converged' | LineSearchWarning | undefined {
    const { step } = this;
    if (value <= line && Math.abs(slope) <= this.curvature * -this.firstSlope) return 'converged';
    if (step === this.smallestStep && (value > line || slope >= lineSlope)) return 'smallest step';
    if (step === this.largestStep && value <= line && slope <= lineSlope) return 'largest step';
    if (!this.isBracketed) return undefined;
    if (this.high - this.low <= this.intervalTolerance * this.high) return 'interval';
    if (step <= this.low || step >= this.high) return 'rounding';
    return undefined;
  }

  /** The next trial by interpolation; `trial` becomes an end of the interval. */
  private interpolate(trial: End): number {
    const { best, other } = this;
    const slopesOppose = trial.slope * Math.sign(best.slope) < 0;
    let next: number;
    if (trial.value > best.value) {
      // A higher value: a minimum lies between. The cubic's step if it is nearer to the best, else half way to it.
      const cubic = cubicStep(best, trial);
      const secantOfValues = (best.value - trial.value) / (trial.step - best.step);
      const quadratic = best.step + (best.slope / (secantOfValues + best.slope) / 2) * (trial.step - best.step);
      const cubicIsNearer = Math.abs(cubic - best.step) < Math.abs(quadratic - best.step);
      next = cubicIsNearer ? cubic : cubic + (quadratic - cubic) / 2;
      this.isBracketed = true;
    } else if (slopesOppose) {
      // A lower value, slopes of opposite sign: a minimum lies between. The step that is farther from the trial.
      const cubic = cubicStep(trial, best);
      const secant = secantStep(trial, best);
      next = Math.abs(cubic - trial.step) > Math.abs(secant - trial.step) ? cubic : secant;
      this.isBracketed = true;
    } else if (Math.abs(trial.slope) < Math.abs(best.slope)) {
      // A lower value, the slope falls and keeps its sign: the cubic counts if its minimum lies beyond the trial.
      const cubic = cubicStepBeyond(trial, best) ?? (trial.step > best.step ? this.high : this.low);
      const secant = secantStep(trial, best);
      const cubicDistance = Math.abs(cubic - trial.step);
      const secantDistance = Math.abs(secant - trial.step);
      if (this.isBracketed) {
        const nearer = cubicDistance < secantDistance ? cubic : secant;
        const limit = trial.step + SHRINK * (other.step - trial.step);
        next = trial.step > best.step ? Math.min(limit, nearer) : Math.max(limit, nearer);
      } else {
        const farther = cubicDistance > secantDistance ? cubic : secant;
        next = Math.max(this.low, Math.min(this.high, farther));
      }
    } else if (this.isBracketed) {
      // A lower value, the slope keeps its sign and does not fall: the cubic through the other end.
      next = cubicStep(trial, other);
    } else {
      next = trial.step > best.step ? this.high : this.low;
    }

    if (trial.value > best.value) {
      Object.assign(other, trial);
    } else {
      if (slopesOppose) Object.assign(other, best);
      Object.assign(best, trial);
    }
    return next;
  }

  /** Sets the interval for the next trial and keeps the trial inside it. */
  private narrow(): void {
    const { best, other } = this;
    if (this.isBracketed) {
      const width = Math.abs(other.step - best.step);
      if (width >= SHRINK * this.widthBefore) this.step = best.step + 0.5 * (other.step - best.step);
      this.widthBefore = this.width;
      this.width = width;
      this.low = Math.min(best.step, other.step);
      this.high = Math.max(best.step, other.step);
    } else {
      this.low = this.step + EXTRAPOLATE_LEAST * (this.step - best.step);
      this.high = this.step + EXTRAPOLATE_MOST * (this.step - best.step);
    }
    this.step = Math.min(Math.max(this.step, this.smallestStep), this.largestStep);
    const hasNoRoom =
      this.isBracketed &&
      (this.step <= this.low || this.step >= this.high || this.high - this.low <= this.intervalTolerance * this.high);
    if (hasNoRoom) this.step = best.step;
  }
}

/** Adds the line `tilt * step` to the function at one end. */
function tiltEnd(end: End, tilt: number): void {
  end.value += end.step * tilt;
  end.slope += tilt;
}

/** Middle coefficient of the cubic that has the values and slopes of both ends. */
function cubicMiddle(from: End, to: End): number {
  return (3 * (to.value - from.value)) / (from.step - to.step) + to.slope + from.slope;
}

/** Root of the cubic's derivative, scaled against overflow; the sign that belongs to a minimum seen from `from`. */
function cubicRoot(middle: number, from: End, to: End, atLeast: number): number {
  const scale = Math.max(Math.abs(middle), Math.abs(from.slope), Math.abs(to.slope));
  const inner = (middle / scale) ** 2 - (from.slope / scale) * (to.slope / scale);
  const root = scale * Math.sqrt(Math.max(atLeast, inner));
  return to.step < from.step ? -root : root;
}

/** Minimum of the cubic through two ends, as a step counted from the first. */
function cubicStep(from: End, to: End): number {
  const middle = cubicMiddle(from, to);
  const root = cubicRoot(middle, from, to, -Infinity);
  const ratio = (root - from.slope + middle) / (root - from.slope + root + to.slope);
  return from.step + ratio * (to.step - from.step);
}

/** The same where it lies beyond `from`, away from `to`; undefined where the cubic has no minimum there. */
function cubicStepBeyond(from: End, to: End): number | undefined {
  const middle = cubicMiddle(from, to);
  const root = cubicRoot(middle, from, to, 0);
  const ratio = (root - from.slope + middle) / (root + (to.slope - from.slope) + root);
  return ratio < 0 && root !== 0 ? from.step + ratio * (to.step - from.step) : undefined;
}

/** Where the line through two slopes is 0, as a step counted from the first. */
function secantStep(from: End, to: End): number {
  return from.step + (from.slope / (from.slope - to.slope)) * (to.step - from.step);
}
