import { collectProblems } from './collect-problems.js';
import { dirname } from 'node:path';
import { checkSchema } from '../definitions/schema-check.js';
import type { ModelRole } from '../definitions/types.js';
import { builtInTexts } from '../doctor/built-in-texts.js';
import { compareSides, type Comparison, type ComparisonRequest } from '../doctor/compare-sides.js';
import { finalStrings, type EmbeddedSide, type RolePrompts } from '../doctor/embed-texts.js';
import { embedReference, examineModel, normRange, type Side } from '../doctor/examine-model.js';
import { isFailure, listFindings } from '../doctor/list-findings.js';
import { promptsOfStored } from '../doctor/reference-prompts.js';
import { checkSanity } from '../doctor/check-sanity.js';
import type { DoctorReport, DoctorText, SideReport, Thresholds } from '../doctor/types.js';
import type { Range } from '../doctor/vector-findings.js';
import { resolveModel } from '../embedding/resolve-model.js';
import type { EmbeddingResources, ModelOptions } from '../embedding/types.js';
import { listVectorFiles } from '../embedding/vector-files.js';
import { formatProblem, throwProblems, UserError, type Problem } from '../errors.js';
import { checkWritable } from '../run/check-folder.js';
import { defaultThreads } from '../run/defaults.js';
import { openResources } from '../run/open-resources.js';
import { readTexts } from '../run/read-texts.js';
import { writeVectors } from '../run/write-vectors.js';
import { promptOf } from './encode.js';
import { fetchMissing, type HubOptions } from './fetch-missing.js';
import { modelOptionsOf } from './model-options.js';
import { settleDevice } from './settle-device.js';

/** Models of the Hub are fetched where they are not in its cache yet. */
export interface DoctorOptions extends ModelOptions, Pick<HubOptions, 'offline' | 'cacheDir' | 'signal' | 'onEvent'> {
  readonly model: string;
  /** A model, or `vectors:<folder>`; without it the model is looked at by itself. */
  readonly reference?: string;
  /** More texts, `.jsonl` or `.txt`. */
  readonly input?: string;
  /** Whose prompt to put before them; default `sentence`. */
  readonly role?: ModelRole;
  /** Writes the model's vectors to this `.arrow` file, to be a reference later. */
  readonly output?: string;
  readonly minCosine?: number;
  readonly minOverlap?: number;
  readonly threads?: number;
  readonly onRemark?: (message: string) => void;
  /** Where models run; child processes unless given. */
  readonly resources?: EmbeddingResources;
}

const VECTORS = 'vectors:';
const ENDPOINT = 'openai:';
/** Options that a reference shares: they say what this machine has, not what the model is. */
const MACHINE = ['device', 'dictionary'] as const satisfies readonly (keyof ModelOptions)[];
const SERVER = [
  'endpoint',
  'apiKeyEnv',
  'concurrency',
  'dimensions',
] as const satisfies readonly (keyof ModelOptions)[];

/**
 * Whether an export gives what its reference gives (token ids, vectors, prompts, settings), and whether its vectors can be
 * relied on at all: batches, NaN, collapse.
 *
 * The options of a model say how the export is run; the reference is run as its own files say.
 *
 * @throws UserError with everything that is wrong with the input
 */
export async function doctor(asked: DoctorOptions): Promise<DoctorReport> {
  const started = Date.now();
  const options = await settleDevice(asked, (device, why) => asked.onRemark?.(`device ${device}: ${why}`));
  const { signal, onRemark, output } = options;
  const watch = { signal, onRemark };
  const { texts, given, side, reference } = await preflight(options);
  const { resources = openResources(options.device ?? 'cpu', options.threads ?? defaultThreads()) } = options;
  const examined = await examineModel(side, (reference ?? side).prompts, texts, resources, watch);
  const modelMs = Date.now() - started;
  if (output !== undefined) await writeReference(output, side, texts, examined.embedded);
  const request = { options, side, texts, examined, resources, watch };
  const compared = reference === undefined ? NOTHING_COMPARED : await compareWith(reference, request);
  const told = {
    model: sideReport(side),
    reference: reference === undefined ? null : sideReport(reference),
    texts: { builtIn: texts.length - given, given },
    ...compared.told,
    batches: examined.batches,
    sanity: examined.sanity,
  };
  const findings = listFindings({
    ...told,
    warnings: side.model.warnings,
    leavesPromptsOut: side.model.options['no-prompt'] === true,
    norms: { model: normRange(examined.embedded.vectors), reference: compared.norms },
    referenceMeanCosine: compared.meanCosine,
    evidence: compared.evidence,
  });
  const verdict = findings.some(isFailure) ? 'failed' : 'passed';
  const timing = { modelMs, allMs: Date.now() - started };
  const report: DoctorReport = { schema: 'jmteb/doctor/1', verdict, ...told, findings, timing };
  throwProblems(checkSchema('doctor', JSON.parse(JSON.stringify(report)), 'jmteb doctor', 'report of the doctor'));
  return report;
}

/** What a reference adds to a report. */
interface Compared {
  readonly told: Omit<Comparison, 'thresholds' | 'evidence'> & { readonly thresholds: Thresholds | null };
  readonly evidence: Comparison['evidence'];
  readonly norms: Range | null;
  readonly meanCosine: number | null;
}

const NOTHING_COMPARED: Compared = {
  told: { settings: [], tokens: null, vectors: null, thresholds: null, trials: [] },
  evidence: null,
  norms: null,
  meanCosine: null,
};

