import { describe, expect, test } from 'vitest';
import { chooseCandidate } from '../../src/families/choose-candidate.js';

const names = ['a', 'b', 'c'];
const scores = (a: number | null, b: number | null, c: number | null) => ({ a: { m: a }, b: { m: b }, c: { m: c } });

describe('chooseCandidate', () => {
  test('takes the highest, and of equals the one listed first', () => {
    expect(chooseCandidate(names, scores(0.1, 0.3, 0.2), 'm')).toBe('b');
    expect(chooseCandidate(names, scores(0.1, 0.3, 0.3), 'm')).toBe('b');
    expect(chooseCandidate(names, scores(0, 0, 0), 'm')).toBe('a');
    expect(chooseCandidate(names, scores(-0.5, -0.2, -0.3), 'm')).toBe('b');
  });

  test('what is undefined loses to every number', () => {
    expect(chooseCandidate(names, scores(null, -1, null), 'm')).toBe('b');
    expect(chooseCandidate(names, scores(null, null, null), 'm')).toBe('a');
  });

  test('the order of the list counts, not that of the scores', () => {
    expect(chooseCandidate(['c', 'a', 'b'], scores(1, 1, 1), 'm')).toBe('c');
  });

  test('without validation the fixed choice holds, and only then', () => {
    expect(chooseCandidate(names, null, 'm', 'c')).toBe('c');
    expect(chooseCandidate(names, scores(1, 0, 0), 'm', 'c')).toBe('a');
    expect(() => chooseCandidate(names, null, 'm')).toThrow('fixedChoice: is missing');
    expect(() => chooseCandidate(names, null, 'm', 'd')).toThrow('fixedChoice: is "d", which is no candidate.');
  });
});
