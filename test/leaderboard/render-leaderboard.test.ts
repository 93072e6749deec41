import { describe, expect, it } from 'vitest';
import { leaderboard, type LeaderboardRow } from '../../src/leaderboard/leaderboard.js';
import { leaderboardCsv, leaderboardJson, leaderboardMarkdown } from '../../src/leaderboard/render-leaderboard.js';
import type { SuiteTasks } from '../../src/leaderboard/suite-tasks.js';

const suite: SuiteTasks = {
  id: 'two',
  title: 'Two | tasks',
  averages: ['datasets', 'families'],
  tasks: [
    { id: 'jsts', family: 'STS' },
    { id: 'jsick', family: 'STS' },
    { id: 'jaqket', family: 'Retrieval' },
  ],
};
const rows: LeaderboardRow[] = [
  {
    model: 'local/a|b, "c"\n<script>',
    variant: 'v_1*',
    source: 'measured',
    protocol: 'published',
    from: 'x',
    scores: new Map([
      ['jsts', 0.75],
      ['jsick', 0.25],
      ['jaqket', 0.1 + 0.2],
    ]),
  },
  {
    model: 'owner/incomplete',
    variant: null,
    source: 'published',
    protocol: 'published',
    from: 'y',
    scores: new Map([['jsts', 0.9]]),
    reasons: new Map([['jsick', 'failed: a | b']]),
  },
];
const board = leaderboard(rows, suite);

describe('the leaderboard as Markdown', () => {
  const text = leaderboardMarkdown(board);

  it('names the averages by what they are over, and shows scores times 100', () => {
    expect(text).toContain(
      '| # | Model | Source | Variant | mean over datasets (3) | mean over families (2) | Retrieval | STS |\n',
    );
    expect(text).toContain('| 43.33 | 40.00 | 30.00 | 50.00 |\n');
    expect(text).toContain('### STS\n\n| Model | Source | Variant | mean (2) | jsts | jsick |\n');
  });

  it('lists rows without a rank apart, with what they lack', () => {
    const [, apart] = text.split('## Not ranked');
    expect(apart).toContain(
      '| owner/incomplete | published | – | published | 1 of 3 | 90.00 | jsick: failed: a \\| b; no score: jaqket |\n',
    );
    expect(text.split('## Not ranked')[0]).not.toContain('incomplete');
  });

  it('escapes pipes, line breaks and markup, so that every row has its columns', () => {
    expect(text).toContain('local/a\\|b, "c" &lt;script&gt;');
    for (const table of text.split('\n\n').filter((part) => part.startsWith('|'))) {
      const widths = table
        .trim()
        .split('\n')
        .map((line) => line.replaceAll('\\|', '').split('|').length);
      expect(new Set(widths).size, table).toBe(1);
    }
  });

  it('says so when no row is complete', () => {
    expect(leaderboardMarkdown(leaderboard([rows[1]], suite))).toContain('No row has all datasets yet.');
  });

  it('puts the headline average first', () => {
    const text2 = leaderboardMarkdown(leaderboard(rows, { ...suite, averages: ['families', 'datasets'] }));
    expect(text2).toContain('| mean over families (2) | mean over datasets (3) | Retrieval |');
    expect(text2).toContain('| 40.00 | 43.33 | 30.00 |');
  });
});

describe('the leaderboard as CSV', () => {
  it('has every digit, quotes what needs it, and leaves averages of incomplete rows empty', () => {
    expect(leaderboardCsv(board)).toBe(
      'rank,model,source,protocol,variant,from,mean over datasets (3),mean over families (2),Retrieval,STS,jaqket,jsts,jsick,missing,why_unranked\n' +
        `1,"local/a|b, ""c""\n<script>",measured,published,v_1*,x,${(0.1 + 0.2 + 0.25 + 0.75) / 3},${(0.1 + 0.2 + 0.5) / 2},${0.1 + 0.2},0.5,${0.1 + 0.2},0.75,0.25,,\n` +
        ',owner/incomplete,published,published,,y,,,,,,0.9,,jaqket jsick,jsick: failed: a | b; no score: jaqket\n',
    );
  });
});

describe('the leaderboard as JSON', () => {
  it('is the table itself', () => {
    expect(JSON.parse(leaderboardJson(board))).toEqual({ schema: 'jmteb/leaderboard/1', ...board });
  });
});
