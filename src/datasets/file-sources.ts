import { existsSync, readdirSync, statSync, type Dirent } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { nearestName } from '../definitions/nearest-name.js';
import { globExpression, isGlob } from '../definitions/safe-path.js';
import { sourceFile } from '../definitions/task-definition.js';
import type { SourceFile, TaskDefinition } from '../definitions/types.js';
import type { Problem } from '../errors.js';
import { cachedRepository, hubCache } from './hub-cache.js';
import type { FileOrigin, FoundFile } from './table.js';

/** Where a file was looked for in vain; those of one task that differ only in the place are told together. */
export interface MissingFile {
  /** The place or places, quoted. */
  readonly places: readonly string[];
  /** Where they were looked for. */
  readonly source: string;
  /** What is there instead, a clause. */
  readonly there: string;
  readonly fix: string;
}

/** What a source says about a file. */
export type FileAnswer =
  /** The file, or its parts in order. */
  | { readonly files: readonly FoundFile[] }
  /** It should be here and is not; another source may have it. */
  | { readonly missing: MissingFile }
  /** Something has to be mended before any source is asked. */
  | { readonly problem: Problem };

/** A place that has files of tasks: a local mirror, the folder of a definition, a repository. */
export interface FileSource {
  /**
   * Finds the file of a name in `source.files`.
   *
   * @returns undefined when the file is none of this source's
   */
  find(task: TaskDefinition, key: string): Promise<FileAnswer | undefined>;
}

const FORMATS = ['parquet', 'jsonl'] as const;

/** Whether a local mirror has a file at a place, which is given without its ending. */
export function hasPlace(dataDir: string, place: string): boolean {
  return FORMATS.some((format) => existsSync(join(dataDir, `${place}.${format}`)));
}

/** Files at the `local` places of definitions, under the folder of `--data-dir`. */
export function localMirror(dataDir: string): FileSource {
  return {
    find: async (task, key) => {
      // A definition with an arrangement of its own for mirrors comes here only when none of its files is there.
      const places = task.local === undefined ? [sourceFile(task, key)?.local] : Object.values(task.local.files);
      const [place] = places;
      if (place === undefined) return undefined;
      if (task.local !== undefined) return { missing: missingPlaces(places as string[], dataDir) };
      const there = FORMATS.filter((format) => existsSync(join(dataDir, `${place}.${format}`)));
      if (there.length === 0) return { missing: missingPlaces([place], dataDir) };
      if (there.length === 2)
        return problemOf(
          task,
          `"${place}.parquet" and "${place}.jsonl" are both in ${dataDir}, and which one counts would be a guess.`,
          'remove one of them.',
        );
      const name = `${place}.${there[0]}`;
      return { files: [{ path: resolve(dataDir, name), name, format: there[0] }] };
    },
  };
}

function problemOf(task: TaskDefinition, what: string, fix: string): FileAnswer {
  return { problem: { where: `task ${task.id}`, what, fix } };
}

/** Names that are told of a folder. */
const NAMES_SHOWN = 6;

function missingPlaces(places: readonly string[], dataDir: string): MissingFile {
  const quoted = places.map((place) => `"${place}"`);
  const source = `--data-dir ${dataDir} (as .parquet or .jsonl)`;
  if (!isFolder(dataDir)) {
    const fix = 'give --data-dir the folder of the local mirror.';
    return { places: quoted, source, there: 'it is no folder', fix };
  }
  const { folder, rest } = deepestFolder(dataDir, places[0]);
  const names = namesIn(join(dataDir, folder), rest.includes('/'));
  const near = nearestName(rest.split('/')[0], new Set(names.map((name) => name.replace(/\.(?:parquet|jsonl)$/, ''))));
  const put = 'put the files there, or name the folder that has them.';
  const fix = near === undefined ? put : `did you mean "${near}"? If not, ${put}`;
  return { places: quoted, source, there: contentsOf(join(dataDir, folder), names), fix };
}

function contentsOf(folder: string, names: readonly string[]): string {
  if (names.length === 0) return `${folder} has nothing of the kind`;
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
  return `${folder} has ${names.slice(0, NAMES_SHOWN).join(', ')}${more}`;
}

/** Missing files of one task as problems, those of one source together. */
export function missingFiles(task: TaskDefinition, missing: readonly MissingFile[]): Problem[] {
  const groups = new Map<string, { readonly of: MissingFile; readonly places: Set<string> }>();
  for (const file of missing) {
    const key = JSON.stringify([file.source, file.there, file.fix]);
    const group = groups.get(key) ?? { of: file, places: new Set() };
    file.places.forEach((place) => group.places.add(place));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ of, places }) => ({
    where: `task ${task.id}`,
    what: `${[...places].join(', ')} ${places.size === 1 ? 'is' : 'are'} not in ${of.source}; ${of.there}.`,
    fix: of.fix,
  }));
}

/** The longest beginning of a place that is a folder, and what is left of the place. */
function deepestFolder(dataDir: string, place: string): { folder: string; rest: string } {
  const steps = place.split('/');
  let folder = '';
  while (steps.length > 1 && isFolder(join(dataDir, folder, steps[0]))) folder = join(folder, steps.shift() as string);
  return { folder, rest: steps.join('/') };
}

