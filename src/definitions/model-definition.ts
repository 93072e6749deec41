import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { packageRoot } from './package-root.js';
import { readJsonFile } from './read-json-file.js';
import type { Reading } from './reading.js';
import { refused } from './reading.js';
import { checkSchema } from './schema-check.js';
import { isShipped, shownPath } from './task-definition.js';
import type { ModelDefinition } from './types.js';

/**
 * Reads and checks one model definition.
 *
 * @param where name that messages show; default the path, or its place in the package
 */
export function readModelDefinition(path: string, where = shownPath(path)): Reading<ModelDefinition> {
  const file = readJsonFile(path, where);
  if (!file.ok) return refused([file.problem]);
  const problems = checkSchema('model', file.value, where, 'model definition');
  if (problems.length > 0) return refused(problems);
  const { $schema: _, ...model } = file.value as ModelDefinition & { readonly $schema?: string };
  const named = `${basename(dirname(path))}/${basename(path, '.json')}`;
  if (isShipped(path) && model.id !== named)
    return refused([
      { where, what: `"id" is "${model.id}", but the file is "${named}".`, fix: 'name the file owner/name.json.' },
    ]);
  return { value: model, problems: [], warnings: [] };
}

/**
 * Path of the definition that the package has for a model, or undefined.
 *
 * The id is as on the Hub, where case does not count; an endpoint's model is found as `openai:name` or `openai/name`.
 */
export function findModelFile(id: string): string | undefined {
  const slash = id.startsWith('openai:') ? id.replace(':', '/') : id;
  const parts = slash.split('/');
  if (parts.length !== 2) return undefined;
  const folder = join(packageRoot(), 'configs');
  const owner = sameName(folder, parts[0]);
  const file = owner === undefined ? undefined : sameName(join(folder, owner), `${parts[1]}.json`);
  return owner === undefined || file === undefined ? undefined : join(folder, owner, file);
}

/** The definition of a model, read and checked; undefined when there is none: such a model runs from its own files. */
export function findModelDefinition(id: string): Reading<ModelDefinition> | undefined {
  const path = findModelFile(id);
  return path === undefined ? undefined : readModelDefinition(path);
}

/** Paths of all model definitions of the package, by owner and name. */
export function modelFiles(root = packageRoot()): string[] {
  const folder = join(root, 'configs');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((owner) => owner.isDirectory())
    .flatMap((owner) =>
      readdirSync(join(folder, owner.name))
        .filter((name) => name.endsWith('.json'))
        .map((name) => join(folder, owner.name, name)),
    )
    .sort();
}

/** The entry of a folder with this name, its own case first. */
function sameName(folder: string, name: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const entries = readdirSync(folder);
  if (entries.includes(name)) return name;
  return entries.find((entry) => entry.toLowerCase() === name.toLowerCase());
}
