import { describe, expect, it } from 'vitest';
import { points, signedPoints } from '../../src/results/points.js';
import { renderTable } from '../../src/results/text-table.js';

const columns = [{ title: 'task' }, { title: 'score', align: 'right' as const }, { title: 'state' }];

/** Cells of a terminal: wide for the characters used here, one for ASCII. */
const cells = (text: string) => [...text].reduce((sum, c) => sum + (/[ -~–─]/.test(c) ? 1 : 2), 0);

describe('a table of text', () => {
  it('aligns Japanese by its width, numbers to the right', () => {
    const text = renderTable(columns, [[['日本語', '7.00', 'done'], ['jsts', '85.20', 'failed']]], 'plain');
    expect(text).toBe('task    score  state\n日本語   7.00  done\njsts    85.20  failed\n');
  });

  it('keeps the columns straight for any mix of widths', () => {
    const names = ['a', '検索', 'ﾊﾝｶｸ'.replace(/./g, 'x'), 'mixed日本text', ''];
    const lines = renderTable(columns, [names.map((name) => [name, '1.00', '|'])], 'plain').trimEnd().split('\n');
    const bars = lines.slice(1).map((line) => cells(line.slice(0, line.indexOf('|'))));
    expect(new Set(bars).size).toBe(1);
  });

  it('draws a line between groups in a terminal and none elsewhere; empty groups leave no trace', () => {
    const groups = [[['a', '1', 'x']], [], [['b', '2', 'y']]];
    expect(renderTable(columns, groups, 'ruled')).toBe(
      'task  score  state\n──────────────────\na         1  x\n──────────────────\nb         2  y\n',
    );
    expect(renderTable(columns, groups, 'plain')).toBe('task  score  state\na         1  x\nb         2  y\n');
  });

  it('keeps line breaks and control characters of names out of the terminal', () => {
    const text = renderTable([{ title: 'x' }], [[['a\r\nb\u001b[31mred\u0007']]], 'plain');
    expect(text).toBe('x\na b�[31mred�\n');
  });

  it('has no spaces at the ends of lines', () => {
    expect(renderTable(columns, [[['a', '1', '']]], 'plain')).toBe('task  score  state\na         1\n');
  });
});

describe('points', () => {
  it('are fractions times 100 with two decimals', () => {
    expect(points(0.75501322)).toBe('75.50');
    expect(points(1)).toBe('100.00');
    expect(points(0)).toBe('0.00');
    expect(points(-1e-9)).toBe('0.00');
    expect(points(-0.125)).toBe('-12.50');
    expect(points(null)).toBe('–');
    expect(points(undefined)).toBe('–');
  });

  it('of a difference have a sign, but not zero', () => {
    expect(signedPoints(0.03)).toBe('+0.03');
    expect(signedPoints(-1.2)).toBe('-1.20');
    expect(signedPoints(0)).toBe('0.00');
    expect(signedPoints(-0.001)).toBe('0.00');
    expect(signedPoints(0.001)).toBe('0.00');
    expect(signedPoints(null)).toBe('–');
  });
});