type CompareRequest = Pick<ComparisonRequest, 'side' | 'texts' | 'examined' | 'resources' | 'watch'> & {
  readonly options: DoctorOptions;
};

async function compareWith(reference: Side, { options, ...request }: CompareRequest): Promise<Compared> {
  const { side, texts, resources, watch } = request;
  const referenceVectors = await embedReference(reference, texts, resources, watch);
  const { evidence, ...told } = await compareSides({
    ...request,
    ...{ spec: options.model, options: ownOptions(options), reference, referenceVectors },
    report: { model: sideReport(side), reference: sideReport(reference) },
    ...{ minCosine: options.minCosine, minOverlap: options.minOverlap },
  });
  const { meanCosine } = checkSanity(referenceVectors, finalStrings(texts, reference.prompts), undefined);
  return { told, evidence, norms: normRange(referenceVectors.vectors), meanCosine };
}

async function preflight(options: DoctorOptions) {
  const problems: Problem[] = [];
  const caught = collectProblems(problems);
  const { input, output, role = 'sentence' } = options;
  const hub = hubOptionsOf(options);
  const more = input === undefined ? [] : ((await caught(() => readTexts(input))) ?? []);
  const texts = [...builtInTexts(), ...more.map((text): DoctorText => ({ text, role, about: 'given' }))];
  if (output !== undefined) problems.push(...outputProblems(output));
  const side = await caught(() => openSide('--model', options.model, ownOptions(options), { texts, hub }));
  const spec = options.reference;
  const reference =
    spec === undefined
      ? undefined
      : await caught(() =>
          openSide('--reference', spec, referenceOptions(spec, options), { texts, hub, likely: side?.prompts }),
        );
  // What both models lack is told once.
  throwProblems([...new Map(problems.map((problem) => [formatProblem(problem), problem])).values()]);
  return { texts, given: more.length, side: side as Side, reference };
}

interface Opening {
  readonly texts: readonly DoctorText[];
  readonly hub: HubOptions;
  /** Prompts of the model under test, for vectors that do not tell theirs. */
  readonly likely?: RolePrompts;
}

async function openSide(
  option: string,
  spec: string,
  options: ModelOptions,
  { texts, hub, likely }: Opening,
): Promise<Side> {
  throwProblems((await fetchMissing({ tasks: [], models: [spec] }, { ...options, ...hub })).problems);
  const model = await resolveModel(spec, options);
  const own = {
    query: promptOf(model, 'query'),
    document: promptOf(model, 'document'),
    sentence: promptOf(model, 'sentence'),
  };
  const isUntold = spec.startsWith(VECTORS) && likely !== undefined;
  const prompts = isUntold ? await promptsOfStored(storedTexts(spec), texts, likely) : own;
  const missing = (await model.check?.(finalStrings(texts, prompts), `${option} ${spec}`)) ?? [];
  const fix = 'write the vectors with `jmteb doctor -m REFERENCE -o FOLDER/reference.arrow`, and the same --input.';
  throwProblems(missing.map((problem) => (isUntold ? { ...problem, fix } : problem)));
  return { model, prompts, tokenizing: await model.tokenizing?.() };
}

function hubOptionsOf({ offline, cacheDir, signal, onEvent }: DoctorOptions): HubOptions {
  return { offline, cacheDir, signal, onEvent };
}

async function* storedTexts(spec: string): AsyncGenerator<readonly string[]> {
  for (const file of await listVectorFiles(spec.slice(VECTORS.length))) yield* file.texts();
}

/** The options of the model under test; those of a server are not its own where only the reference is served. */
function ownOptions(options: DoctorOptions): ModelOptions {
  const own = modelOptionsOf(options);
  const { model, reference = '' } = options;
  if (model.startsWith(ENDPOINT) || !reference.startsWith(ENDPOINT)) return own;
  return Object.fromEntries(Object.entries(own).filter(([name]) => !(SERVER as readonly string[]).includes(name)));
}

function referenceOptions(spec: string, options: DoctorOptions): ModelOptions {
  if (spec.startsWith(VECTORS)) return {};
  const shared = [...MACHINE, ...(spec.startsWith(ENDPOINT) ? SERVER : [])];
  return Object.fromEntries(shared.map((name) => [name, options[name]]).filter(([, value]) => value !== undefined));
}

function outputProblems(output: string): Problem[] {
  if (!output.toLowerCase().endsWith('.arrow'))
    return [{ where: `--output ${output}`, what: 'does not end in .arrow.', fix: 'name an Arrow file.' }];
  return checkWritable(dirname(output), '--output');
}

async function writeReference(
  output: string,
  { prompts, model: { dims, id } }: Side,
  texts: readonly DoctorText[],
  { vectors, failed }: EmbeddedSide,
): Promise<void> {
  if (failed.size > 0) {
    const what = `${failed.size} texts have no vector, so that there is no whole reference to write.`;
    throw new UserError({ where: `--output ${output}`, what, fix: `see \`jmteb doctor -m ${id}\`.` });
  }
  const strings = finalStrings(texts, prompts);
  async function* all() {
    yield { texts: strings, rows: vectors.data };
  }
  await writeVectors(output, { rows: strings.length, dims }, all());
}

function sideReport({ model, prompts }: Side): SideReport {
  const { id, kind, dtype, dims, localHash } = model;
  return { id, kind, dtype, dims, localHash, prompts };
}
