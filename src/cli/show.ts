import { show } from '../commands/show.js';
import type { Invocation } from './command.js';

export async function execute({ operands, options, out, err }: Invocation): Promise<number> {
  const shown = await show({ ...options, name: operands[0] });
  for (const message of shown.warnings) err(`warning: ${message}\n`);
  if (options.json === true) out(`${JSON.stringify(shown.fields)}\n`);
  else out(lines(shown.fields, '').join(''));
  return 0;
}

/** Fields as indented `name: value` lines; texts are quoted so that spaces at their ends are seen. */
function lines(fields: Readonly<Record<string, unknown>>, indent: string): string[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined || value === null) return [];
    // Sentences and objects have a line each; short names share one.
    if (Array.isArray(value) && value.some((entry) => typeof entry === 'object' || String(entry).includes(' '))) {
      return [`${indent}${name}:\n`, ...value.map((entry) => `${indent}  ${inline(entry)}\n`)];
    }
    if (typeof value !== 'object' || Array.isArray(value)) return [`${indent}${name}: ${inline(value)}\n`];
    return [`${indent}${name}:\n`, ...lines(value as Record<string, unknown>, `${indent}  `)];
  });
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return value.map(inline).join(', ');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, field]) => `${name} ${inline(field)}`)
      .join(', ');
  return typeof value === 'string' && /^\s|\s$|^$|\n/.test(value) ? JSON.stringify(value) : String(value);
}
