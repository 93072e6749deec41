import { expect, it } from 'vitest';
import { Heap } from '../../src/numeric/heap.js';

it('a heap gives back what was put in, in its order, also while more comes in', () => {
  const heap = new Heap<number>((a, b) => a < b);
  const values = Array.from({ length: 200 }, (_, i) => (i * 7919) % 101);
  for (const value of values) heap.push(value);
  const sorted = [...values].sort((a, b) => a - b);
  expect(Array.from({ length: 100 }, () => heap.pop())).toEqual(sorted.slice(0, 100));
  heap.push(-1);
  expect(heap.pop()).toBe(-1);
  expect(Array.from({ length: 101 }, () => heap.pop())).toEqual([...sorted.slice(100), undefined]);
});
