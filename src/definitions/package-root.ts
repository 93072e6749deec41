import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let found: string | undefined;

/**
 * The folder that holds `tasks/`, `configs/`, `schemas/` and `results/published/`, wherever the command is called from.
 *
 * Walks up from this module to the package file with our name, so that it holds in `src`, in `dist` and when installed.
 *
 * @returns absolute path, without a slash at its end
 * @throws Error when the package file is not there (a broken installation)
 */
export function packageRoot(): string {
  if (found !== undefined) return found;
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    if (isOurPackage(join(folder, 'package.json'))) {
      found = folder;
      return folder;
    }
    if (dirname(folder) === folder) throw new Error(`No package.json of jmteb in any folder above ${start}.`);
  }
}

function isOurPackage(file: string): boolean {
  if (!existsSync(file)) return false;
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }).name === 'jmteb';
  } catch {
    return false;
  }
}
