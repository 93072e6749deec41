import { dirname, posix } from 'node:path';
import { unsafePath } from '../definitions/safe-path.js';
import { isJsonObject } from '../models/read-json-object.js';
import { ST_CONFIG } from './model-prompts.js';
import { computedDtype } from './computed-dtype.js';
import { canonicalDtype, exportPaths } from './find-export.js';
import { LENGTH_FILES, WEIGHTS } from './read-transformer.js';

/** Files that say how texts become ids, whatever the tokenizer's class. */
const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.txt',
  'spiece.model',
  'sentencepiece.bpe.model',
] as const;

/** Which network of a model is wanted. */
export interface NetworkChoice {
  readonly dtype?: string;
  readonly device?: string;
  readonly onnxFile?: string;
}

/** Folders of a model's modules, relative to the model's: that of the transformer first. */
export function moduleFolders(modules: unknown): readonly string[] {
  if (!Array.isArray(modules)) return [''];
  const folders = (modules as unknown[]).flatMap((entry) => {
    const path = isJsonObject(entry) && typeof entry.path === 'string' ? entry.path.replace(/\/$/, '') : undefined;
    return path === undefined || (path !== '' && unsafePath(path) !== undefined) ? [] : [path];
  });
  return folders.length > 0 ? folders : [''];
}

/** Small files that say what a model is; of them those that are there. */
export function descriptionFiles(there: ReadonlySet<string>, folders: readonly string[]): string[] {
  const [transformer] = folders;
  const wanted = [
    'modules.json',
    ST_CONFIG,
    ...folders.map((folder) => posix.join(folder, 'config.json')),
    ...[...TOKENIZER_FILES, ...LENGTH_FILES].map((name) => posix.join(transformer, name)),
  ];
  return [...new Set(wanted)].filter((path) => there.has(path));
}

/** The files of one network, as far as their names tell. */
export interface NetworkFiles {
  readonly files: readonly string[];
  /** An index of several files of weights, which names the others. */
  readonly indexes: readonly string[];
  /** Exports, which may name files of weights beside them. */
  readonly exports: readonly string[];
}

/**
 * The files of the network that `readNetwork` would take, and of the layers behind it: the export that is named, else
 * weights (safetensors before others) where the device computes in the number type, else the export in it.
 *
 * @param there all paths of the repository
 * @param folders of the modules, that of the transformer first
 */
export function networkFiles(
  there: ReadonlySet<string>,
  [transformer, ...others]: readonly string[],
  { dtype: asked = 'fp32', device, onnxFile }: NetworkChoice,
): NetworkFiles {
  const dtype = canonicalDtype(asked);
  const inTransformer = (path: string): string => posix.join(transformer, path.split('\\').join('/'));
  const named = onnxFile === undefined ? exportPaths(dtype).map(inTransformer) : [inTransformer(onnxFile)];
  const found = named.find((path) => there.has(path));
  const own = weightsIn(there, transformer);
  const isExport = onnxFile !== undefined || computedDtype(dtype, device) === undefined || own === undefined;
  const network = isExport ? undefined : own;
  const tail = others.flatMap((folder) => weightsIn(there, folder) ?? []);
  const weights = [...(network === undefined ? [] : [network]), ...tail];
  return {
    files: [...new Set(weights)],
    indexes: weights.filter((path) => path.endsWith('.index.json')),
    exports: isExport && found !== undefined ? [found] : [],
  };
}

/** The file of weights of a folder, or the index of several. */
function weightsIn(there: ReadonlySet<string>, folder: string): string | undefined {
  const names = WEIGHTS.flatMap(({ single, index }) => [single, index]);
  return names.map((name) => posix.join(folder, name)).find((path) => there.has(path));
}

/** The files that an index of weights names; none where it is broken, which is told when it is read. */
export function indexedFiles(index: string, json: unknown): string[] {
  const map = isJsonObject(json) ? json.weight_map : undefined;
  if (!isJsonObject(map)) return [];
  const names = new Set(Object.values(map).filter((name) => typeof name === 'string'));
  return [...names]
    .filter((name) => unsafePath(name) === undefined)
    .map((name) => posix.join(dirname(index), name))
    .sort();
}
