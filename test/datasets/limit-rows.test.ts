import { describe, expect, it } from 'vitest';
import { firstRows, keptDocuments, rowsByLabel } from '../../src/datasets/limit-rows.js';
import { repeatedIds } from '../../src/datasets/repeated-ids.js';

describe('rowsByLabel', () => {
  it('lets the labels take turns in sorted order and keeps the order of the file', () => {
    expect(rowsByLabel([2, 2, 2, 0, 1, 1, 0, 2], 4)).toEqual([0, 3, 4, 6]);
    expect(rowsByLabel(['b', 'b', 'b', 'b', 'a'], 2)).toEqual([0, 4]);
    expect(rowsByLabel([10, 9, 10, 9], 1)).toEqual([1]);
  });

  it('fills up from labels that have rows left', () => {
    expect(rowsByLabel([0, 1, 0, 0, 0], 4)).toEqual([0, 1, 2, 3]);
    expect(rowsByLabel([0, 1, 0], 10)).toEqual([0, 1, 2]);
    expect(rowsByLabel([], 3)).toEqual([]);
  });

  it('keeps labels of different types apart', () => {
    expect(rowsByLabel(['1', 1, true, 1], 3)).toEqual([0, 1, 2]);
  });
});

describe('keptDocuments', () => {
  it('keeps every named document, in both spellings of its id, and the first others', () => {
    const ids = ['a', 1, 'c', 'd', 'e', 'a'];
    expect([...keptDocuments(ids, [['a'], ['1', 'zz']], 1)]).toEqual([1, 1, 1, 0, 0, 1]);
    expect([...keptDocuments(ids, [['e']], 0)]).toEqual([0, 0, 0, 0, 1, 0]);
  });
});

describe('repeatedIds', () => {
  it('counts the rows that repeat an id, by type', () => {
    expect(repeatedIds(['1', 1, 'b', 'b', '1', 'b'], 'typed')).toEqual({ extra: 3, example: 'b' });
    expect(repeatedIds(['1', 1], 'typed')).toEqual({ extra: 0, example: undefined });
  });
});

it('firstRows stops where the rows stop', () => {
  expect(firstRows(2, 5)).toEqual([0, 1]);
  expect(firstRows(5, 2)).toEqual([0, 1]);
});
