import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importScores } from '../../src/commands/import.js';
import { leaderboard } from '../../src/commands/leaderboard.js';
import { loadDefinitions } from '../../src/definitions/catalogue.js';
import { readImported } from '../../src/results/imported.js';
import { jmteb } from '../cli/jmteb.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'jmteb-import-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function file(value: unknown): string {
  const path = join(root, 'summary.json');
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

const results = (): string => join(root, 'results');
const imported = (value: unknown) => importScores({ file: file(value), model: 'owner/model', output: results() });

/** A score for every task of JMTEB v1, in the layout of its summary. */
function whole(value: number): Record<string, Record<string, Record<string, number>>> {
  const { tasks, suites } = loadDefinitions();
  const summary: Record<string, Record<string, Record<string, number>>> = {};
  for (const id of suites.get('jmteb-v1')?.tasks ?? []) {
    const task = tasks.get(id);
    if (task !== undefined) (summary[task.family] ??= {})[id] = { [task.mainMetric]: value };
  }
  return summary;
}

describe('scores that others reported', () => {
  it('are rows of the leaderboard, marked, without variant', async () => {
    await imported(whole(0.99));
    const { board, warnings } = await leaderboard({ results: results(), noPublished: true });
    expect(warnings).toEqual([]);
    expect(board.rankings).toHaveLength(1);
    expect(board.rankings[0]).toMatchObject({ protocol: 'published', rows: [{ model: 'owner/model', rank: 1 }] });
    const [row] = board.rankings[0].rows;
    expect(row).toMatchObject({ source: 'imported', variant: null });
    expect(row.meanOverDatasets).toBeCloseTo(0.99, 12);
  });

  it('keep what they are and where they came from; the same file gives the same folder', async () => {
    const first = await imported({ STS: { jsts: { spearman: 0.8 } } });
    const second = await imported({ STS: { jsts: { spearman: 0.8 } } });
    expect(second.folder).toBe(first.folder);
    expect(readImported(first.folder)).toEqual(first.imported);
    expect(first.imported).toMatchObject({
      model: 'owner/model',
      protocol: 'published',
      source: { format: 'jmteb-v1', file: 'summary.json' },
      scores: { STS: { jsts: { spearman: 0.8 } } },
    });
    expect(JSON.stringify(first.imported)).not.toContain(root);
  });

  it('of JMTEB 2 are points with a named metric, and another protocol', async () => {
    const { imported: scores } = await imported({
      STS: { jsts: { main_metric: 'spearman', main_score: 78.125, 'eval_time (s)': '3.1' } },
    });
    expect(scores).toMatchObject({ protocol: 'jmteb-v2', scores: { STS: { jsts: { spearman: 0.78125 } } } });
  });

  it('are left out, with the reason, where metric or family is another here; unknown tasks stay', async () => {
    const { imported: scores, warnings } = await imported({
      STS: { jsts: { pearson: 0.8 }, jsick: { spearman: 0.7 }, of_their_own: { kendall: 0.5 } },
      Clustering: { jaqket: { v_measure_score: 0.5 } },
      BitextMining: { tatoeba: { f1: 0.9 } },
    });
    expect(scores.scores).toEqual({ STS: { jsick: { spearman: 0.7 }, of_their_own: { kendall: 0.5 } } });
    expect(warnings).toHaveLength(3);
    for (const text of ['pearson', 'given as Clustering', 'BitextMining']) expect(warnings.join('\n')).toContain(text);
  });

  it.each([
    ['points in place of fractions', { STS: { jsts: { spearman: 78.1 } } }, /0\.78 and not 78/],
    ['a text as value', { STS: { jsts: { spearman: '0.8' } } }, /"0\.8"/],
    ['two metrics', { STS: { jsts: { spearman: 0.8, pearson: 0.7 } } }, /one metric/],
    ['null', { STS: { jsts: { spearman: null } } }, /null/],
    ['no family', { averages: { all: 0.5 } }, /no score of a known family/],
    ['a list', [1], /no JSON object/],
    ['JMTEB 2 without a metric', { STS: { jsts: { main_score: 78 } } }, /main_metric/],
    ['no JSON', '{"STS":', /summary\.json/],
  ])('with %s are refused and nothing is written', async (_, value, message) => {
    await expect(imported(value)).rejects.toThrow(message);
    expect(readdirSync(root)).toEqual(['summary.json']);
  });

  it('come in by the command line, which prints the folder last', async () => {
    const { code, stdout, stderr } = await jmteb([
      'import',
      file({ STS: { jsts: { spearman: 0.8 }, jsick: { pearson: 0.1 } } }),
      '-m',
      'owner/model',
      '-o',
      results(),
    ]);
    expect(code).toBe(4);
    expect(stderr).toContain('jsick is left out');
    expect(readImported(stdout.trim()).model).toBe('owner/model');
    const without = await jmteb(['import', file({})]);
    expect(without.code).toBe(2);
    expect(without.stderr).toContain('--model');
  });

  it('whose file was broken later are passed over by the leaderboard with a warning', async () => {
    const { folder } = await imported(whole(0.5));
    writeFileSync(join(folder, 'imported.json'), '{"schema":"jmteb/imported/1"}');
    const { warnings } = await leaderboard({ results: results(), noPublished: true });
    expect(warnings.join('\n')).toContain('imported.json');
  });
});
