import { join, posix } from 'node:path';
import { unsafePath } from '../definitions/safe-path.js';
import { fetchFiles } from '../datasets/fetch-files.js';
import type { FetchContext, PlannedFile } from '../datasets/fetch-types.js';
import { commitOf, filesOf, isCached } from '../datasets/commit-files.js';
import { orFromCache } from '../datasets/or-from-cache.js';
import type { HubRepository } from '../datasets/hub-types.js';
import { readJsonObject } from '../models/read-json-object.js';
import { readModel } from '../onnx/model-reader.js';
import { readJsonFile } from '../definitions/read-json-file.js';
import { UserError } from '../errors.js';
import { suggestName } from '../definitions/nearest-name.js';
import { descriptionFiles, indexedFiles, moduleFolders, networkFiles } from './model-files.js';
import { hubModel } from './resolve-model.js';
import type { ModelOptions } from './types.js';

/** The files that a model of the Hub needs, those that were needed to find that out already fetched. */
export interface ModelFilePlan {
  readonly files: readonly PlannedFile[];
  /** Exports among them, which may name more files once they are there. */
  readonly exports: readonly PlannedFile[];
  readonly listed: readonly PlannedFile[];
}

/**
 * Finds out which files of a model are used: configuration, tokenizer, modules, and the weights or the export that the
 * options choose; never all of them.
 *
 * @param id `owner/name`
 * @throws UserError when there is no such model, revision or export, or it is not open to this account; MachineError when the
 *   Hub cannot be reached
 */
export async function planModelFiles(id: string, options: ModelOptions, context: FetchContext): Promise<ModelFilePlan> {
  const isWhole = ({ files }: ModelFilePlan): boolean => files.length > 0 && files.every(({ isCached }) => isCached);
  return orFromCache((within) => planWithin(id, options, within), isWhole, context);
}

async function planWithin(id: string, options: ModelOptions, context: FetchContext): Promise<ModelFilePlan> {
  const { name, revision, definition } = hubModel(id, options);
  const repository: HubRepository = { kind: 'model', id: name };
  const commit = await commitOf(repository, revision, context);
  const { files: listing } = await filesOf(repository, commit, context);
  const listed = listing.map((file) => ({
    repository,
    commit,
    file,
    isCached: isCached(context.cache, repository, commit, file),
  }));
  const there = new Map(listed.map((planned) => [planned.file.path, planned]));
  const paths = new Set(there.keys());
  const pick = (names: readonly string[]): PlannedFile[] => names.flatMap((path) => there.get(path) ?? []);
  const folders = moduleFolders(await jsonOf(pick(['modules.json']), context));
  const description = descriptionFiles(paths, folders);
  const dtype = options.dtype ?? definition?.dtype;
  const network = networkFiles(paths, folders, { dtype, device: options.device, onnxFile: options.onnxFile });
  if (options.onnxFile !== undefined && network.exports.length === 0) throw noExport(options.onnxFile, paths);
  const shards: string[] = [];
  for (const index of network.indexes) shards.push(...indexedFiles(index, await jsonOf(pick([index]), context)));
  // External weights are named after the export as a rule; what an export names otherwise is fetched after it.
  const beside = [...paths].filter((path) => network.exports.some((file) => isBeside(path, file)));
  const wanted = new Set([...description, ...network.files, ...shards, ...network.exports, ...beside]);
  return { files: pick([...wanted]), exports: pick(network.exports), listed };
}

function noExport(path: string, there: ReadonlySet<string>): UserError {
  const known = [...there].filter((name) => name.endsWith('.onnx')).sort();
  const fix = known.length === 0 ? 'the model has no ONNX exports.' : suggestName(path, known);
  return new UserError({
    where: `--onnx-file ${path}`,
    what: 'there is no such file.',
    fix: fix ?? `there is ${known.join(', ')}.`,
  });
}

function isBeside(path: string, file: string): boolean {
  return path !== file && (path.startsWith(`${file}_data`) || path.startsWith(`${file}.data`));
}

/** Fetches one JSON file, and reads it; undefined where there is none or it is broken, which is told by who reads it later. */
async function jsonOf(files: readonly PlannedFile[], context: FetchContext): Promise<unknown> {
  if (files.length === 0 || (context.isOffline && !files[0].isCached)) return undefined;
  const [path] = await fetchFiles(files, { ...context, onEvent: undefined });
  const small = readJsonFile(path, path);
  if (small.ok) return small.value;
  const large = readJsonObject(path, path);
  return large.ok ? large.value : undefined;
}

/** Fetches what an export names beside itself and has another name than usual; called when the export is there. */
export async function fetchBesideExports({ exports, listed }: ModelFilePlan, context: FetchContext): Promise<void> {
  for (const planned of exports) {
    const [path] = await fetchFiles([planned], { ...context, onEvent: undefined });
    const wanted = new Set(locationsIn(path, planned.file.path));
    await fetchFiles(
      listed.filter(({ file }) => wanted.has(file.path)),
      context,
    );
  }
}

function locationsIn(path: string, name: string): string[] {
  try {
    const locations = readModel(path, name).initializers.flatMap(({ place }) => place?.location ?? []);
    return [...new Set(locations)]
      .map((location) => location.replace(/^\.\//, ''))
      .filter((location) => unsafePath(location) === undefined)
      .map((location) => join(posix.dirname(name), location).split('\\').join('/'));
  } catch (thrown) {
    // It is read again, and told of, when the model is resolved.
    if (thrown instanceof UserError) return [];
    throw thrown;
  }
}
