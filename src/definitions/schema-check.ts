import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as AjvModule from 'ajv/dist/2020.js';
import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { Problem } from '../errors.js';
import { suggestName } from './nearest-name.js';
import { packageRoot } from './package-root.js';

/** The schemas in `schemas/` that definitions are checked against. */
export type SchemaName =
  | 'task'
  | 'suite'
  | 'model'
  | 'published'
  | 'task-result'
  | 'run'
  | 'summary'
  | 'imported'
  | 'vector-list'
  | 'vector-model'
  | 'batch-budget'
  | 'doctor'
  | 'listing'
  | 'manifest'
  | 'comparison'
  | 'check'
  | 'limits';

interface Schema {
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly $ref?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** Beyond these the file is something else, and comparing all of its values would take minutes. */
const MAX_VALUES = 50_000;
const MAX_PROBLEMS = 50;

const schemas = new Map<SchemaName, Schema>();
const validators = new Map<SchemaName, ValidateFunction>();
let ajv: Ajv2020 | undefined;

/** Names of the top-level fields of a schema, and of those among them that it asks for. */
export function fieldsOf(name: SchemaName): {
  readonly known: readonly string[];
  readonly required: readonly string[];
} {
  const { properties, required } = schemaOf(name);
  return { known: Object.keys(properties ?? {}), required: required ?? [] };
}

/**
 * Everything in `value` that the schema forbids, one problem a fault, with the dotted path of the field.
 *
 * @param where file that messages name
 * @param noun what the file is, as in "not a field of a task definition"
 */
export function checkSchema(name: SchemaName, value: unknown, where: string, noun: string): Problem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ where, what: `the file holds ${show(value)}; a ${noun} is a JSON object.`, fix: 'begin it with "{".' }];
  if (countValues(value) > MAX_VALUES)
    return [{ where, what: `the file holds more than ${MAX_VALUES} values; no ${noun} has so many.` }];
  const validate = validatorOf(name);
  if (validate(value)) return [];
  const root = schemaOf(name);
  const errors = validate.errors ?? [];
  const problems = errors.slice(0, MAX_PROBLEMS).map((error) => describe(error, root, where, noun));
  if (errors.length > MAX_PROBLEMS) problems.push({ where, what: `and ${errors.length - MAX_PROBLEMS} more.` });
  return problems;
}

/** Values inside a value, itself included; stops when there are too many. */
function countValues(value: unknown): number {
  let count = 0;
  const open: unknown[] = [value];
  while (open.length > 0 && count <= MAX_VALUES) {
    const next = open.pop();
    count++;
    if (typeof next === 'object' && next !== null) for (const inner of Object.values(next)) open.push(inner);
  }
  return count;
}

/** Keys from the top of a file to a field as one dotted path; keys that are no names stand in brackets. */
export function dottedPath(keys: readonly (string | number)[]): string {
  let path = '';
  for (const key of keys) {
    if (typeof key === 'number') path += `[${key}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(key)) path += path === '' ? key : `.${key}`;
    else path += `[${JSON.stringify(key)}]`;
  }
  return path;
}

/** A value as messages show it: its kind and its text, cut when long. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
  if (typeof value !== 'string') return `the ${typeof value} ${String(value)}`;
  return value === ''
    ? 'an empty text'
    : `the text ${JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)}`;
}

function describe(error: ErrorObject, root: Schema, where: string, noun: string): Problem {
  const keys = pointerKeys(error.instancePath);
  const at = (extra: readonly string[] = []): string => `"${dottedPath([...keys, ...extra])}"`;
  const parent = (error.parentSchema ?? {}) as Schema;
  const reason = parent.description === undefined ? '' : `\n  ${parent.description}`;
  const expected = (what: string, fix?: string): Problem => ({
    where,
    what: `${at()} is ${show(error.data)}; expected ${what}.${reason}`,
    fix,
  });
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'required': {
      const field = String(params.missingProperty);
      const schema = resolve(parent.properties?.[field], root);
      const why = schema?.description === undefined ? '' : `\n  ${schema.description}`;
      const example = schema?.examples?.[0];
      const given = example === undefined ? '...' : JSON.stringify(example);
      return { where, what: `${at([field])} is missing.${why}`, fix: `add "${field}": ${given}.` };
    }
    case 'additionalProperties': {
      const field = String(params.additionalProperty);
      const known = Object.keys(parent.properties ?? {}).filter((k) => k !== '$schema');
      const place = keys.length === 0 ? `a ${noun}` : `"${dottedPath(keys)}"`;
      return {
        where,
        what: `${at([field])} is not a field of ${place}.`,
        fix: suggestName(field, known) ?? `use one of ${known.join(', ')}.`,
      };
    }
    case 'enum':
    case 'const': {
      const allowed = error.keyword === 'const' ? [params.allowedValue] : (params.allowedValues as unknown[]);
      const list = allowed.map((v) => JSON.stringify(v)).join(', ');
      const fix = typeof error.data === 'string' ? suggestName(error.data, allowed.map(String)) : undefined;
      return expected(allowed.length === 1 ? list : `one of ${list}`, fix);
    }
    case 'type': {
      const types = Array.isArray(params.type) ? (params.type as string[]) : String(params.type).split(',');
      return expected(types.map((t) => TYPE_NAMES[t] ?? t).join(' or '));
    }
    case 'pattern':
      return { where, what: `${at()} is ${show(error.data)}, which does not fit.${reason}`, fix: exampleFix(parent) };
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return expected('something in it', exampleFix(parent));
    case 'minimum':
      return expected(`${String(params.limit)} or more`);
    case 'maximum':
      return expected(`${String(params.limit)} or less`);
    case 'uniqueItems': {
      const list = error.data as unknown[];
      return {
        where,
        what: `${at()} has ${JSON.stringify(list[Number(params.j)])} twice, at ${String(params.j)} and ${String(params.i)}.`,
        fix: 'remove one of them.',
      };
    }
    default:
      return { where, what: `${at()} ${error.message ?? 'is wrong'}.` };
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

function exampleFix(schema: Schema): string | undefined {
  const example = schema.examples?.[0];
  return example === undefined ? undefined : `write for example ${JSON.stringify(example)}.`;
}

/** The steps of a JSON pointer; steps into lists are numbers. */
function pointerKeys(pointer: string): (string | number)[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')));
}

function resolve(schema: Schema | undefined, root: Schema): Schema | undefined {
  if (schema?.$ref === undefined) return schema;
  return root.$defs?.[schema.$ref.replace('#/$defs/', '')] ?? schema;
}

function schemaOf(name: SchemaName): Schema {
  let schema = schemas.get(name);
  if (schema === undefined) {
    schema = JSON.parse(readFileSync(join(packageRoot(), 'schemas', `${name}.schema.json`), 'utf8')) as Schema;
    schemas.set(name, schema);
  }
  return schema;
}

function validatorOf(name: SchemaName): ValidateFunction {
  let validate = validators.get(name);
  if (validate === undefined) {
    validate = engine().compile(schemaOf(name));
    validators.set(name, validate);
  }
  return validate;
}

/** The checker costs about 60 ms to load: only when the first definition is read. */
function engine(): Ajv2020 {
  if (ajv === undefined) {
    const load = createRequire(import.meta.url);
    const { Ajv2020 } = load('ajv/dist/2020') as typeof AjvModule;
    ajv = new Ajv2020({ allErrors: true, verbose: true, strict: false });
  }
  return ajv;
}
