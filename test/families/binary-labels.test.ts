import { describe, expect, test } from 'vitest';
import type { Label } from '../../src/datasets/types.js';
import { binaryLabels, binaryLabelsFault } from '../../src/families/binary-labels.js';

describe('binaryLabels', () => {
  test.each<[Label[], number[], Label[]]>([
    [
      [1, 0, 1],
      [1, 0, 1],
      [0, 1],
    ],
    [
      [true, false],
      [1, 0],
      [false, true],
    ],
    [
      ['b', 'a', 'b'],
      [1, 0, 1],
      ['a', 'b'],
    ],
    [
      ['10', '9'],
      [0, 1],
      ['10', '9'],
    ],
    [
      ['等しい', '異なる'],
      [1, 0],
      ['異なる', '等しい'],
    ],
    // By code points: U+FF5E comes before U+20B9F, though its UTF-16 unit is larger than the surrogates of that.
    [
      ['𠮟', '～'],
      [1, 0],
      ['～', '𠮟'],
    ],
  ])('numbers %j as %j', (labels, numbers, names) => {
    expect(binaryLabelsFault(labels)).toBeUndefined();
    expect([...binaryLabels(labels).numbers]).toEqual(numbers);
    expect(binaryLabels(labels).names).toEqual(names);
  });

  test.each<[Label[], string]>([
    [[], 'it has no pairs'],
    [[1, 1], 'its labels are 1, expected exactly two'],
    [[0, 1, 2], 'its labels are 0, 1, 2, expected exactly two'],
    [[1, 2], 'its labels are the numbers 1, 2, expected 0 and 1'],
    [[-1, 1], 'its labels are the numbers -1, 1, expected 0 and 1'],
    [[0, 0.5], 'its labels are the numbers 0, 0.5, expected 0 and 1'],
    [[0, '1'], 'its labels are of several types: 0, "1"'],
    [[true, 1], 'its labels are of several types: true, 1'],
    [['a', 'b', 'c', 'd', 'e', 'f', 'g'], 'its labels are "a", "b", "c", "d", "e", ... (7)'],
  ])('refuses %j', (labels, what) => {
    expect(binaryLabelsFault(labels)?.what).toContain(what);
    expect(binaryLabelsFault(labels)?.fix).toBeDefined();
    expect(() => binaryLabels(labels)).toThrow(RangeError);
  });
});
