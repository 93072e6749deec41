import { findModelDefinition } from '../definitions/model-definition.js';
import type { ModelDefinition } from '../definitions/types.js';
import { throwProblems, type Problem } from '../errors.js';
import { loadCl100k } from '../tokenization/cl100k.js';
import { choose, definitionFile } from './chosen.js';
import { readAddresses } from './endpoint-address.js';
import { EndpointClient, type Probed } from './endpoint-client.js';
import { endpointEmbedder } from './endpoint-embedder.js';
import { keyFor } from './endpoint-key.js';
import { thisMachine, type EndpointMachine } from './endpoint-machine.js';
import type { EndpointPlace } from './endpoint-request.js';
import { EMPTY_TEXT, endpointTokenizing, type TextRules } from './endpoint-texts.js';
import { hashOf } from './file-hash.js';
import { prompting, promptOptions, promptProblems, promptSettings, type OwnPrompts } from './model-prompts.js';
import type { ModelOptions, ResolvedModel } from './types.js';
import { uselessOptions } from './useless-options.js';

/** Raised when a vector of the same server would change. */
const VERSION = 1;
/** What OpenAI cuts texts into. */
const CL100K = 'cl100k_base';
/** OpenAI's longest input. */
const CL100K_TOKENS = 8191;
const CONCURRENCY = 4;
const NO_PROMPTS: OwnPrompts = { byRole: {}, unused: [] };

/**
 * `openai:<name>`: a model of OpenAI, or one behind a server that speaks as OpenAI does (vLLM, TEI, Infinity, Ray Serve).
 *
 * A server is asked now only when nothing else tells how many dimensions its vectors have; so that stored vectors are
 * found without one.
 *
 * @param name as the server knows the model; a Hub id takes prompts and dimensions of its definition
 * @throws UserError with everything that is wrong with the options, the environment and what the server answers;
 *   MachineError when it does not answer
 */
export async function resolveEndpoint(
  name: string,
  options: ModelOptions,
  machine: EndpointMachine = thisMachine(),
): Promise<ResolvedModel> {
  const spec = `openai:${name}`;
  const problems = [...nameProblems(name), ...promptProblems(options), ...foreignOptions(options, spec)];
  const definition = definitionOf(name, problems);
  const places = placesOf(options, machine, problems);
  const plan = planEndpoint(name, options, definition, problems);
  throwProblems(problems);
  const { cutHere, natural, sentDims, maxTokens } = plan;
  const loadRules = async (): Promise<TextRules> => {
    const tokenizer = cutHere ? await loadCl100k() : undefined;
    return { strip: plan.strip, tokenizer, maxTokens: maxTokens ?? Infinity };
  };
  const request = { model: name, dimensions: sentDims, cutTokens: cutHere ? undefined : maxTokens };
  const client = new EndpointClient(request, places, machine);
  let probed: Probed | undefined;
  if (sentDims === undefined && natural === undefined) probed = await client.probe();
  const dims = sentDims ?? natural ?? (probed as Probed).dims;
  const revision = options.revision ?? null;
  const settings = {
    version: VERSION,
    model: name,
    revision,
    dims,
    dtype: 'server',
    dimensions: sentDims ?? null,
    tokenizer: cutHere ? CL100K : null,
    maxTokens: maxTokens ?? null,
    stripText: plan.strip,
    emptyText: EMPTY_TEXT,
  };
  return {
    id: `openai/${name}`,
    kind: 'endpoint',
    revision,
    localHash: hashOf({ kind: 'endpoint', name, version: VERSION }),
    dims,
    dtype: 'server',
    files: [],
    settings: { ...settings, prompts: promptSettings(options, { model: definition?.prompts ?? {} }) },
    options: { ...plan.options, ...promptOptions(options, definition?.prompts, NO_PROMPTS) },
    key: hashOf({ kind: 'endpoint', ...settings }),
    warnings: [
      ...warningsOf(places, revision),
      ...promptWarnings(name, options, definition),
      ...(probed?.warnings ?? []),
    ],
    promptChangesPooling: false,
    ...prompting(options, definition, NO_PROMPTS),
    origins: originsOf(plan, options, definition),
    tokenizing: async () => endpointTokenizing(await loadRules()),
    open: async () => {
      const found = await client.probe();
      throwProblems(dimsProblems(name, dims, found.dims));
      const rules = await loadRules();
      const remarks = probed === undefined ? found.warnings : [];
      return endpointEmbedder({ dims, rules, remarks, concurrency: options.concurrency ?? CONCURRENCY }, client);
    },
  };
}

function nameProblems(name: string): Problem[] {
  const parts = name.split('/');
  if (parts.every((part) => part !== '' && part !== '.' && part !== '..')) return [];
  const fix = 'write openai:<name of the model on the server>.';
  return [{ where: `--model openai:${name}`, what: 'names no model.', fix }];
}

/** What the server decides. */
function foreignOptions(options: ModelOptions, spec: string): Problem[] {
  const given = { '--dtype': options.dtype, '--batch-tokens': options.batchTokens };
  const others = Object.entries({ ...given, '--batch-policy': options.batchPolicy })
    .filter(([, value]) => value !== undefined)
    .map(([where]) => ({ where, what: `has no meaning for ${spec}: the server decides.`, fix: 'leave it out.' }));
  return [...uselessOptions(options, spec, ['maxTokens', 'revision']), ...others];
}

