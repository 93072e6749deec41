import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nearestName } from '../definitions/nearest-name.js';
import { UserError, type Problem } from '../errors.js';
import type { Architecture, Encoder } from '../models/architecture.js';
import { ARCHITECTURES, ARCHITECTURE_NAMES, type ArchitectureName } from '../models/architectures.js';
import { ConfigReader, shown } from '../models/config-reader.js';
import { isJsonObject, readJsonObject, type JsonObject } from '../models/read-json-object.js';
import { readWeights, weightFilesOfIndex, type StoredTensor, type WeightFiles } from '../models/safetensors.js';

/** Files of weights, best first; an index says which tensor is in which of several files. */
export const WEIGHTS = [
  { single: 'model.safetensors', index: 'model.safetensors.index.json', ending: '.safetensors' },
  { single: 'pytorch_model.bin', index: 'pytorch_model.bin.index.json', ending: '.bin' },
] as const;

/** Where sentence-transformers keeps the longest input, by the kinds of transformers it once had; the first counts. */
export const LENGTH_FILES = ['bert', 'roberta', 'distilbert', 'camembert', 'albert', 'xlm-roberta', 'xlnet'].map(
  (kind) => `sentence_${kind}_config.json`,
);

/** A transformer's network as its files describe it. */
export interface TransformerFiles {
  readonly name: ArchitectureName;
  readonly architecture: Architecture;
  readonly encoder: Encoder;
  readonly config: JsonObject;
}

/** Reads config.json; undefined where that is not possible. */
export function readTransformer(folder: string, where: string, problems: Problem[]): TransformerFiles | undefined {
  const at = join(where, 'config.json');
  const json = readJsonObject(join(folder, 'config.json'), at);
  if (!json.ok) {
    problems.push(json.problem);
    return undefined;
  }
  const type = json.value.model_type;
  const code = ownCode(json.value);
  if (code !== undefined) {
    const what = `the model is computed by code of its own (${shown(code)} in "auto_map"), which is not run.`;
    problems.push({ where: at, what, fix: 'take vectors made elsewhere with --model vectors:<folder>.' });
    return undefined;
  }
  if (typeof type !== 'string' || !Object.hasOwn(ARCHITECTURES, type)) {
    const near = typeof type === 'string' ? nearestName(type, ARCHITECTURE_NAMES) : undefined;
    const meant = near === undefined ? '' : `did you mean "${near}"? `;
    const known = `supported: ${ARCHITECTURE_NAMES.join(', ')}. Or take vectors made elsewhere with vectors:<folder>.`;
    const what = `"model_type" is ${shown(type)}, an architecture that is not supported.`;
    problems.push({ where: at, what, fix: meant + known });
    return undefined;
  }
  const name = type as ArchitectureName;
  const architecture: Architecture = ARCHITECTURES[name];
  const config = new ConfigReader(json.value, at);
  const encoder = architecture.read(config);
  problems.push(...config.problems);
  return config.problems.length > 0 ? undefined : { name, architecture, encoder, config: json.value };
}

/** The class that computes the model where it is none of transformers' own: its code lies beside the weights. */
function ownCode(config: JsonObject): unknown {
  return isJsonObject(config.auto_map) ? (config.auto_map.AutoModel ?? undefined) : undefined;
}

/** Tensors of a folder's files of weights; undefined where there are none that can be read. */
export function readTensors(
  folder: string,
  where: string,
  problems: Problem[],
): { readonly tensors: Map<string, StoredTensor>; readonly files: readonly string[] } | undefined {
  try {
    const { files, index } = weightFiles(folder, where);
    return { tensors: readWeights(folder, files, where), files: [...files.names, ...index] };
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    problems.push(...thrown.problems);
    return undefined;
  }
}

/** What sentence-transformers keeps beside a transformer: the longest input, and whether texts are put in lower case. */
export function readLengthFile(
  folder: string,
  where: string,
  problems: Problem[],
): { readonly maxTokens: number | null; readonly lowerCase: boolean; readonly file?: string } {
  const file = LENGTH_FILES.find((name) => existsSync(join(folder, name)));
  if (file === undefined) return { maxTokens: null, lowerCase: false };
  const json = readJsonObject(join(folder, file), join(where, file));
  if (!json.ok) {
    problems.push(json.problem);
    return { maxTokens: null, lowerCase: false, file };
  }
  const config = new ConfigReader(json.value, join(where, file));
  const maxTokens = (json.value.max_seq_length ?? null) === null ? null : config.integer('max_seq_length', 1);
  const lowerCase = config.flag('do_lower_case', false);
  problems.push(...config.problems);
  return { maxTokens, lowerCase, file };
}

function weightFiles(folder: string, where: string): { files: WeightFiles; index: readonly string[] } {
  for (const { single, index, ending } of WEIGHTS) {
    if (existsSync(join(folder, single))) return { files: { names: [single] }, index: [] };
    if (!existsSync(join(folder, index))) continue;
    const at = join(where, index);
    const json = readJsonObject(join(folder, index), at);
    if (!json.ok) throw new UserError(json.problem);
    return { files: weightFilesOfIndex(json.value, at, ending), index: [index] };
  }
  const names = WEIGHTS.map(({ single }) => single).join(' or ');
  throw new UserError({ where, what: `has no weights: there is no ${names}.` });
}