/** Names in a folder that could have been meant: folders, or files of rows. */
function namesIn(folder: string, folders: boolean): string[] {
  const fits = (entry: Dirent): boolean =>
    folders ? !entry.isFile() : entry.isDirectory() || formatOf(entry.name) !== undefined;
  return readdirSync(folder, { withFileTypes: true })
    .filter(fits)
    .map((entry) => entry.name)
    .sort();
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function formatOf(name: string): FoundFile['format'] | undefined {
  const ending = extname(name).slice(1).toLowerCase();
  return FORMATS.find((format) => format === ending);
}

/** Files that lie beside their definition, at the paths that it gives: one, several, or a pattern. */
export function besideDefinition(): FileSource {
  return {
    find: async (task, key) => {
      const { folder } = task;
      const file = sourceFile(task, key);
      if (folder === undefined || file === undefined || (file.repo ?? task.source.repo) !== undefined) return undefined;
      return filesUnder(task, key, file, { folder, name: `${folder}, the folder of the definition` });
    },
  };
}

/** Files of repositories that the Hub's cache has already, at the revision that the definition pins. */
export function cachedRepositories(cache = hubCache()): FileSource {
  return {
    find: async (task, key) => {
      const file = sourceFile(task, key);
      const repo = file?.repo ?? task.source.repo;
      if (file === undefined || repo === undefined) return undefined;
      const revision = file.revision ?? task.source.revision ?? 'main';
      const { snapshot, commits } = cachedRepository('dataset', repo, revision, cache);
      const name = `the cached ${repo} at ${revision}`;
      if (snapshot !== undefined) {
        const origin = { repo, revision: snapshot.revision };
        return filesUnder(task, key, file, { folder: snapshot.folder, name, origin });
      }
      if (commits.length === 0) return undefined;
      const places = (typeof file.path === 'string' ? [file.path] : file.path).map((path) => `"${path}"`);
      const fix = `fetch that revision while there is a network (jmteb fetch -t ${task.id}).`;
      return { missing: { places, source: name, there: `the cache has ${commits.join(', ')}`, fix } };
    },
  };
}

/** The files of a definition under a folder. */
function filesUnder(
  task: TaskDefinition,
  key: string,
  file: SourceFile,
  { folder, name: source, origin }: { readonly folder: string; readonly name: string; readonly origin?: FileOrigin },
): FileAnswer {
  const found: FoundFile[] = [];
  for (const path of typeof file.path === 'string' ? [file.path] : file.path) {
    const names = isGlob(path) ? filesLike(folder, path) : isFile(join(folder, path)) ? [path] : [];
    if (names.length === 0) return { missing: missingFile(path, folder, source) };
    for (const name of names) {
      const format = formatOf(name);
      if (format === undefined)
        return problemOf(
          task,
          `the file "${key}" is "${name}", whose ending is neither ".parquet" nor ".jsonl".`,
          'write the rows as Parquet, or as JSON objects, one a line.',
        );
      found.push({ path: resolve(folder, name), name, format, ...(origin === undefined ? {} : { origin }) });
    }
  }
  return { files: found };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Files under a folder whose path fits a pattern, sorted by code units, so that their order is the same everywhere. */
function filesLike(folder: string, pattern: string): string[] {
  const steps = pattern.split('/');
  const fixed = steps.slice(0, steps.findIndex(isGlob)).join('/');
  const start = join(folder, fixed);
  if (!isFolder(start)) return [];
  const expression = globExpression(pattern);
  return (readdirSync(start, { recursive: true }) as string[])
    .map((name) => (fixed === '' ? name : `${fixed}/${name}`).replaceAll('\\', '/'))
    .filter((name) => expression.test(name) && isFile(join(folder, name)))
    .sort();
}

function missingFile(path: string, folder: string, source: string): MissingFile {
  const near = isGlob(path) ? folder : join(folder, dirname(path));
  const names = isFolder(near) ? namesIn(near, false) : [];
  const suggestion = isGlob(path) ? undefined : nearestName(basename(path), names);
  return {
    places: [`"${path}"`],
    source,
    there: isFolder(near) ? contentsOf(near, names) : `there is no folder ${near}`,
    fix: suggestion === undefined ? 'add the file, or correct its path.' : `did you mean "${suggestion}"?`,
  };
}

/** What is said when a file belongs to no source that was given. */
export function nowhere(task: TaskDefinition, key: string): MissingFile {
  const file = sourceFile(task, key);
  const repo = file?.repo ?? task.source.repo;
  const local = task.local === undefined ? [file?.local] : Object.values(task.local.files);
  const places = local.filter((place) => place !== undefined);
  return {
    places: [`"${key}"`],
    source: repo === undefined ? 'reach' : `reach without the repository ${repo}`,
    there: 'no folder of rows was given',
    fix: `${waysToRows(task.id, places, repo).join(', or ')}.`,
  };
}

/** How somebody could come to rows that belong to no source. */
function waysToRows(id: string, places: readonly string[], repo: string | undefined): string[] {
  const folders = [...new Set(places.map((place) => `"${dirname(place)}"`))].join(' and ');
  const ways = [
    ...(places.length > 0 ? [`give --data-dir a folder that has ${folders}`] : []),
    ...(repo === undefined ? [] : [`fetch the rows while there is a network (jmteb fetch -t ${id})`]),
  ];
  return ways.length > 0 ? ways : ['write a definition whose files lie beside it'];
}
