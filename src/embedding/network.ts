import type { Encoder } from '../models/architecture.js';
import { FLOAT_TYPES, type FloatDtype } from '../models/float-type.js';
import type { PoolingConfig } from '../models/pooling.js';
import type { JsonObject } from '../models/read-json-object.js';
import type { StoredTensor } from '../models/safetensors.js';
import { GRAPH_VERSION, buildSentenceGraph, type SentenceGraph } from '../models/sentence-graph.js';
import type { LoadedModule } from '../models/sentence-tail.js';
import type { TransformerFiles } from './read-transformer.js';
import type { ModelGraph, ResolvedModel } from './types.js';

/** What stands behind the network. */
export interface NetworkTail {
  readonly pooling: PoolingConfig;
  readonly modules: readonly LoadedModule[];
  /** Length of the vectors at the end. */
  readonly dims: number;
}

/** What turns ids of tokens into vectors, whether it is built from weights, exported already, or a table. */
export interface Network {
  readonly kind: ResolvedModel['kind'];
  /** Name of the architecture. */
  readonly name: string;
  readonly encoder: Pick<Encoder, 'hidden' | 'vocabulary' | 'maxPositions' | 'trainedPositions'>;
  /** Number type that it is computed in, or that its weights are exported in. */
  readonly dtype: string;
  /** config.json, empty where there is none. */
  readonly config: JsonObject;
  /** Files that decide the vectors, relative to the folder of the network. */
  readonly files: readonly string[];
  /** Absolute paths of those that do not lie in it, by the names in `files`. */
  readonly elsewhere?: ReadonlyMap<string, string>;
  /** Whether it gives one vector a text already, so that nothing is pooled. */
  readonly isPooled: boolean;
  /** Why a text's vector would depend on the texts beside it, so that each is computed by itself; undefined if not. */
  readonly singleBecause?: string;
  /** Whether a text without any token has a vector. */
  readonly embedsEmpty: boolean;
  /** Whether white space at the ends of texts is taken off where no definition says. */
  readonly stripsText: boolean;
  /** What else decides vectors; part of the key. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Options that differ from the model's own files. */
  readonly options: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** @throws UserError with everything that is wrong with the weights */
  build(tail: NetworkTail, where: string): ModelGraph;
}

/** A network that is built here from config.json and weights, whatever these are stored in. */
export function builtNetwork(
  transformer: TransformerFiles,
  weights: { readonly tensors: ReadonlyMap<string, StoredTensor>; readonly files: readonly string[] },
  dtype: FloatDtype,
): Network {
  const { architecture, encoder, config, name } = transformer;
  return {
    kind: 'sentence-transformers',
    name,
    encoder,
    dtype,
    config,
    files: ['config.json', ...weights.files],
    isPooled: false,
    embedsEmpty: false,
    stripsText: true,
    settings: { graph: 'built', graphVersion: GRAPH_VERSION },
    options: {},
    warnings: [],
    build: ({ pooling, modules, dims }, where) => {
      const model = { architecture, encoder, weights: weights.tensors, pooling, tail: modules };
      return modelGraph(buildSentenceGraph(model, dims, where, FLOAT_TYPES[dtype]), dims);
    },
  };
}

/** A graph that is built here as one that can be run. */
export function modelGraph({ bytes, externalFolder, inputs, output }: SentenceGraph, dims: number): ModelGraph {
  const filled = inputs.map((name) => ({ name, fill: name, type: 'int32' as const }));
  return { bytes, externalFolder, inputs: filled, output, dims };
}
