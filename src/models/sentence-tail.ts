import { join } from 'node:path';
import type { Problem } from '../errors.js';
import type { GraphBuilder } from '../onnx/graph-builder.js';
import { GraphWeights } from './graph-weights.js';
import type { StoredTensor } from './safetensors.js';
import { addTailModule, folderOf, type TailModule } from './tail-modules.js';

/** A module behind pooling, with the tensors of its file where it has one. */
export interface LoadedModule {
  readonly module: TailModule;
  readonly weights: ReadonlyMap<string, StoredTensor> | null;
}

/** 0 .. length - 1 as int32, shape (1, length), of ids with the shape that `shape` holds. */
export function addPositions(graph: GraphBuilder, shape: string): string {
  const scalar = (value: number): string => graph.constant('int32', [], [value]);
  const length = graph.node('Gather', [graph.node('Cast', [shape], { to: 6 }), graph.constant('int64', [], [1])]);
  const range = graph.node('Range', [scalar(0), length, scalar(1)]);
  return graph.node('Unsqueeze', [range, graph.constant('int64', [1], [0])]);
}

/** bool, shape (rows, length): true for the first `lengths` tokens of each row. */
export function addMask(graph: GraphBuilder, positions: string, lengths: string): string {
  return graph.node('Less', [positions, columnOf(graph, lengths)]);
}

/** The mask without the first `skip` tokens of each row; all of it where `skip` is null. */
export function withoutPrompt(graph: GraphBuilder, mask: string, positions: string, skip: string | null): string {
  if (skip === null) return mask;
  return graph.node('And', [mask, graph.node('GreaterOrEqual', [positions, columnOf(graph, skip)])]);
}

/** Where the files of modules lie, for the graph and for messages. */
export interface TailPlace {
  readonly externalFolder: string;
  /** The model folder's name in messages. */
  readonly where: string;
  /** Begins the names of the modules' weights in the graph. */
  readonly prefix?: string;
}

/** Adds the modules behind pooling in their order over vectors (rows, dims); `problems` takes what is wrong with them. */
export function addTail(
  graph: GraphBuilder,
  pooled: string,
  tail: readonly LoadedModule[],
  { externalFolder, where, prefix = '' }: TailPlace,
  problems: Problem[],
): string {
  let x = pooled;
  for (const [i, { module, weights }] of tail.entries()) {
    const label = `${prefix}tail${i}.`;
    const at = join(where, folderOf(module));
    const file = weights === null ? null : new GraphWeights(graph, weights, '', externalFolder, at, label);
    x = addTailModule(graph, module, x, file);
    file?.refuseUnexplained([]);
    problems.push(...(file?.problems ?? []));
  }
  return x;
}

function columnOf(graph: GraphBuilder, x: string): string {
  return graph.node('Unsqueeze', [x, graph.constant('int64', [1], [1])]);
}
