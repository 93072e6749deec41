import { realpathSync, statSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { throwProblems, type Problem } from '../errors.js';
import { appendGraph, type FoundPlace } from '../onnx/append-graph.js';
import type { ElementType } from '../onnx/element-type.js';
import type { OnnxModel } from '../onnx/model-reader.js';
import { OLDEST_OPSET, OlderGraphBuilder } from '../onnx/older-graph-builder.js';
import type { StoredInitializer } from '../onnx/stored-initializer.js';
import type { ExportInput, ExportOutput } from './export-values.js';
import { commonFolder } from './graph-weights.js';
import { addPooling, type PoolingConfig } from './pooling.js';
import { addMask, addPositions, addTail, withoutPrompt, type LoadedModule } from './sentence-tail.js';

/** Raised when what is put behind an export changes in a way that can change a vector. */
export const EXPORT_VERSION = 1;

/** An ONNX export and all that is put behind it. */
export interface ExportedModel {
  readonly model: OnnxModel;
  /** Files of its weights, by location. */
  readonly weightFiles: ReadonlyMap<string, string>;
  readonly inputs: readonly ExportInput[];
  readonly output: ExportOutput;
  /** Not used where the output is pooled already. */
  readonly pooling: PoolingConfig;
  readonly tail: readonly LoadedModule[];
}

/** An input of the whole graph. */
export type ExportedInput = Omit<ExportInput, 'fill'> & { readonly fill: ExportInput['fill'] | 'lengths' | 'skip' };

export interface ExportedGraph {
  readonly bytes: Uint8Array;
  readonly externalFolder: string;
  readonly inputs: readonly ExportedInput[];
  readonly output: string;
}

/** What is wrong with the version of an export's operators, if anything. */
export function opsetProblem(model: OnnxModel, where: string): Problem | undefined {
  const opset = model.opsets.get('') ?? 0;
  if (opset >= OLDEST_OPSET) return undefined;
  const what = `is written in version ${opset} of the ONNX operators; from ${OLDEST_OPSET} on they are supported.`;
  return { where, what, fix: 'export the model again with a newer version.' };
}

/**
 * The graph of an export with pooling and modules behind it, as float32 of shape (rows, dims); its weights stay in their
 * files, and what stands behind is written in the export's own version of the operators.
 *
 * @param dims length of the vectors; `width` where it is to be found out
 * @param where the model folder's name in messages
 * @throws UserError with everything that is wrong with the weights of the modules
 */
export function buildExportedGraph(exported: ExportedModel, dims: number | 'width', where: string): ExportedGraph {
  const { model, output, weightFiles } = exported;
  const prefix = freePrefix(model.names);
  const graph = new OlderGraphBuilder('vectors', prefix, model.opsets.get('') ?? 0);
  const externalFolder = commonFolder(filesOf(exported));
  const problems: Problem[] = [];
  const added: ExportedInput[] = [];
  const input = (fill: 'lengths' | 'skip'): string => {
    added.push({ name: prefix + fill, fill, type: 'int32' });
    return graph.input(prefix + fill, 'int32', ['rows']);
  };

  const type: ElementType = 'float32';
  const given = graph.input(output.name, type, output.isPooled ? ['rows', 'width'] : ['rows', 'length', 'width']);
  const floats = output.isFloat32 ? given : graph.node('Cast', [given], { to: 1 });
  const pooled = output.isPooled ? floats : pool(floats);
  const vectors = addTail(graph, pooled, exported.tail, { externalFolder, where, prefix }, problems);
  throwProblems(problems);
  const name = `${prefix}vectors`;
  graph.output(vectors, 'float32', ['rows', dims], name);

  const placeOf = ({ place }: StoredInitializer): FoundPlace => {
    const { location, offset, length } = place as NonNullable<typeof place>;
    const file = realpathSync(location === null ? model.file : (weightFiles.get(location) as string));
    const path = relative(externalFolder, file).split(sep).join('/');
    return { location: path, offset, length: length ?? statSync(file).size - offset };
  };
  const bytes = appendGraph(model, graph.build(), placeOf);
  return { bytes, externalFolder, inputs: [...exported.inputs, ...added], output: name };

  function pool(states: string): string {
    const lengths = input('lengths');
    const positions = addPositions(graph, graph.node('Shape', [states]));
    const mask = addMask(graph, positions, lengths);
    const skip = exported.pooling.includePrompt ? null : input('skip');
    const shown = withoutPrompt(graph, mask, positions, skip);
    return addPooling(graph, exported.pooling.poolings, { states, mask: shown, positions, lengths });
  }
}

function filesOf({ model, weightFiles, tail }: ExportedModel): string[] {
  const ofModules = tail.flatMap(({ weights }) => (weights === null ? [] : [...weights.values()]));
  return [...new Set([model.file, ...weightFiles.values(), ...ofModules.map(({ file }) => file)])];
}

/** What no value of the export begins with. */
function freePrefix(names: ReadonlySet<string>): string {
  for (let i = 0; ; i++) {
    const prefix = i === 0 ? 'jmteb.' : `jmteb${i}.`;
    if (![...names].some((name) => name.startsWith(prefix))) return prefix;
  }
}
