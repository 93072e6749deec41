import { LISTINGS, type Listing } from '../commands/ls.js';
import { nearestName } from '../definitions/nearest-name.js';
import { UserError } from '../errors.js';
import { NONE } from '../results/points.js';
import { renderTable } from '../results/text-table.js';
import type { Invocation } from './command.js';

export async function execute({ operands, options, out, err, terminal }: Invocation): Promise<number> {
  const what = operands[0].replace(/^(task|suite|model|run)$/, '$1s');
  if (!Object.hasOwn(LISTINGS, what)) {
    const names = Object.keys(LISTINGS);
    const nearest = nearestName(what, names);
    const fix = nearest === undefined ? `use one of ${names.join(', ')}.` : `did you mean "${nearest}"?`;
    throw new UserError({ where: 'jmteb ls', what: `there is nothing called "${operands[0]}" to list.`, fix });
  }
  const { rows, warnings } = await LISTINGS[what as keyof typeof LISTINGS](options);
  for (const message of warnings) err(`warning: ${message}\n`);
  if (options.json === true) for (const row of rows) out(`${JSON.stringify(row)}\n`);
  else if (rows.length > 0) out(table(rows, terminal.stdout));
  else err('nothing to list\n');
  return 0;
}

function table(rows: Listing['rows'], isTerminal: boolean): string {
  const names = Object.keys(rows[0]).filter((name) => rows.some((row) => row[name] !== null));
  const columns = names.map((title) => ({
    title,
    align: rows.every((row) => typeof row[title] === 'number' || row[title] === null) ? 'right' : 'left',
  }));
  const cells = rows.map((row) => names.map((name) => cell(row[name])));
  return renderTable(columns as Parameters<typeof renderTable>[0], [cells], isTerminal ? 'ruled' : 'plain');
}

/** Hashes are shown as far as they are needed to tell them apart; `--json` has all of them. */
const HASH = /^[0-9a-f]{64}$/;
const SHOWN_OF_HASH = 12;

function cell(value: Listing['rows'][number][string]): string {
  if (value === null) return NONE;
  if (typeof value === 'string' && HASH.test(value)) return value.slice(0, SHOWN_OF_HASH);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return Array.isArray(value) ? value.join(' ') : String(value);
}
