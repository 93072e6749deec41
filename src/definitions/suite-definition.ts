import { basename } from 'node:path';
import { packageRoot } from './package-root.js';
import { readJsonFile } from './read-json-file.js';
import type { Reading } from './reading.js';
import { refused } from './reading.js';
import { checkSchema } from './schema-check.js';
import { isShipped, shownPath } from './task-definition.js';
import type { SuiteDefinition } from './types.js';

/**
 * Reads and checks one suite definition by itself; whether its tasks exist is known to the catalogue (`unknownTasks`).
 *
 * @param where name that messages show; default the path, or its place in the package
 * @param root folder of the package
 */
export function readSuiteDefinition(
  path: string,
  where = shownPath(path),
  root = packageRoot(),
): Reading<SuiteDefinition> {
  const file = readJsonFile(path, where);
  if (!file.ok) return refused([file.problem]);
  const problems = checkSchema('suite', file.value, where, 'suite definition');
  if (problems.length > 0) return refused(problems);
  const { $schema: _, ...suite } = file.value as SuiteDefinition & { readonly $schema?: string };
  const name = basename(path, '.json');
  if (isShipped(path, root) && suite.id !== name)
    return refused([
      { where, what: `"id" is "${suite.id}", but the file is named "${name}".`, fix: 'give both the same name.' },
    ]);
  return { value: suite, problems: [], warnings: [] };
}