/** OpenAI's own models by their name; other servers run models of the Hub under their ids. */
function definitionOf(name: string, problems: Problem[]): ModelDefinition | undefined {
  const found = findModelDefinition(`openai:${name}`) ?? findModelDefinition(name);
  problems.push(...(found?.problems ?? []));
  return found?.value;
}

function placesOf(options: ModelOptions, machine: EndpointMachine, problems: Problem[]): EndpointPlace[] {
  const wrong = new Map<string, Problem>();
  const places = readAddresses(options.endpoint, problems).map((address) => {
    const faults: Problem[] = [];
    const key = keyFor(address, options.apiKeyEnv, machine.env, faults);
    for (const fault of faults) wrong.set(fault.where, fault);
    return { address, key };
  });
  problems.push(...wrong.values());
  return places;
}

interface EndpointPlan {
  /** Whether texts are cut into tokens here; otherwise the server does it. */
  readonly cutHere: boolean;
  /** Dimensions of the definition. */
  readonly natural: number | undefined;
  /** Dimensions that the server is asked for. */
  readonly sentDims: number | undefined;
  readonly maxTokens: number | undefined;
  readonly strip: boolean;
  readonly options: Readonly<Record<string, number>>;
}

function planEndpoint(
  name: string,
  options: ModelOptions,
  definition: ModelDefinition | undefined,
  problems: Problem[],
): EndpointPlan {
  const natural = definition?.dims;
  const cutHere = definition?.tokenizer === CL100K;
  const sentDims = options.dimensions === natural ? undefined : options.dimensions;
  const longest = cutHere ? (definition?.maxTokens ?? CL100K_TOKENS) : undefined;
  const maxTokens = options.maxTokens ?? longest;
  if (natural !== undefined && sentDims !== undefined && sentDims > natural) {
    const what = `the vectors of ${name} have ${natural} dimensions.`;
    problems.push({ where: `--dimensions ${sentDims}`, what, fix: `give at most ${natural}.` });
  }
  if (longest !== undefined && (maxTokens as number) > longest) {
    const what = `${name} takes ${longest} tokens.`;
    problems.push({ where: `--max-tokens ${maxTokens}`, what, fix: `give at most ${longest}.` });
  }
  return {
    cutHere,
    natural,
    sentDims,
    maxTokens,
    // Texts of models of the Hub are stripped as they are elsewhere; others are sent as they are.
    strip: definition !== undefined && !cutHere && (definition.stripText ?? true),
    options: {
      ...(sentDims === undefined ? {} : { dimensions: sentDims }),
      ...(maxTokens === undefined || maxTokens === longest ? {} : { 'max-tokens': maxTokens }),
    },
  };
}

/** Where settings come from. */
function originsOf(
  { natural, sentDims, cutHere }: EndpointPlan,
  options: ModelOptions,
  definition: ModelDefinition | undefined,
): Record<string, string> {
  const inDefinition = definition === undefined ? '' : definitionFile(definition);
  const dims = choose(
    [
      [sentDims, '--dimensions'],
      [natural, inDefinition],
    ],
    { value: 0, from: 'the server' },
  );
  const maxTokens = choose(
    [
      [options.maxTokens, '--max-tokens'],
      [cutHere ? definition?.maxTokens : undefined, inDefinition],
    ],
    { value: 0, from: cutHere ? `default of ${CL100K}` : 'the server' },
  );
  const server = 'the server';
  return {
    dims: dims.from,
    dtype: server,
    tokenizer: cutHere ? inDefinition : server,
    maxTokens: maxTokens.from,
    stripText: definition === undefined ? 'there is no definition: texts are sent as they are' : inDefinition,
  };
}

function warningsOf(places: readonly EndpointPlace[], revision: string | null): string[] {
  const warnings = places
    .filter(({ address, key }) => address.isOpenWire && key.variable !== undefined)
    .map(({ address }) => `the key is sent to ${address.shown} unencrypted; use https where others can listen`);
  if (revision === null && places.some(({ address }) => !address.isOpenAi)) {
    warnings.push(
      "the server does not say which weights it runs, and vectors are kept under the model's name: name the weights with " +
        '--revision, or give another --cache-dir when they change',
    );
  }
  return warnings;
}

/** A model of which nothing is known may need prompts. */
function promptWarnings(name: string, options: ModelOptions, definition: ModelDefinition | undefined): string[] {
  const { prompt, queryPrompt, documentPrompt, noPrompt } = options;
  if (
    definition !== undefined ||
    [prompt, queryPrompt, documentPrompt, noPrompt].some((given) => given !== undefined)
  ) {
    return [];
  }
  return [
    `there is no definition of ${name}, and so no prompt is put before its texts: give --query-prompt and --document-prompt, ` +
      'or --no-prompt where it has none',
  ];
}

function dimsProblems(name: string, expected: number, found: number): Problem[] {
  if (found === expected) return [];
  const what = `the server gives vectors of ${found} dimensions, expected ${expected}.`;
  return [{ where: `openai:${name}`, what, fix: 'check that the server runs the model of this name.' }];
}
