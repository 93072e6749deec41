import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelDefinition } from '../definitions/types.js';
import { UserError, type Problem } from '../errors.js';
import { readJsonObject, type JsonObject } from '../models/read-json-object.js';
import type { StoredTensor } from '../models/safetensors.js';
import { folderOf } from '../models/tail-modules.js';
import { loadTokenizer, type LoadedTokenizer } from '../tokenization/load-tokenizer.js';
import { readOwnPrompts, type OwnPrompts } from './model-prompts.js';
import { readModules, type SentenceModules } from './read-modules.js';
import { readLengthFile, readTensors, readTransformer, type TransformerFiles } from './read-transformer.js';

/** A folder of model files, and what is known about the model beside them. */
export interface FolderSource {
  readonly folder: string;
  /** `local/<folder name>` or the Hub id. */
  readonly id: string;
  readonly revision: string | null;
  readonly definition?: ModelDefinition;
}

const ST_CONFIG = 'config_sentence_transformers.json';
/** What the files of a sentence-transformers folder say. */
export interface FolderFiles {
  readonly transformer: TransformerFiles;
  readonly tokenizer: LoadedTokenizer;
  readonly weights: ReadonlyMap<string, StoredTensor>;
  readonly modules: SentenceModules;
  /** Tensors of the modules of `modules.tail`, null for those without. */
  readonly tailWeights: readonly (ReadonlyMap<string, StoredTensor> | null)[];
  readonly length: { readonly maxTokens: number | null; readonly lowerCase: boolean };
  readonly prompts: OwnPrompts;
  /** Paths of all files, relative to the model folder; those in `vectorFiles` are part of the key. */
  readonly files: readonly string[];
  readonly vectorFiles: readonly string[];
}

/**
 * Reads a sentence-transformers folder.
 *
 * @param problems takes everything that is wrong; then the result may be undefined
 */
export async function readFolder({ folder, id }: FolderSource, problems: Problem[]): Promise<FolderFiles | undefined> {
  const where = id;
  const modules = readModules(folder, where, problems);
  if (modules === undefined) return undefined;
  const inner = join(folder, modules.transformer);
  const innerWhere = join(where, modules.transformer);
  const transformer = readTransformer(inner, innerWhere, problems);
  const weights = readTensors(inner, innerWhere, problems);
  const tail = modules.tail.map((module) =>
    module.kind === 'normalize' ? null : readTensors(join(folder, module.folder), join(where, module.folder), problems),
  );
  const tokenizer = await tryTokenizer(inner, transformer?.config ?? {}, innerWhere, problems);
  // Without modules.json the transformer is made anew, and these files are not looked at.
  const isSentenceModel = modules.files.length > 0;
  const length = isSentenceModel ? readLengthFile(inner, innerWhere, problems) : { maxTokens: null, lowerCase: false };
  const sentenceConfig = isSentenceModel ? readSentenceConfig(folder, where, problems) : {};
  const prompts = readOwnPrompts(sentenceConfig, join(where, ST_CONFIG), problems);
  if (transformer === undefined || weights === undefined || tokenizer === undefined) return undefined;
  const within = (names: readonly string[], path: string): string[] =>
    names.map((name) => (path === '' ? name : `${path}/${name}`));
  const vectorFiles = [
    ...within(['config.json', ...weights.files, ...tokenizer.files], modules.transformer),
    ...modules.tail.flatMap((module, i) => within(tail[i]?.files ?? [], folderOf(module))),
  ];
  const others = [
    ...modules.files,
    ...('file' in length && length.file !== undefined ? within([length.file], modules.transformer) : []),
    ...(isSentenceModel && existsSync(join(folder, ST_CONFIG)) ? [ST_CONFIG] : []),
  ];
  return {
    transformer,
    tokenizer,
    weights: weights.tensors,
    modules,
    tailWeights: tail.map((entry) => entry?.tensors ?? null),
    length,
    prompts,
    files: [...new Set([...vectorFiles, ...others])],
    vectorFiles,
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
  folder: string,
  config: JsonObject,
  where: string,
  problems: Problem[],
): Promise<LoadedTokenizer | undefined> {
  try {
    return await loadTokenizer(folder, config, where);
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    problems.push(...thrown.problems);
    return undefined;
  }
}
