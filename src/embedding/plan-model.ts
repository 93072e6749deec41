import { join } from 'node:path';
import type { ModelDefinition } from '../definitions/types.js';
import { deviceClass, parseDevices } from '../engine/devices.js';
import { throwProblems, type Problem } from '../errors.js';
import type { Pooling } from '../models/pooling.js';
import type { LoadedModule } from '../models/sentence-tail.js';
import { dimsBehind, folderOf } from '../models/tail-modules.js';
import { stripText } from '../tokenization/white-space.js';
import { batchBudget } from './batch-budget.js';
import { choose, definitionFile, type Chosen } from './chosen.js';
import { overflowFix } from './computed-dtype.js';
import { PLANNER_VERSION, type BatchBudget } from './plan-batches.js';
import type { FolderFiles, FolderSource } from './read-folder.js';
import type { TokenModel } from './token-embedder.js';
import type { ModelGraph, ModelOptions } from './types.js';

/** How the command line names ways of pooling. */
const POOLING_OPTIONS = { mean: 'mean', cls: 'cls', last_token: 'lasttoken' } satisfies Record<string, Pooling>;

/** A model that is ready to be opened. */
export interface ModelPlan {
  readonly model: TokenModel;
  readonly graph: ModelGraph;
  /** All that decides a vector besides the files; part of the key. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, string | number | boolean>>;
  readonly warnings: readonly string[];
  /** Where settings come from. */
  readonly origins: Readonly<Record<string, string>>;
}

/**
 * Decides everything about a model, options before its definition, the definition before its files, and builds the graph.
 *
 * @throws UserError with everything that does not fit
 */
export function planModel(source: FolderSource, options: ModelOptions, files: FolderFiles): ModelPlan {
  const { definition } = source;
  const { network, tokenizer, modules } = files;
  const problems: Problem[] = [];
  const warnings: string[] = [...network.warnings];
  const own = modules.pooling.poolings;
  const inDefinition = definition === undefined ? '' : definitionFile(definition);
  const pooled = choose(
    [
      [poolingsOf(options.pooling), '--pooling'],
      [poolingsOf(definition?.pooling), inDefinition],
    ],
    { value: own, from: modules.poolingFrom },
  );
  const poolings = pooled.value;
  const endsNormalized = modules.tail.at(-1)?.kind === 'normalize';
  const normalized = choose(
    [
      [options.normalize, '--normalize'],
      [definition?.normalize, inDefinition],
    ],
    { value: endsNormalized, from: modules.files[0] ?? modules.poolingFrom },
  );
  const normalize = normalized.value;
  const tail = tailOf(files, normalize, endsNormalized);
  const { hidden, vocabulary } = network.encoder;
  const dims = finalDims(network.isPooled ? hidden : hidden * poolings.length, tail, source.id, problems);
  if (definition?.dims !== undefined && definition.dims !== dims && problems.length === 0) {
    problems.push({
      where: source.id,
      what: `its files give vectors of ${dims} dimensions, but its definition says ${definition.dims}.`,
      fix: 'check that the folder holds this model.',
    });
  }
  const longest = longestInput(source, options, files, problems, warnings);
  const maxTokens = longest.value;
  const skipsPrompt = !modules.pooling.includePrompt && !network.isPooled;
  const device = deviceClass(parseDevices(options.device ?? 'cpu')[0]);
  const standardPolicy = network.singleBecause === undefined ? undefined : ('single' as const);
  const budget = batchBudget({ ...options, batchPolicy: options.batchPolicy ?? standardPolicy }, device);
  if (network.singleBecause !== undefined && budget.policy !== 'single') {
    warnings.push(`a text's vector depends on the texts in its batch, since of the model ${network.singleBecause}`);
  }
  throwProblems(problems);

  const pooling = { poolings, includePrompt: modules.pooling.includePrompt };
  const graph = network.build({ pooling, modules: tail, dims }, source.id);
  const stripped = choose([[definition?.stripText, inDefinition]], {
    value: network.stripsText,
    from: network.stripsText ? 'sentence-transformers 3 does it' : 'such models do not',
  });
  const strip = stripped.value;
  const typed = choose(
    [
      [options.dtype, '--dtype'],
      [definition?.dtype, inDefinition],
    ],
    { value: network.dtype, from: 'default' },
  );
  const { lowerCase } = files.length;
  const prepare = (text: string): string => {
    const inner = strip ? stripText(text) : text;
    return lowerCase ? inner.toLowerCase() : inner;
  };
  const standard = {
    pooling: own.join('+'),
    normalize: endsNormalized,
    maxTokens: longestInput(source, {}, files, [], []).value,
    batchPolicy: standardPolicy,
  };
  return {
    model: {
      tokenizer: tokenizer.tokenizer,
      prepare,
      maxTokens,
      vocabulary,
      dims,
      budget,
      skipsPrompt,
      embedsEmpty: network.embedsEmpty,
      dependsOnBatch: device !== 'cpu' || network.dtype !== 'fp32' || network.singleBecause !== undefined,
      overflowFix: overflowFix(network.dtype, options.device),
    },
    graph,
    settings: {
      architecture: network.name,
      dims,
      dtype: network.dtype,
      device,
      pooling: network.isPooled ? 'none' : poolings.join('+'),
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
      ...network.settings,
    },
    options: { ...differingOptions(options, definition, standard, device), ...network.options },
    warnings,
    origins: {
      architecture: network.files[0],
      dims: definition?.dims === undefined ? 'the files' : `the files; ${inDefinition} says the same`,
      dtype: typed.from,
      device: options.device === undefined ? 'default' : '--device',
      pooling: network.isPooled ? 'the exported graph pools by itself' : pooled.from,
      includePrompt: modules.poolingFrom,
      normalize: normalized.from,
      maxTokens: longest.from,
      stripText: stripped.from,
      lowerCase: files.length.file ?? 'default',
      tokenizer: tokenizer.files.join(', '),
      batchTokens: options.batchTokens === undefined ? `default for ${device}` : '--batch-tokens',
      batchPolicy: options.batchPolicy === undefined ? (network.singleBecause ?? 'default') : '--batch-policy',
    },
  };
}

