import type { GraphBuilder } from '../onnx/graph-builder.js';
import { activate, type ActivationName } from './activations.js';
import type { Encoder, EncoderInputs } from './architecture.js';
import { addAttention, addReach, type Heads, type Reach } from './attention.js';
import type { ConfigReader } from './config-reader.js';
import type { GraphWeights } from './graph-weights.js';
import { addLinear } from './linear.js';
import { addRmsNorm } from './norms.js';
import { addRotaryTable, addRotation, type RotaryTable } from './rotary.js';

/** What the layers of one kind share. */
export interface LayerKind {
  readonly reach: Reach;
  readonly frequencies: Float32Array;
}

/** A network of the Llama family: pre-norm layers with turned queries and keys and gated wide layers. */
export interface DecoderConfig extends Heads {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly inner: number;
  readonly epsilon: number;
  readonly activation: ActivationName;
  /** Tokens of the longest input it was trained for. */
  readonly positions: number;
  /** The kind of each layer. */
  readonly layers: readonly LayerKind[];
  readonly biases: { readonly query: boolean; readonly output: boolean; readonly mlp: boolean };
  /** Whether each head of queries and keys has a norm of its own. */
  readonly normsHeads: boolean;
  /** Factor of the scores. */
  readonly scale: number;
  /** Added to the weights of all norms. */
  readonly normOffset: number;
  /** Factor of the embeddings. */
  readonly embeddingScale: number;
  /** Names of the norms before and behind attention and the wide layer; undefined where there is none. */
  readonly norms: {
    readonly beforeAttention: string;
    readonly behindAttention?: string;
    readonly beforeMlp: string;
    readonly behindMlp?: string;
  };
}

/** Tensors of decoders that embedding does not need: the output table, and angles that old files hold. */
export const DECODER_HEADS: readonly RegExp[] = [
  /^lm_head\.(weight|bias)$/,
  /^score\.(weight|bias)$/,
  /^layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/,
];

/** Reads the sizes of heads, which need not add up to the width. */
export function readDecoderHeads(config: ConfigReader, hidden: number, size?: number): Heads {
  const heads = config.integer('num_attention_heads', 1);
  const keyHeads = config.integer('num_key_value_heads', 1, heads);
  if (heads % keyHeads !== 0) {
    config.refuse('num_key_value_heads', keyHeads, `a divisor of "num_attention_heads" (${heads})`);
  }
  if (size === undefined && (config.object.head_dim ?? null) === null && hidden % heads !== 0) {
    config.refuse('num_attention_heads', heads, `a divisor of "hidden_size" (${hidden})`);
  }
  return { heads, keyHeads, size: config.integer('head_dim', 1, size ?? Math.max(1, Math.floor(hidden / heads))) };
}

/**
 * The encoder of a decoder's configuration.
 *
 * Source: Touvron et al. 2023, arXiv 2302.13971; Ainslie et al. 2023, arXiv 2305.13245; names as in published files.
 */
export function decoderOf(decoder: DecoderConfig): Encoder {
  return {
    hidden: decoder.hidden,
    vocabulary: decoder.vocabulary,
    maxPositions: null,
    trainedPositions: decoder.positions,
    build: (graph, weights, inputs) => build(graph, weights, inputs, decoder),
  };
}

interface KindValues {
  readonly bias: string;
  readonly table: RotaryTable;
}

