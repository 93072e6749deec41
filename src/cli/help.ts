import { environmentName, OPTIONS, type OptionDefinition, type OptionName } from '../commands/options.js';
import type { Command } from './command.js';
import { COMMANDS } from './commands.js';

/** What `jmteb --help` prints. */
export function overview(version: string): string {
  const names = Object.keys(COMMANDS) as (keyof typeof COMMANDS)[];
  const width = Math.max(...names.map((name) => name.length));
  return [
    `jmteb ${version}: evaluation of Japanese text-embedding models on JMTEB`,
    '',
    'Usage: jmteb COMMAND [options]',
    '',
    ...names.map((name) => `  ${name.padEnd(width)}  ${COMMANDS[name].summary}`),
    '',
    'jmteb COMMAND --help says more. First steps:',
    '',
    '  jmteb run -m baseline:char-ngram -s sample',
    '',
    'Exit codes: 0 done, 1 failure, 2 wrong input or options, 3 a gate failed, 4 done but tasks failed or are missing.',
    '',
  ].join('\n');
}

/** What `jmteb COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const lines = [command.summary[0].toUpperCase() + command.summary.slice(1) + '.', '', `Usage: ${command.usage}`];
  const groups = new Map<string, OptionName[]>();
  for (const name of command.options) {
    const { group } = OPTIONS[name];
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  const width = Math.max(...command.options.map((name) => spelling(name).length));
  for (const [group, names] of groups) {
    lines.push('', `${group[0].toUpperCase()}${group.slice(1)}:`);
    for (const name of names) lines.push(`  ${spelling(name).padEnd(width)}  ${OPTIONS[name].help}`);
  }
  if (command.examples !== undefined) lines.push('', 'Examples:', ...command.examples.map((line) => `  ${line}`));
  const example = environmentName(command.options[0]);
  lines.push('', `Every option can also be set in the environment (${example}) or in a file (--config).`, '');
  return lines.join('\n');
}

function spelling(name: OptionName): string {
  const { short, value, choices, kind }: OptionDefinition = OPTIONS[name];
  const head = short === undefined ? `    --${name}` : `-${short}, --${name}`;
  if (choices !== undefined) return `${head} ${choices.join('|')}`;
  if (kind === 'boolean') return `${head}[=false]`;
  return value === undefined ? head : `${head} ${value}`;
}