function poolingsOf(option: ModelOptions['pooling']): Pooling[] | undefined {
  return option === undefined ? undefined : [POOLING_OPTIONS[option]];
}

/** Modules behind pooling with their tensors, and a Normalize at the end where it is asked for. */
function tailOf(files: FolderFiles, normalize: boolean, endsNormalized: boolean): LoadedModule[] {
  const all = files.modules.tail.map((module, i) => ({ module, weights: files.tailWeights[i] }));
  // What has been exported with its pooling has been so with all modules that have weights.
  const tail = files.network.isPooled ? all.filter(({ module }) => module.kind === 'normalize') : all;
  if (normalize && !endsNormalized) return [...tail, { module: { kind: 'normalize' } as const, weights: null }];
  if (normalize || !endsNormalized) return tail;
  return tail.slice(0, -1);
}

function finalDims(pooled: number, tail: readonly LoadedModule[], where: string, problems: Problem[]): number {
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
  { network, tokenizer, length }: FolderFiles,
  problems: Problem[],
  warnings: string[],
): Chosen<number | null> {
  const { maxPositions: positions, trainedPositions } = network.encoder;
  const limits: Chosen<number | null>[] = [
    { value: positions ?? trainedPositions ?? null, from: 'config.json' },
    { value: tokenizer.tokenizer.maxTokens, from: tokenizer.files.at(-1) as string },
  ];
  const least = limits.reduce((a, b) => ((b.value ?? Infinity) < (a.value ?? Infinity) ? b : a));
  const chosen = choose<number | null>(
    [
      [options.maxTokens, '--max-tokens'],
      [definition?.maxTokens, definition === undefined ? '' : definitionFile(definition)],
      [length.maxTokens ?? undefined, length.file ?? ''],
    ],
    least.value === null ? { value: null, from: 'no file sets a limit' } : least,
  );
  const wanted = chosen.value;
  const { before, behind } = tokenizer.tokenizer;
  const shortest = before.length + behind.length + 1;
  const where = options.maxTokens === undefined ? id : `--max-tokens ${options.maxTokens}`;
  if (wanted !== null && (!Number.isInteger(wanted) || wanted < shortest)) {
    problems.push({
      where,
      what: `a longest input of ${wanted} tokens leaves no room for text; at least ${shortest}.`,
    });
    return { ...chosen, value: shortest };
  }
  if (positions === null && trainedPositions !== undefined && (wanted ?? 0) > trainedPositions) {
    warnings.push(`texts of up to ${wanted} tokens are embedded; the model was made for up to ${trainedPositions}`);
  }
  if (positions === null || wanted === null || wanted <= positions) return chosen;
  const what = `a longest input of ${wanted} tokens is asked for, but the model has only ${positions} positions`;
  if (options.maxTokens !== undefined) problems.push({ where, what: `${what}.`, fix: `give at most ${positions}.` });
  else warnings.push(`${what}; texts are cut to ${positions}`);
  return { value: positions, from: `config.json has no more positions (${chosen.from} asks for ${wanted})` };
}

function differingOptions(
  options: ModelOptions,
  definition: ModelDefinition | undefined,
  own: {
    readonly pooling: string;
    readonly normalize: boolean;
    readonly maxTokens: number | null;
    readonly batchPolicy: 'single' | undefined;
  },
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
  const standard: BatchBudget = batchBudget({ batchPolicy: own.batchPolicy }, device);
  const budget = batchBudget({ ...options, batchPolicy: options.batchPolicy ?? own.batchPolicy }, device);
  if (budget.tokens !== standard.tokens) differing['batch-tokens'] = budget.tokens;
  if (budget.policy !== standard.policy) differing['batch-policy'] = budget.policy;
  if (device !== 'cpu') differing.device = device;
  return differing;
}
