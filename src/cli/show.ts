import { show } from '../commands/show.js';
import type { Invocation } from './command.js';
import { ProgressPrinter } from './progress.js';

type Fields = Readonly<Record<string, unknown>>;

export async function execute(invocation: Invocation): Promise<number> {
  const { operands, options, out, err, signal } = invocation;
  const progress = new ProgressPrinter(invocation, { quiet: options.json });
  const shown = await show({ ...options, name: operands.at(0), onEvent: progress.onEvent, signal });
  progress.clear();
  for (const message of shown.warnings) err(`warning: ${message}\n`);
  if (options.json === true) out(`${JSON.stringify(shown.fields)}\n`);
  else out(lines(withOrigins(shown.fields), '').join(''));
  return 0;
}

/** Values with where each comes from beside it, in the place of the values. */
function withOrigins(fields: Fields): Fields {
  const { from, promptsFrom, ...others } = fields as Readonly<Record<string, Fields | undefined>>;
  const { settings, promptsSent } = others;
  return {
    ...others,
    ...(settings === undefined || from === undefined ? {} : { settings: told(settings, from) }),
    ...(promptsSent === undefined || promptsFrom === undefined ? {} : { promptsSent: told(promptsSent, promptsFrom) }),
  };
}

function told(values: Fields, origins: Fields): Fields {
  const names = [...new Set([...Object.keys(origins), ...Object.keys(values)])];
  const entries = names.map((name) => {
    const [value, origin] = [values[name], origins[name]];
    if (origin === undefined) return [name, value];
    if (typeof origin === 'object') return [name, told(value as Fields, origin as Fields)];
    const shown = value === null ? 'none' : value === undefined ? '' : inline(value);
    return [name, new Told(`${shown}   [${String(origin)}]`)];
  });
  return Object.fromEntries(entries) as Fields;
}

/** Text that is printed as it is. */
class Told {
  constructor(readonly text: string) {}
}

/** Fields as indented `name: value` lines, empty ones left out; texts are quoted so that spaces at their ends are seen. */
function lines(fields: Fields, indent: string): string[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return [];
    // Sentences and objects have a line each; short names share one.
    if (Array.isArray(value) && value.some((entry) => typeof entry === 'object' || String(entry).includes(' '))) {
      return [`${indent}${name}:\n`, ...value.map((entry) => `${indent}  ${inline(entry)}\n`)];
    }
    if (value instanceof Told) return [`${indent}${name}: ${value.text}\n`];
    if (typeof value !== 'object' || Array.isArray(value)) return [`${indent}${name}: ${inline(value)}\n`];
    const inner = lines(value as Fields, `${indent}  `);
    return inner.length === 0 ? [] : [`${indent}${name}:\n`, ...inner];
  });
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return value.map(inline).join(', ');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, field]) => `${name} ${inline(field)}`)
      .join(', ');
  // Shares need no more digits.
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(4)));
  return typeof value === 'string' && /^\s|\s$|^$|\n/.test(value) ? JSON.stringify(value) : String(value);
}