function build(graph: GraphBuilder, weights: GraphWeights, inputs: EncoderInputs, config: DecoderConfig): string {
  const { hidden, norms } = config;
  const norm = (x: string, name: string | undefined): string =>
    name === undefined ? x : normed(graph, weights, x, name, hidden, config);
  const kinds = new Map<LayerKind, KindValues>();
  for (const kind of new Set(config.layers)) {
    const bias = addReach(graph, inputs, kind.reach, weights.type);
    kinds.set(kind, { bias, table: addRotaryTable(graph, inputs, kind.frequencies, weights.type) });
  }
  let x = embeddings(graph, weights, inputs, config);
  for (const [layer, kind] of config.layers.entries()) {
    if (weights.problems.length > 0 && layer > 1) break; // Every further layer would repeat the same fault.
    const at = (name: string | undefined): string | undefined => name && `layers.${layer}.${name}`;
    const before = norm(x, at(norms.beforeAttention));
    const context = attention(graph, weights, inputs, before, `layers.${layer}.self_attn`, config, kinds.get(kind)!);
    x = graph.node('Add', [x, norm(context, at(norms.behindAttention))]);
    const wide = mlp(graph, weights, norm(x, at(norms.beforeMlp)), `layers.${layer}.mlp`, config);
    x = graph.node('Add', [x, norm(wide, at(norms.behindMlp))]);
  }
  const shape = graph.node('Concat', [inputs.shape, graph.constant('int64', [1], [hidden])], { axis: 0 });
  return graph.node('Reshape', [norm(x, 'norm'), shape]);
}

/** Shape (rows * length, hidden). */
function embeddings(graph: GraphBuilder, weights: GraphWeights, inputs: EncoderInputs, config: DecoderConfig): string {
  const flat = graph.node('Reshape', [inputs.ids, graph.constant('int64', [1], [-1])]);
  const embedded = weights.rows('embed_tokens.weight', [config.vocabulary, config.hidden], flat);
  if (config.embeddingScale === 1) return embedded;
  return graph.node('Mul', [embedded, graph.constant(weights.type, [], [config.embeddingScale])]);
}

function attention(
  graph: GraphBuilder,
  weights: GraphWeights,
  inputs: EncoderInputs,
  x: string,
  at: string,
  config: DecoderConfig,
  { bias, table }: KindValues,
): string {
  const { hidden, heads, keyHeads, size, biases, normsHeads, scale } = config;
  const project = (name: string, count: number, factor = 1): string =>
    addLinear(graph, weights, x, { name: `${at}.${name}`, from: hidden, to: count * size, bias: biases.query, factor });
  const turned = (from: string, name: string, count: number, factor: number): string => {
    const rested = normsHeads ? headNorm(graph, weights, from, `${at}.${name}`, config, factor) : from;
    return addRotation(graph, inputs, rested, { table, width: count * size });
  };
  // The factor of the scores goes into what makes the queries: the norm of their heads, else the product.
  const query = turned(project('q_proj', heads, normsHeads ? 1 : scale), 'q_norm', heads, scale);
  const key = turned(project('k_proj', keyHeads), 'k_norm', keyHeads, 1);
  const value = project('v_proj', keyHeads);
  const context = addAttention(graph, inputs, { query, key, value }, { heads, keyHeads, size }, bias);
  const output = { name: `${at}.o_proj`, from: heads * size, to: hidden, bias: biases.output };
  return addLinear(graph, weights, context, output);
}

function mlp(graph: GraphBuilder, weights: GraphWeights, x: string, at: string, config: DecoderConfig): string {
  const { hidden, inner, activation, biases } = config;
  const linear = (from: string, name: string, widths: readonly [number, number]): string =>
    addLinear(graph, weights, from, { name: `${at}.${name}`, from: widths[0], to: widths[1], bias: biases.mlp });
  const gate = activate(graph, activation, linear(x, 'gate_proj', [hidden, inner]), weights.type);
  const gated = graph.node('Mul', [gate, linear(x, 'up_proj', [hidden, inner])]);
  return linear(gated, 'down_proj', [inner, hidden]);
}

function headNorm(
  graph: GraphBuilder,
  weights: GraphWeights,
  x: string,
  name: string,
  config: DecoderConfig,
  factor: number,
): string {
  const heads = graph.node('Reshape', [x, graph.constant('int64', [2], [-1, config.size])]);
  return normed(graph, weights, heads, name, config.size, config, factor);
}

function normed(
  graph: GraphBuilder,
  weights: GraphWeights,
  x: string,
  name: string,
  size: number,
  { epsilon, normOffset: offset }: DecoderConfig,
  factor = 1,
): string {
  return addRmsNorm(graph, weights, x, { name, size, epsilon }, { offset, factor });
}
