import type { Label } from '../datasets/types.js';
import type { Problem } from '../errors.js';

/** Labels of one split as numbers. */
export interface BinaryLabels {
  /** 1 positive, 0 negative; shape (rows,) */
  readonly numbers: Uint8Array;
  /** The label numbered 0 and the label numbered 1, as the file gives them. */
  readonly names: readonly [Label, Label];
}

/**
 * Numbers the labels of one split: numbers stay what they are, booleans and texts are numbered by sorted order, texts by
 * code points.
 *
 * @throws RangeError where `binaryLabelsFault` finds one
 */
export function binaryLabels(labels: readonly Label[]): BinaryLabels {
  const fault = binaryLabelsFault(labels);
  if (fault !== undefined) throw new RangeError(fault.what);
  const [negative, positive] = [...new Set(labels)].sort(compareLabels);
  return { numbers: Uint8Array.from(labels, (label) => (label === positive ? 1 : 0)), names: [negative, positive] };
}

/** Why labels are not binary: they are 0 and 1, both booleans, or two texts, and both occur. Undefined when they are. */
export function binaryLabelsFault(labels: readonly Label[]): Omit<Problem, 'where'> | undefined {
  if (labels.length === 0) return { what: 'it has no pairs of sentences.', fix: 'give the split rows of both labels.' };
  const distinct = [...new Set(labels)];
  const shown = distinct.slice(0, SHOWN).map((label) => JSON.stringify(label));
  const list = shown.join(', ') + (distinct.length > SHOWN ? `, ... (${distinct.length})` : '');
  const types = new Set(distinct.map((label) => typeof label));
  if (types.size > 1)
    return { what: `its labels are of several types: ${list}.`, fix: 'write all labels as 0 and 1, or all as texts.' };
  if (distinct.length !== 2)
    return {
      what: `its labels are ${list}, expected exactly two different ones: pair classification is binary.`,
      fix: distinct.length === 1 ? 'give the split rows of both labels.' : 'keep the rows of two labels.',
    };
  if (types.has('number') && !(distinct.includes(0) && distinct.includes(1)))
    return { what: `its labels are the numbers ${list}, expected 0 and 1.`, fix: 'write 0 (different) and 1 (same).' };
  return undefined;
}

/** Labels that a message names. */
const SHOWN = 5;

/** Texts by code points, as Python sorts them; numbers and booleans by value. */
export function compareLabels(a: Label, b: Label): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return Number(a) - Number(b);
}
