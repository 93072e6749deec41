import type { ClassificationData, Label, LabelledTextRows } from '../datasets/types.js';
import type { Protocol } from '../definitions/types.js';
import type { Problem } from '../errors.js';
import { compareLabels } from './binary-labels.js';

export type ClassSplit = 'train' | 'validation' | 'test';

/** The labels of all splits as numbers; shape (rows,) each, null where there is no such split. */
export interface ClassLabels {
  readonly train: Float64Array;
  readonly validation: Float64Array | null;
  readonly test: Float64Array;
  /** Where the same text has different numbers in two splits, or two texts the same one; in words. */
  readonly warnings: readonly string[];
}

/** Labels that a message names. */
const SHOWN = 5;

/**
 * Labels as the numbers that classifiers and metrics see: numbers stay what they are, booleans are 0 and 1, texts are
 * numbered by the order of their code points.
 *
 * `published` numbers the texts of each split by itself, as the reference does, so that a split that lacks a label calls
 * the labels after it by other numbers than the training split; `shared-label-map` numbers them once for all splits.
 */
export function numberLabels(splits: ClassificationData['splits'], protocol: Protocol): ClassLabels {
  const { train, validation, test } = splits;
  const shared = protocol.deviations.has('shared-label-map');
  const all = [train, test, ...(validation === null ? [] : [validation])].flatMap(({ label }) => label);
  const numbersOf = (rows: LabelledTextRows): Map<Label, number> => numbersByOrder(shared ? all : rows.label);
  const numbered = (rows: LabelledTextRows): Float64Array => {
    const numbers = numbersOf(rows);
    return Float64Array.from(rows.label, (label) => numbers.get(label) as number);
  };
  const warnings = [validation, test].flatMap((rows, i) =>
    rows === null ? [] : renumberings(numbersOf(train), numbersOf(rows), i === 0 ? 'validation' : 'test'),
  );
  return {
    train: numbered(train),
    validation: validation === null ? null : numbered(validation),
    test: numbered(test),
    warnings,
  };
}

/** Why the labels of a split cannot be classes: an odd number, or several types. */
export function classLabelsFault(
  labels: readonly Label[],
): { readonly row: number; readonly what: string } | undefined {
  const row = labels.findIndex((label) => typeof label === 'number' && !Number.isSafeInteger(label));
  if (row >= 0) return { row, what: `the label is ${labels[row]}, expected a whole number or a text.` };
  const other = labels.findIndex((label) => typeof label !== typeof labels[0]);
  if (other < 0) return undefined;
  const [first, found] = [labels[0], labels[other]].map((label) => `${JSON.stringify(label)} (${typeof label})`);
  return { row: other, what: `the label is ${found}, but the first row has ${first}; one type is expected.` };
}

/** What the labels of two splits do not share, in words. */
export function missingLabelWarnings(
  train: readonly Label[],
  labels: readonly Label[],
  split: 'validation' | 'test',
): string[] {
  const [trained, met] = [new Set(train), new Set(labels)];
  const unseen = [...met].filter((label) => !trained.has(label)).sort(compareLabels);
  const absent = [...trained].filter((label) => !met.has(label)).sort(compareLabels);
  const warnings: string[] = [];
  if (unseen.length > 0) {
    const rows = labels.filter((label) => !trained.has(label)).length;
    warnings.push(
      `${split}: ${rows} rows have labels that no training row has (${shown(unseen)}); they count as wrong`,
    );
  }
  if (absent.length > 0) warnings.push(`${split}: no row has ${shown(absent)}, which training rows have`);
  return warnings;
}

/** Problems of the labels of all splits, `where` by split. */
export function labelProblems(splits: ClassificationData['splits'], where: (split: ClassSplit) => string): Problem[] {
  const fix = 'write all labels as whole numbers, or all as texts.';
  const problems: Problem[] = [];
  let first: { readonly split: ClassSplit; readonly type: string } | undefined;
  for (const split of ['train', 'validation', 'test'] as const) {
    const labels = splits[split]?.label;
    if (labels === undefined || labels.length === 0) continue;
    const fault = classLabelsFault(labels);
    const type = typeof labels[0];
    if (fault !== undefined) {
      problems.push({ where: `${where(split)}, row ${fault.row + 1}`, what: fault.what, fix });
    } else if (first !== undefined && type !== first.type) {
      const what = `its labels are of the type ${type}, those of ${where(first.split)} of the type ${first.type}.`;
      problems.push({ where: where(split), what, fix });
    }
    first ??= { split, type };
  }
  return problems;
}

function numbersByOrder(labels: readonly Label[]): Map<Label, number> {
  const distinct = [...new Set(labels)];
  const isText = distinct.some((label) => typeof label === 'string');
  if (!isText) return new Map(distinct.map((label) => [label, Number(label)]));
  return new Map(distinct.sort(compareLabels).map((label, number) => [label, number]));
}

/** Texts that one split numbers in another way than the training split. */
function renumberings(train: Map<Label, number>, other: Map<Label, number>, split: string): string[] {
  const moved = [...other].filter(([label, number]) => train.has(label) && train.get(label) !== number);
  if (moved.length === 0) return [];
  const [label, number] = moved[0];
  return [
    `${split}: texts are numbered split by split, as in the reference, and ${moved.length} labels have other numbers than ` +
      `in train (${JSON.stringify(label)} is ${number}, in train ${train.get(label)}), so right predictions count as wrong; ` +
      `the protocol's deviation shared-label-map numbers them once`,
  ];
}

function shown(labels: readonly Label[]): string {
  const list = labels.slice(0, SHOWN).map((label) => JSON.stringify(label));
  return labels.length > SHOWN ? `${list.join(', ')}, ... (${labels.length} labels)` : list.join(', ');
}
