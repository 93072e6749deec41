import { existsSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ModelDefinition } from '../definitions/types.js';
import { deviceClass, parseDevices } from '../engine/devices.js';
import { UserError, throwProblems, type Problem } from '../errors.js';
import type { JsonObject } from '../models/read-json-object.js';
import { readJsonObject } from '../models/read-json-object.js';
import type { Pooling } from '../models/pooling.js';
import type { StoredTensor } from '../models/safetensors.js';
import { GRAPH_VERSION, buildSentenceGraph, type SentenceGraph } from '../models/sentence-graph.js';
import { dimsBehind, type TailModule } from '../models/tail-modules.js';
import { loadTokenizer, type LoadedTokenizer } from '../tokenization/load-tokenizer.js';
import { stripText } from '../tokenization/white-space.js';
import { batchBudget } from './batch-budget.js';
import { hashFiles, hashOf } from './file-hash.js';
import { promptOptions, promptProblems, promptsOf, readOwnPrompts, type OwnPrompts } from './model-prompts.js';
import { PLANNER_VERSION, type BatchBudget } from './plan-batches.js';
import { readModules, type SentenceModules } from './read-modules.js';
import { readLengthFile, readTensors, readTransformer, type TransformerFiles } from './read-transformer.js';
import { tokenEmbedder, type TokenModel } from './token-embedder.js';
import type { ModelGraph, ModelOptions, ResolvedModel } from './types.js';

/** A folder of model files, and what is known about the model beside them. */
export interface FolderSource {
  readonly folder: string;
  /** `local/<folder name>` or the Hub id. */
  readonly id: string;
  readonly revision: string | null;
  readonly definition?: ModelDefinition;
}

const ST_CONFIG = 'config_sentence_transformers.json';
/** How the command line names ways of pooling. */
const POOLING_OPTIONS = { mean: 'mean', cls: 'cls', last_token: 'lasttoken' } satisfies Record<string, Pooling>;

