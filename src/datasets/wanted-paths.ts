import { basename, dirname } from 'node:path';
import { nearestName } from '../definitions/nearest-name.js';
import { globExpression, isGlob } from '../definitions/safe-path.js';
import type { Problem } from '../errors.js';
import type { WantedFiles } from './fetch-types.js';
import type { HubFile } from './hub-types.js';

/** The files among those listed that are wanted. */
export function matching(group: readonly WantedFiles[], listed: readonly HubFile[]): readonly HubFile[] {
  const fits = group.flatMap(({ paths }) => paths.map(fitting));
  return listed.filter(({ path }) => fits.some((fit) => fit(path)));
}

/** Whether a path is the one that is named, or fits the pattern. */
export function fitting(pattern: string): (path: string) => boolean {
  if (!isGlob(pattern)) return (path) => path === pattern;
  const expression = globExpression(pattern);
  return (path) => expression.test(path);
}

const NAMES_SHOWN = 6;

/** Names and patterns that no file has: what there is, and the nearest name. */
export function unmatchedOf(
  { paths, repository, wantedBy }: WantedFiles,
  commit: string,
  listed: readonly HubFile[],
): Problem[] {
  const names = listed.map(({ path }) => path);
  return paths
    .filter((pattern) => !names.some(fitting(pattern)))
    .map((pattern) => {
      const near = nearestName(pattern, names) ?? nearestName(basename(pattern), siblings(pattern, names));
      const there = nearby(pattern, names);
      const more = there.length > NAMES_SHOWN ? ` and ${there.length - NAMES_SHOWN} more` : '';
      return {
        where: wantedBy,
        what: `"${pattern}" is not in ${repository.id} at ${commit}; there is ${there.slice(0, NAMES_SHOWN).join(', ') || 'nothing'}${more}.`,
        fix: near === undefined ? 'correct the path in the definition.' : `did you mean "${near}"?`,
      };
    });
}

function siblings(pattern: string, names: readonly string[]): string[] {
  return names.filter((name) => dirname(name) === dirname(pattern)).map((name) => basename(name));
}

/** What the deepest folder of a path that is there has in it. */
function nearby(pattern: string, names: readonly string[]): readonly string[] {
  for (let folder = dirname(pattern); folder !== '.'; folder = dirname(folder)) {
    const inside = names.filter((name) => name.startsWith(`${folder}/`));
    if (inside.length > 0) return inside;
  }
  return names;
}
