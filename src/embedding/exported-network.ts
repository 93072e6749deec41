import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { openSession } from '../engine/session.js';
import { UserError, messageOf, type Problem } from '../errors.js';
import { chooseOutput, exportInputs, type ExportOutput } from '../models/export-values.js';
import { isDynamicallyQuantized, storedDtype, weightFiles } from '../models/export-weights.js';
import { EXPORT_VERSION, buildExportedGraph, opsetProblem, type ExportedModel } from '../models/exported-graph.js';
import { readJsonObject, type JsonObject } from '../models/read-json-object.js';
import { readModel, type OnnxModel } from '../onnx/model-reader.js';
import type { ExportFile } from './find-export.js';
import type { Network } from './network.js';
import { readTransformer } from './read-transformer.js';
import { feedsOf } from './run-batch.js';
import type { ModelOptions } from './types.js';

/** Where an export lies and how it is asked for. */
export interface ExportRequest {
  /** Folder of the network, absolute, and its name in messages. */
  readonly folder: string;
  readonly where: string;
  readonly found: ExportFile;
  readonly options: ModelOptions;
  /** Whether pooling leaves the prompt out, which only pooling here can do. */
  readonly skipsPrompt: boolean;
}

/** A network that an ONNX file holds; undefined, with problems, where it cannot be used. */
export async function exportedNetwork(request: ExportRequest, problems: Problem[]): Promise<Network | undefined> {
  const { folder, where, found, options, skipsPrompt } = request;
  const before = problems.length;
  const at = join(where, found.name);
  const model = tryRead(found.file, at, problems);
  if (model === undefined) return undefined;
  const opset = opsetProblem(model, at);
  if (opset !== undefined) problems.push(opset);
  const inputs = exportInputs(model, at, problems);
  const files = weightFiles(model, at, problems);
  const output = chooseOutput(model, options.pooling !== undefined || skipsPrompt);
  if (output === undefined) {
    const names = model.outputs.map(({ name }) => name).join(', ');
    problems.push({ where: at, what: `has no output with one vector a token or a text (its outputs: ${names}).` });
  } else if (output.isPooled && options.pooling !== undefined) {
    const what = `${at} gives vectors of whole texts ("${output.name}"): nothing is left to pool.`;
    problems.push({ where: `--pooling ${options.pooling}`, what, fix: 'leave it out.' });
  }
  if (problems.length > before || output === undefined) return undefined;
  const exported = { model, weightFiles: files, inputs, output };
  const width = output.width ?? (await measureWidth(exported, at, problems));
  if (width === undefined) return undefined;
  const { config, hasConfig, ...network } = describe(folder, where, width);
  const names = [...new Set(files.values())].map((file): [string, string] => {
    const beside = relative(dirname(found.file), file).split(sep).join('/');
    return [join(dirname(found.name), beside).split(sep).join('/'), file];
  });
  return {
    kind: 'onnx',
    ...network,
    dtype: found.dtype ?? storedDtype(model),
    config,
    files: [...(hasConfig ? ['config.json'] : []), found.name, ...names.map(([name]) => name)],
    elsewhere: found.liesElsewhere ? new Map([[found.name, found.file], ...names]) : undefined,
    isPooled: output.isPooled,
    singleBecause: singleBecause(model),
    embedsEmpty: false,
    stripsText: true,
    settings: {
      graph: 'exported',
      onnxFile: found.name,
      output: output.name,
      inputs: Object.fromEntries(inputs.map(({ name, fill }) => [name, fill])),
      opset: model.opsets.get(''),
      exportVersion: EXPORT_VERSION,
    },
    options: {},
    warnings: warningsOf(request, output, model),
    build: ({ pooling, modules, dims }, id) => ({
      ...buildExportedGraph({ ...exported, pooling, tail: modules }, dims, id),
      dims,
    }),
  };
}

function tryRead(file: string, where: string, problems: Problem[]): OnnxModel | undefined {
  try {
    return readModel(file, where);
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    problems.push(...thrown.problems);
    return undefined;
  }
}

/** What config.json says about the network; the export itself does not need it. */
function describe(
  folder: string,
  where: string,
  hidden: number,
): Pick<Network, 'name' | 'encoder' | 'config'> & { readonly hasConfig: boolean } {
  const hasConfig = existsSync(join(folder, 'config.json'));
  const json = hasConfig ? readJsonObject(join(folder, 'config.json'), where) : undefined;
  const config: JsonObject = json?.ok === true ? json.value : {};
  const known = hasConfig ? readTransformer(folder, where, []) : undefined;
  const { vocabulary, maxPositions, trainedPositions } = known?.encoder ?? {
    vocabulary: wholeOr(config.vocab_size, Infinity),
    maxPositions: wholeOr(config.max_position_embeddings, null),
  };
  const name = known?.name ?? (typeof config.model_type === 'string' ? config.model_type : 'unknown');
  return { name, encoder: { hidden, vocabulary, maxPositions, trainedPositions }, config, hasConfig };
}

function wholeOr<T>(value: unknown, otherwise: T): number | T {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : otherwise;
}

function singleBecause(model: OnnxModel): string | undefined {
  if (isDynamicallyQuantized(model)) return 'its activations are rounded by the range of the whole batch';
  const hasMask = model.inputs.some(({ name }) => name === 'attention_mask');
  return hasMask ? undefined : 'it has no "attention_mask" and cannot tell padding from text';
}

function warningsOf({ found, options, skipsPrompt }: ExportRequest, output: ExportOutput, model: OnnxModel): string[] {
  const warnings: string[] = [];
  const stored = storedDtype(model);
  if (found.dtype === 'fp32' && stored !== 'fp32') {
    warnings.push(`${found.name} is named as an export in fp32, but its weights are ${stored}`);
  }
  if (!output.isPooled) return warnings;
  if (skipsPrompt) {
    warnings.push(`${found.name} pools by itself ("${output.name}"), so the prompt is not left out of pooling`);
  }
  if (options.normalize === false) {
    warnings.push(`"${output.name}" of ${found.name} is taken as it is: it may be normalized inside`);
  }
  return warnings;
}

/** The width of an output that the file does not tell: two short texts are computed once. */
async function measureWidth(
  exported: Omit<ExportedModel, 'pooling' | 'tail'>,
  where: string,
  problems: Problem[],
): Promise<number | undefined> {
  const pooling = { poolings: ['mean'] as const, includePrompt: true };
  try {
    const graph = buildExportedGraph({ ...exported, pooling, tail: [] }, 'width', where);
    const session = await openSession(graph.bytes, { threads: 1, externalFolder: graph.externalFolder });
    try {
      const batch = { ids: new Int32Array(4), lengths: Int32Array.of(2, 2), rows: 2, length: 2 };
      const outputs = await session.run(feedsOf(graph.inputs, batch), [graph.output]);
      return outputs[graph.output].dims.at(-1);
    } finally {
      await session.close();
    }
  } catch (thrown) {
    problems.push({ where, what: `cannot be computed: ${messageOf(thrown)}.` });
    return undefined;
  }
}
