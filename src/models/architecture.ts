import type { GraphBuilder } from '../onnx/graph-builder.js';
import type { ConfigReader } from './config-reader.js';
import type { GraphWeights } from './graph-weights.js';

/** Values of the graph that an encoder begins with. */
export interface EncoderInputs {
  /** int32, shape (rows, length), padded on the right. */
  readonly ids: string;
  /** int32, shape (rows): tokens that are no padding. */
  readonly lengths: string;
  /** bool, shape (rows, length): true for tokens, false for padding. */
  readonly mask: string;
  /** int32, shape (1, length): 0, 1, 2, ... */
  readonly positions: string;
  /** int64, shape (2): rows and length. */
  readonly shape: string;
}

/** A network as one config.json describes it. */
export interface Encoder {
  /** Width of the hidden states. */
  readonly hidden: number;
  /** Rows of the table of tokens: ids are below it. */
  readonly vocabulary: number;
  /** Tokens of the longest input, special ones included; null where the network can compute any length. */
  readonly maxPositions: number | null;
  /** Tokens of the longest input it was trained for, where it can compute longer ones. */
  readonly trainedPositions?: number;
  /** Adds the network; returns the last hidden states, of the weights' type, shape (rows, length, hidden). */
  build(graph: GraphBuilder, weights: GraphWeights, inputs: EncoderInputs): string;
}

/** A family of networks that `model_type` of config.json names. */
export interface Architecture {
  /** A tensor that every such model has: what stands before its name in the file stands before all names. */
  readonly anchor: string;
  /** Tensors (without that prefix) that files may hold and that embedding does not need. */
  readonly unused: readonly RegExp[];
  /** Reads config.json; what it cannot be is added to `config.problems`. */
  read(config: ConfigReader): Encoder;
}
