import { readJsonFile } from '../definitions/read-json-file.js';
import { nearestName } from '../definitions/nearest-name.js';
import type { Problem } from '../errors.js';
import {
  camelCase,
  environmentName,
  OPTIONS,
  type OptionDefinition,
  type OptionName,
  type OptionValues,
} from './options.js';

/** An option as it was given somewhere: its name, its text and where, for messages. */
export interface GivenOption {
  readonly name: string;
  /** undefined: given without a value. */
  readonly text: string | undefined;
}

export interface OptionSources {
  /** Options of the command line in their order. */
  readonly given: readonly GivenOption[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Options that the command takes. */
  readonly allowed: readonly OptionName[];
}

/**
 * Values of the options of one command, from the command line, else the environment, else the file of `--config`.
 *
 * @returns the values, and everything that is wrong with them at once
 */
export function readOptions({ given, environment, allowed }: OptionSources): {
  readonly values: OptionValues;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const values: Record<string, unknown> = {};
  const fromLine = collectLine(given, allowed, problems);
  const config = fromLine.get('config')?.at(-1) ?? environment[environmentName('config')];
  const fromFile = allowed.includes('config') && config ? readConfig(config, allowed, problems) : new Map();
  for (const name of allowed) {
    const definition: OptionDefinition = OPTIONS[name];
    const variable = environmentName(name);
    const line = fromLine.get(name);
    const inEnvironment = environment[variable];
    let value: Reading | undefined;
    if (line !== undefined) value = readTexts(definition, line, `--${name}`);
    else if (inEnvironment !== undefined && inEnvironment !== '')
      value = readTexts(definition, listed(definition, inEnvironment), variable);
    else if (fromFile.has(name)) value = readJsonValue(definition, fromFile.get(name), `${config}: "${name}"`);
    if (value === undefined) continue;
    if ('problem' in value) problems.push(value.problem);
    else values[camelCase(name)] = value.value;
  }
  return { values: values as OptionValues, problems };
}

type Reading = { readonly value: unknown } | { readonly problem: Problem };

function collectLine(
  given: readonly GivenOption[],
  allowed: readonly OptionName[],
  problems: Problem[],
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name: written, text } of given) {
    const name = written.replaceAll('_', '-');
    const negated = /^no-(.+)$/.exec(name)?.[1] as OptionName | undefined;
    if (allowed.includes(name as OptionName)) {
      const { kind } = OPTIONS[name as OptionName];
      const isSwitch = kind === 'flag' || kind === 'boolean';
      if (text === undefined && !isSwitch)
        problems.push({ where: `--${name}`, what: 'needs a value.', fix: `write --${name} VALUE or --${name}=VALUE.` });
      else found.set(name, [...(found.get(name) ?? []), text ?? 'true']);
    } else if (negated !== undefined && allowed.includes(negated) && OPTIONS[negated].kind === 'boolean') {
      found.set(negated, ['false']);
    } else problems.push(unknownOption(written, allowed));
  }
  return found;
}

function unknownOption(name: string, allowed: readonly OptionName[]): Problem {
  const where = `${name.length === 1 ? '-' : '--'}${name}`;
  if (Object.hasOwn(OPTIONS, name))
    return { where, what: 'is not an option of this command.', fix: 'see --help of the command.' };
  const nearest = nearestName(name, allowed);
  return {
    where,
    what: 'there is no such option.',
    fix: nearest === undefined ? 'see --help.' : `did you mean --${nearest}?`,
  };
}

function readConfig(path: string, allowed: readonly OptionName[], problems: Problem[]): Map<string, unknown> {
  const file = readJsonFile(path, path);
  if (!file.ok) {
    problems.push(file.problem);
    return new Map();
  }
  if (typeof file.value !== 'object' || file.value === null || Array.isArray(file.value)) {
    problems.push({ where: path, what: 'holds no JSON object.', fix: 'write {"<option>": <value>, ...}.' });
    return new Map();
  }
  const found = new Map<string, unknown>();
  for (const [key, value] of Object.entries(file.value)) {
    if (key === '$schema') continue;
    const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('_', '-');
    if (allowed.includes(name as OptionName) && name !== 'config') found.set(name, value);
    // A file may serve several commands: what another command takes is passed over.
    else if (!Object.hasOwn(OPTIONS, name) || name === 'config')
      problems.push({ ...unknownOption(name, allowed), where: `${path}: "${key}"` });
  }
  return found;
}

/** Lists in the environment are parted by commas where the option itself reads commas so. */
function listed(definition: OptionDefinition, text: string): string[] {
  return definition.kind === 'texts' ? text.split(',').filter((part) => part.trim() !== '') : [text];
}

function readJsonValue(definition: OptionDefinition, value: unknown, where: string): Reading {
  const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  if (definition.kind === 'texts' && Array.isArray(value) && value.every((entry) => typeof entry === 'string'))
    return { value };
  if (definition.kind === 'texts' && typeof value === 'string') return { value: [value] };
  if (isText && definition.kind !== 'texts') return readTexts(definition, [String(value)], where);
  return { problem: { where, what: `cannot be ${JSON.stringify(value)}.`, fix: `give ${wanted(definition)}.` } };
}

function readTexts(definition: OptionDefinition, texts: readonly string[], where: string): Reading {
  const { kind, choices, min = -Infinity, max = Infinity } = definition;
  const text = texts[texts.length - 1];
  const refuse = (): Reading => ({
    problem: { where, what: `cannot be ${JSON.stringify(text)}.`, fix: `give ${wanted(definition)}.` },
  });
  switch (kind) {
    case 'texts':
      return { value: texts };
    case 'text':
      return { value: text };
    case 'flag':
    case 'boolean': {
      if (/^(true|1|yes|on)$/i.test(text)) return { value: true };
      return /^(false|0|no|off)$/i.test(text) ? { value: false } : refuse();
    }
    case 'integer': {
      const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
      return number >= min && number <= max ? { value: number } : refuse();
    }
    case 'number': {
      const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text) ? Number(text) : NaN;
      return number >= min && number <= max ? { value: number } : refuse();
    }
    case 'bytes': {
      const bytes = parseBytes(text);
      return bytes === undefined ? refuse() : { value: bytes };
    }
    case 'choice': {
      const choice = choices?.find((name) => name === text.replaceAll('-', '_') || name === text);
      return choice === undefined ? refuse() : { value: choice };
    }
  }
}

function wanted({ kind, choices, min, max }: OptionDefinition): string {
  switch (kind) {
    case 'integer':
      return max === undefined ? `a whole number from ${min ?? 0}` : `a whole number from ${min ?? 0} to ${max}`;
    case 'number':
      return `a number from ${min} to ${max}`;
    case 'bytes':
      return 'a size such as 512MiB or 4GiB, at least 64MiB';
    case 'choice':
      return `one of ${(choices ?? []).join(', ')}`;
    case 'flag':
    case 'boolean':
      return 'true or false';
    default:
      return 'a text';
  }
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
const SMALLEST_BYTES = 64 * 2 ** 20;

/** `512MiB`, `4 GB`, `2g` in bytes; units are powers of 1,024. Undefined for anything else and for less than 64 MiB. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const bytes = Math.floor(Number(match[1]) * UNITS[match[2].toLowerCase()]);
  return Number.isSafeInteger(bytes) && bytes >= SMALLEST_BYTES ? bytes : undefined;
}