interface FolderFiles {
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
 * A sentence-transformers folder as a model: options before the definition, the definition before the files.
 *
 * @throws UserError with everything that is wrong with the folder and the options
 */
export async function resolveFolder(source: FolderSource, options: ModelOptions): Promise<ResolvedModel> {
  const problems: Problem[] = optionProblems(options, source.definition);
  const files = await readFolder(source, problems);
  throwProblems(problems);
  const plan = planModel(source, options, files as FolderFiles);
  const { definition } = source;
  const { prompts } = files as FolderFiles;
  const hashed = await hashFiles(absolutePaths(source.folder, (files as FolderFiles).files));
  const vectorFiles = new Set((files as FolderFiles).vectorFiles);
  return {
    id: source.id,
    kind: 'sentence-transformers',
    revision: source.revision,
    localHash: hashOf(hashed.map(({ path, sha256 }) => [path, sha256])),
    dims: plan.model.dims,
    dtype: 'fp32',
    files: hashed,
    settings: { ...plan.settings, prompts: promptSettings(options, definition, prompts) },
    options: { ...plan.options, ...promptOptions(options, definition?.prompts, prompts) },
    key: hashOf({ ...plan.settings, files: hashed.filter(({ path }) => vectorFiles.has(path)) }),
    warnings: [...plan.warnings, ...promptWarnings(definition, prompts)],
    promptChangesPooling: plan.model.skipsPrompt,
    promptFor: promptsOf(options, definition?.prompts, prompts),
    open: async (resources) => tokenEmbedder(plan.model, await resources.openRunner(plan.graph)),
  };
}

/** Options that no file can make right. */
function optionProblems(options: ModelOptions, definition: ModelDefinition | undefined): Problem[] {
  const problems = promptProblems(options);
  const dtype = options.dtype ?? definition?.dtype ?? 'fp32';
  if (dtype !== 'fp32') {
    problems.push({
      where: `--dtype ${dtype}`,
      what: 'is not supported for weights in safetensors.',
      fix: 'use fp32.',
    });
  }
  if (options.onnxFile !== undefined) {
    problems.push({ where: '--onnx-file', what: 'ONNX exports are not supported yet.', fix: 'leave it out.' });
  }
  if (options.dictionary !== undefined) {
    problems.push({
      where: '--dictionary',
      what: 'tokenizers with a dictionary are not supported yet.',
      fix: 'leave it out.',
    });
  }
  try {
    parseDevices(options.device ?? 'cpu');
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    problems.push(...thrown.problems);
  }
  return problems;
}

async function readFolder({ folder, id }: FolderSource, problems: Problem[]): Promise<FolderFiles | undefined> {
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

function folderOf(module: TailModule): string {
  return module.kind === 'normalize' ? '' : module.folder;
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

interface ModelPlan {
  readonly model: TokenModel;
  readonly graph: ModelGraph;
  /** All that decides a vector besides the files; part of the key. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, string | number | boolean>>;
  readonly warnings: readonly string[];
}

function planModel(source: FolderSource, options: ModelOptions, files: FolderFiles): ModelPlan {
  const { definition } = source;
  const { transformer, tokenizer, modules } = files;
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const own = modules.pooling.poolings;
  const wanted = options.pooling ?? definition?.pooling;
  const poolings = wanted === undefined ? own : [POOLING_OPTIONS[wanted]];
  const endsNormalized = modules.tail.at(-1)?.kind === 'normalize';
  const normalize = options.normalize ?? definition?.normalize ?? endsNormalized;
  const tail = tailOf(files, normalize, endsNormalized);
  const dims = finalDims(transformer.encoder.hidden * poolings.length, tail, source.id, problems);
  if (definition?.dims !== undefined && definition.dims !== dims && problems.length === 0) {
    problems.push({
      where: source.id,
      what: `its files give vectors of ${dims} dimensions, but its definition says ${definition.dims}.`,
      fix: 'check that the folder holds this model.',
    });
  }
  const maxTokens = longestInput(source, options, files, problems, warnings);
  const skipsPrompt = !modules.pooling.includePrompt;
  const device = deviceClass(parseDevices(options.device ?? 'cpu')[0]);
  const budget = batchBudget(options, device);
  throwProblems(problems);

  const pooling = { poolings, includePrompt: modules.pooling.includePrompt };
  const { architecture, encoder } = transformer;
  const graph = buildSentenceGraph({ architecture, encoder, weights: files.weights, pooling, tail }, dims, source.id);
  const strip = definition?.stripText ?? true;
  const { lowerCase } = files.length;
  const prepare = (text: string): string => {
    const stripped = strip ? stripText(text) : text;
    return lowerCase ? stripped.toLowerCase() : stripped;
  };
  const { vocabulary } = encoder;
  const standard = {
    pooling: own.join('+'),
    normalize: endsNormalized,
    maxTokens: longestInput(source, {}, files, [], []),
  };
  return {
    model: { tokenizer: tokenizer.tokenizer, prepare, maxTokens, vocabulary, dims, budget, skipsPrompt },
    graph: modelGraph(graph, dims),
    settings: {
      architecture: transformer.name,
      dims,
      dtype: 'fp32',
      device,
      pooling: poolings.join('+'),
      includePrompt: modules.pooling.includePrompt,
      modules: tail.map(({ module }) => module.kind),
      activations: tail.flatMap(({ module }) => (module.kind === 'dense' ? [module.activation] : [])),
      normalize,
      maxTokens,
      stripText: strip,
      lowerCase,
      tokenizer: tokenizer.className,
      batchTokens: budget.tokens,
      batchPolicy: budget.policy,
      plannerVersion: PLANNER_VERSION,
      graphVersion: GRAPH_VERSION,
    },
    options: differingOptions(options, definition, standard, device),
    warnings,
  };
}

/** Modules behind pooling with their tensors, and a Normalize at the end where it is asked for. */
function tailOf(files: FolderFiles, normalize: boolean, endsNormalized: boolean) {
  const tail = files.modules.tail.map((module, i) => ({ module, weights: files.tailWeights[i] }));
  if (normalize && !endsNormalized) return [...tail, { module: { kind: 'normalize' } as const, weights: null }];
  if (normalize || !endsNormalized) return tail;
  return tail.slice(0, -1);
}

function finalDims(
  pooled: number,
  tail: readonly { module: TailModule }[],
  where: string,
  problems: Problem[],
): number {
  let dims = pooled;
  for (const { module } of tail) {
    const next = dimsBehind(module, dims);
    if (next === null) {
      const what = `the module takes vectors of another length than the ${dims} dimensions it is given.`;
      problems.push({ where: join(where, folderOf(module)), what, fix: 'check its config.json and --pooling.' });
      return dims;
    }
    dims = next;
  }
  return dims;
}

/** Tokens of the longest input: option, definition, the model's own file, or what network and tokenizer allow. */
function longestInput(
  { id, definition }: FolderSource,
  options: ModelOptions,
  { transformer, tokenizer, length }: FolderFiles,
  problems: Problem[],
  warnings: string[],
): number | null {
  const positions = transformer.encoder.maxPositions;
  const limits = [positions, tokenizer.tokenizer.maxTokens].filter((limit) => limit !== null);
  const asked = options.maxTokens ?? definition?.maxTokens ?? length.maxTokens;
  const wanted = asked ?? (limits.length === 0 ? null : Math.min(...limits));
  const { before, behind } = tokenizer.tokenizer;
  const least = before.length + behind.length + 1;
  const where = options.maxTokens === undefined ? id : `--max-tokens ${options.maxTokens}`;
  if (wanted !== null && (!Number.isInteger(wanted) || wanted < least)) {
    problems.push({ where, what: `a longest input of ${wanted} tokens leaves no room for text; at least ${least}.` });
    return least;
  }
  if (positions === null || wanted === null || wanted <= positions) return wanted;
  const what = `a longest input of ${wanted} tokens is asked for, but the model has only ${positions} positions`;
  if (options.maxTokens !== undefined) problems.push({ where, what: `${what}.`, fix: `give at most ${positions}.` });
  else warnings.push(`${what}; texts are cut to ${positions}`);
  return positions;
}

function modelGraph(graph: SentenceGraph, dims: number): ModelGraph {
  const { bytes, externalFolder, output } = graph;
  const inputs = graph.inputs.map((name) => ({ name, fill: name, type: 'int32' as const }));
  return { bytes, externalFolder, inputs, output, dims };
}

function differingOptions(
  options: ModelOptions,
  definition: ModelDefinition | undefined,
  own: { readonly pooling: string; readonly normalize: boolean; readonly maxTokens: number | null },
  device: 'cpu' | 'cuda' | 'webgpu',
): Record<string, string | number | boolean> {
  const differing: Record<string, string | number | boolean> = {};
  const standardPooling = definition?.pooling === undefined ? own.pooling : POOLING_OPTIONS[definition.pooling];
  if (options.pooling !== undefined && POOLING_OPTIONS[options.pooling] !== standardPooling) {
    differing.pooling = options.pooling;
  }
  if (options.normalize !== undefined && options.normalize !== (definition?.normalize ?? own.normalize)) {
    differing.normalize = options.normalize;
  }
  if (options.maxTokens !== undefined && options.maxTokens !== own.maxTokens) {
    differing['max-tokens'] = options.maxTokens;
  }
  const standard: BatchBudget = batchBudget({}, device);
  const budget = batchBudget(options, device);
  if (budget.tokens !== standard.tokens) differing['batch-tokens'] = budget.tokens;
  if (budget.policy !== standard.policy) differing['batch-policy'] = budget.policy;
  if (device !== 'cpu') differing.device = device;
  return differing;
}

function promptSettings(options: ModelOptions, definition: ModelDefinition | undefined, own: OwnPrompts) {
  if (options.noPrompt === true) return null;
  const { prompt, queryPrompt, documentPrompt } = options;
  const given = { all: prompt, query: queryPrompt, document: documentPrompt };
  return {
    options: Object.fromEntries(Object.entries(given).filter(([, text]) => text !== undefined)),
    model: definition?.prompts ?? own.byRole,
    otherwise: own.otherwise ?? null,
  };
}

function promptWarnings(definition: ModelDefinition | undefined, own: OwnPrompts): string[] {
  if (definition?.prompts !== undefined || own.unused.length === 0) return [];
  return [
    `the model has prompts that no role takes: ${own.unused.join(', ')}; name one with --prompt if its texts need it`,
  ];
}

function absolutePaths(folder: string, files: readonly string[]): Map<string, string> {
  return new Map(files.map((file) => [file, join(folder, file)]));
}

/** A folder on this machine as a source: its name is the id. */
export function localSource(folder: string): FolderSource {
  return { folder, id: `local/${basename(realpathSync(folder))}`, revision: null };
}
