import { parseArgs } from 'node:util';
import { OPTIONS, type OptionDefinition } from '../commands/options.js';
import type { GivenOption } from '../commands/read-options.js';

/** A command line taken apart; what it means is decided by `readOptions`. */
export interface ParsedArguments {
  readonly operands: readonly string[];
  readonly given: readonly GivenOption[];
  readonly help: boolean;
  readonly version: boolean;
}

/** Takes arguments apart: `--name value`, `--name=value`, `-n value`, `-nvalue`, `--` ends the options. */
export function parseArguments(args: readonly string[]): ParsedArguments {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
  };
  for (const [name, { kind, short }] of Object.entries<OptionDefinition>(OPTIONS)) {
    const type = kind === 'flag' || kind === 'boolean' ? 'boolean' : 'string';
    options[name] = short === undefined ? { type } : { type, short };
  }
  // Underscores are taken for hyphens in names, before the values are told from them.
  const spelled = args.map((arg) => arg.replace(/^--[a-z_-]+/i, (name) => name.toLowerCase().replaceAll('_', '-')));
  const { tokens } = parseArgs({ args: spelled, options, strict: false, allowPositionals: true, tokens: true });
  const operands: string[] = [];
  const given: GivenOption[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    else if (token.kind === 'option' && token.name !== 'help' && token.name !== 'version')
      given.push({ name: token.name, text: token.value });
  }
  const has = (name: string): boolean => tokens.some((token) => token.kind === 'option' && token.name === name);
  return { operands, given, help: has('help'), version: has('version') };
}
