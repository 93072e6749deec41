import type { Label } from '../datasets/types.js';
import type { Problem } from '../errors.js';

/** Labels that a message names. */
const SHOWN = 5;

/**
 * Labels of a split as numbers: texts by their place in sorted order (by code points), numbers and booleans by their value.
 *
 * @returns shape (rows,)
 */
export function numberedLabels(labels: readonly Label[]): Float64Array {
  const texts = labels.filter((label) => typeof label === 'string');
  const sorted = [...new Set(texts)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const places = new Map<Label, number>(sorted.map((text, place) => [text, place]));
  return Float64Array.from(labels, (label) => (typeof label === 'string' ? places.get(label)! : Number(label)));
}

/** How many labels are distinct. */
export function countLabels(labels: readonly Label[]): number {
  return new Set(labels).size;
}

/** Why labels cannot be gold clusters: they are of several types, or a number is not finite. Undefined when they can. */
export function labelsFault(labels: readonly Label[]): Omit<Problem, 'where'> | undefined {
  const types = new Set(labels.map((label) => typeof label));
  if (types.size > 1) {
    const examples = [...types].map((type) => JSON.stringify(labels.find((label) => typeof label === type)));
    return {
      what: `its labels are of several types, such as ${examples.slice(0, SHOWN).join(' and ')}.`,
      fix: 'write all labels as texts, or all as numbers.',
    };
  }
  const row = labels.findIndex((label) => typeof label === 'number' && !Number.isFinite(label));
  if (row < 0) return undefined;
  return { what: `the label of row ${row + 1} is ${String(labels[row])}.`, fix: 'write finite numbers, or texts.' };
}
