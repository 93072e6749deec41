import { canonicalJson } from '../results/canonical-json.js';
import { csv } from '../results/csv.js';
import { NONE, points } from '../results/points.js';
import { oneLine } from '../results/text-table.js';
import type { BoardRow, Leaderboard } from './leaderboard.js';
import { averageName } from './suite-tasks.js';

/** The leaderboard as JSON: everything in it, scores as fractions with every digit. */
export function leaderboardJson(board: Leaderboard): string {
  return canonicalJson({ schema: 'jmteb/leaderboard/1', ...board }, 'leaderboard');
}

/**
 * The leaderboard as CSV: one line a row, ranked rows first, scores as fractions with every digit.
 *
 * A row without a rank has no number in `rank`, and an average or family mean only where it is over every task.
 */
export function leaderboardCsv(board: Leaderboard): string {
  const tasks = board.families.flatMap((family) => family.tasks);
  const header = [
    'rank',
    'model',
    'source',
    'protocol',
    'variant',
    'from',
    ...averageNames(board),
    ...board.families.map(({ family }) => family),
    ...tasks,
    'missing',
    'why_unranked',
  ];
  const line = (row: BoardRow, rank: number | null, missing: readonly string[], reasons: readonly string[]) => [
    rank,
    row.model,
    row.source,
    row.protocol,
    row.variant,
    row.from,
    ...averagesInOrder(board, row).map((value) => (missing.length === 0 ? value : null)),
    ...row.families.map(({ mean, done, of }) => (done === of ? mean : null)),
    ...tasks.map((task) => row.scores[task]),
    missing.join(' '),
    reasons.join('; '),
  ];
  return csv([
    header,
    ...board.rankings.flatMap(({ rows }) => rows.map((row) => line(row, row.rank, [], []))),
    ...board.unranked.map((row) => line(row, null, row.missing, row.reasons)),
  ]);
}

/** The leaderboard as Markdown: a summary a protocol, a table a family, and what has no rank. Scores times 100. */
export function leaderboardMarkdown(board: Leaderboard): string {
  const of = board.families.reduce((sum, { tasks }) => sum + tasks.length, 0);
  const parts = [
    `# ${text(board.suite.title)}\n`,
    'Scores are multiplied by 100. `measured` rows were run by this harness, `published` rows were reported with the ' +
      'benchmark, `imported` rows were taken over from a file. ' +
      `Ranks go by the ${averageNames(board)[0]}; only rows with all ${of} datasets have one.\n`,
  ];
  for (const { protocol, rows } of board.rankings) {
    parts.push(`## Protocol: ${text(protocol)}\n`, summaryTable(board, rows));
    for (const { family, tasks } of board.families) {
      const table = rows.map((row) => [
        ...nameCells(row),
        points(row.families.find((score) => score.family === family)?.mean),
        ...tasks.map((task) => points(row.scores[task])),
      ]);
      const columns = ['Model', 'Source', 'Variant', `mean (${tasks.length})`, ...tasks];
      parts.push(`### ${family}\n`, markdownTable(columns, 3, table));
    }
  }
  if (board.rankings.length === 0) parts.push('No row has all datasets yet.\n');
  if (board.unranked.length > 0) parts.push('## Not ranked\n', unrankedTable(board));
  return parts.join('\n');
}

function summaryTable(board: Leaderboard, rows: Leaderboard['rankings'][number]['rows']): string {
  const columns = ['#', 'Model', 'Source', 'Variant', ...averageNames(board), ...board.families.map((f) => f.family)];
  const cells = rows.map((row) => [
    String(row.rank),
    ...nameCells(row),
    ...averagesInOrder(board, row).map(points),
    ...row.families.map(({ mean }) => points(mean)),
  ]);
  return markdownTable(columns, 4, cells);
}

function unrankedTable(board: Leaderboard): string {
  const columns = ['Model', 'Source', 'Variant', 'Protocol', 'Datasets', 'Mean of these (not comparable)', 'Why'];
  const cells = board.unranked.map((row) => [
    ...nameCells(row),
    row.protocol,
    `${row.done} of ${row.of}`,
    points(averagesInOrder(board, row)[0]),
    row.reasons.join('; '),
  ]);
  return markdownTable(columns, 5, cells);
}

function nameCells(row: BoardRow): string[] {
  return [row.model, row.source, row.variant ?? NONE];
}

/** Both averages, the headline first. */
function averageNames(board: Leaderboard): string[] {
  const datasets = board.families.reduce((sum, { tasks }) => sum + tasks.length, 0);
  const names = [averageName('datasets', datasets), averageName('families', board.families.length)];
  return board.headline === 'datasets' ? names : names.reverse();
}

function averagesInOrder(board: Leaderboard, row: BoardRow): (number | null)[] {
  const averages = [row.meanOverDatasets, row.meanOverFamilies];
  return board.headline === 'datasets' ? averages : averages.reverse();
}

/** A table whose first `texts` columns are left-aligned, the others right-aligned. */
function markdownTable(columns: readonly string[], texts: number, rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(text).join(' | ')} |\n`;
  const rule = columns.map((_, i) => (i < texts ? ':--' : '--:'));
  return line(columns) + `| ${rule.join(' | ')} |\n` + rows.map(line).join('');
}

/** Text that Markdown shows as it is: pipes would end a cell, the other signs would format it or be HTML. */
function text(value: string): string {
  return oneLine(value).replace(/[\\|`*[\]<>]/g, (sign) =>
    sign === '<' ? '&lt;' : sign === '>' ? '&gt;' : `\\${sign}`,
  );
}
