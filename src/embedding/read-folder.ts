import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelDefinition } from '../definitions/types.js';
import { UserError, type Problem } from '../errors.js';
import { readJsonObject, type JsonObject } from '../models/read-json-object.js';
import type { StoredTensor } from '../models/safetensors.js';
import { folderOf } from '../models/tail-modules.js';
import { loadTokenizer, type LoadedTokenizer } from '../tokenization/load-tokenizer.js';
import { dictionaryFiles } from './dictionary-remarks.js';
import { ST_CONFIG, readOwnPrompts, type OwnPrompts } from './model-prompts.js';
import type { Network } from './network.js';
import { readModules, type SentenceModules } from './read-modules.js';
import { readNetwork } from './read-network.js';
import { readLengthFile, readTensors } from './read-transformer.js';
import { staticTokenizer } from './static-network.js';
import type { ModelOptions } from './types.js';

/** A folder of model files, and what is known about the model beside them. */
export interface FolderSource {
  readonly folder: string;
  /** `local/<folder name>` or the Hub id. */
  readonly id: string;
  readonly revision: string | null;
  /** What named the revision. */
  readonly revisionFrom?: string;
  readonly definition?: ModelDefinition;
}

/** What the files of a sentence-transformers folder say. */
export interface FolderFiles {
  readonly network: Network;
  readonly tokenizer: LoadedTokenizer;
  readonly modules: SentenceModules;
  /** Tensors of the modules of `modules.tail`, null for those without. */
  readonly tailWeights: readonly (ReadonlyMap<string, StoredTensor> | null)[];
  readonly length: { readonly maxTokens: number | null; readonly lowerCase: boolean; readonly file?: string };
  readonly prompts: OwnPrompts;
  /** Paths of all files, relative to the model folder; those in `vectorFiles` are part of the key. */
  readonly files: readonly string[];
  readonly vectorFiles: readonly string[];
  /** Absolute paths of files that lie outside the model folder, by their names in `files`. */
  readonly elsewhere: ReadonlyMap<string, string>;
}

/**
 * Reads a sentence-transformers folder.
 *
 * @param options which network and which MeCab dictionary is asked for
 * @param problems takes everything that is wrong; then the result may be undefined
 */
export async function readFolder(
  { folder, id, definition }: FolderSource,
  options: ModelOptions,
  problems: Problem[],
): Promise<FolderFiles | undefined> {
  const where = id;
  const modules = readModules(folder, where, problems);
  if (modules === undefined) return undefined;
  const inner = join(folder, modules.transformer);
  const innerWhere = join(where, modules.transformer);
  const network = await readNetwork({ folder: inner, where: innerWhere, modules, options, definition }, problems);
  const tail = modules.tail.map((module) =>
    module.kind === 'normalize' || network?.isPooled === true
      ? null
      : readTensors(join(folder, module.folder), join(where, module.folder), problems),
  );
  const dictionary = { given: options.dictionary, defined: definition?.dictionary };
  const tokenizer = await tryTokenizer(problems, async () => {
    const loaded = await loadTokenizer(inner, network?.config ?? {}, innerWhere, dictionary);
    return modules.isStatic ? staticTokenizer(loaded, inner, innerWhere) : loaded;
  });
  // Without modules.json the transformer is made anew, and these files are not looked at.
  const isSentenceModel = modules.files.length > 0;
  const length = isSentenceModel ? readLengthFile(inner, innerWhere, problems) : { maxTokens: null, lowerCase: false };
  const sentenceConfig = isSentenceModel ? readSentenceConfig(folder, where, problems) : {};
  const prompts = readOwnPrompts(sentenceConfig, join(where, ST_CONFIG), problems);
  if (network === undefined || tokenizer === undefined) return undefined;
  const within = (names: readonly string[], path: string): string[] =>
    names.map((name) => (path === '' ? name : `${path}/${name}`));
  const vectorFiles = [
    ...within([...network.files, ...tokenizer.files], modules.transformer),
    ...modules.tail.flatMap((module, i) => within(tail[i]?.files ?? [], folderOf(module))),
  ];
  const others = [
    ...modules.files,
    ...('file' in length && length.file !== undefined ? within([length.file], modules.transformer) : []),
    ...(isSentenceModel && existsSync(join(folder, ST_CONFIG)) ? [ST_CONFIG] : []),
  ];
  const outside = [...(network.elsewhere ?? [])].map(([name, file]): [string, string] => [
    within([name], modules.transformer)[0],
    file,
  ]);
  return {
    network,
    tokenizer,
    modules,
    tailWeights: tail.map((entry) => entry?.tensors ?? null),
    length,
    prompts,
    files: [...new Set([...vectorFiles, ...others])],
    vectorFiles,
    elsewhere: new Map([...outside, ...dictionaryFiles(tokenizer)]),
  };
}

function readSentenceConfig(folder: string, where: string, problems: Problem[]): JsonObject {
  if (!existsSync(join(folder, ST_CONFIG))) return {};
  const json = readJsonObject(join(folder, ST_CONFIG), join(where, ST_CONFIG));
  if (json.ok) return json.value;
  problems.push(json.problem);
  return {};
}

async function tryTokenizer(
  problems: Problem[],
  load: () => Promise<LoadedTokenizer>,
): Promise<LoadedTokenizer | undefined> {
  try {
    return await load();
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    problems.push(...thrown.problems);
    return undefined;
  }
}
