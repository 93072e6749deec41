import type { GraphBuilder } from '../onnx/graph-builder.js';
import type { ConfigReader } from './config-reader.js';

/** Ways from the vectors of tokens to one vector, in the order in which several are concatenated. */
export const POOLINGS = ['cls', 'max', 'mean', 'mean_sqrt_len', 'weightedmean', 'lasttoken'] as const;
export type Pooling = (typeof POOLINGS)[number];

/** Fields of `1_Pooling/config.json`, and whether each holds when it is not there. */
const FLAGS: Readonly<Record<Pooling, readonly [string, boolean]>> = {
  cls: ['pooling_mode_cls_token', false],
  max: ['pooling_mode_max_tokens', false],
  mean: ['pooling_mode_mean_tokens', true],
  mean_sqrt_len: ['pooling_mode_mean_sqrt_len_tokens', false],
  weightedmean: ['pooling_mode_weightedmean_tokens', false],
  lasttoken: ['pooling_mode_lasttoken', false],
};

/** In place of padding, so that it is never the largest; a text without any token to pool has this everywhere. */
const LEAST = -1e9;
/** Divisors are never smaller: a text without any token to pool has zeros. */
const LEAST_DIVISOR = 1e-9;

/** What a Pooling module of sentence-transformers does. */
export interface PoolingConfig {
  readonly poolings: readonly Pooling[];
  /** False where the tokens of the prompt are left out. */
  readonly includePrompt: boolean;
}

/** Reads the configuration of a Pooling module. */
export function readPooling(config: ConfigReader): PoolingConfig {
  const includePrompt = config.flag('include_prompt', true);
  const named = config.object.pooling_mode;
  if (named !== undefined && named !== null) {
    const names = typeof named === 'string' ? named.split('+') : Array.isArray(named) ? (named as unknown[]) : [named];
    if (names.every((name) => (POOLINGS as readonly unknown[]).includes(name))) {
      return { poolings: POOLINGS.filter((pooling) => names.includes(pooling)), includePrompt };
    }
    config.choice('pooling_mode', POOLINGS, 'mean');
    return { poolings: ['mean'], includePrompt };
  }
  const known = new Set(Object.values(FLAGS).map(([field]) => field));
  for (const [field, value] of Object.entries(config.object)) {
    if (field.startsWith('pooling_mode_') && !known.has(field) && value !== false) {
      config.problems.push({ where: config.where, what: `"${field}" is a way of pooling that is not supported.` });
    }
  }
  const poolings = POOLINGS.filter((pooling) => config.flag(...FLAGS[pooling]));
  if (poolings.length === 0) {
    config.problems.push({ where: config.where, what: 'no way of pooling is set.', fix: 'give one with --pooling.' });
  }
  return { poolings, includePrompt };
}

/** Values of the graph that pooling works on. */
export interface TokenVectors {
  /** float32, shape (rows, length, hidden). */
  readonly states: string;
  /** bool, shape (rows, length): tokens that are pooled. */
  readonly mask: string;
  /** int32, shape (1, length): 0, 1, 2, ... */
  readonly positions: string;
  /** int32, shape (rows): tokens that are no padding. */
  readonly lengths: string;
}

/** Adds the poolings; returns their concatenation, float32, shape (rows, hidden * poolings.length). */
export function addPooling(graph: GraphBuilder, poolings: readonly Pooling[], tokens: TokenVectors): string {
  const parts = poolings.map((pooling) => POOL[pooling](graph, tokens));
  return parts.length === 1 ? parts[0] : graph.node('Concat', parts, { axis: 1 });
}

type Pool = (graph: GraphBuilder, tokens: TokenVectors) => string;

const POOL: Readonly<Record<Pooling, Pool>> = {
  cls: (graph, { states }) => graph.node('Gather', [states, graph.constant('int64', [], [0])], { axis: 1 }),
  max: (graph, { states, mask }) => {
    const shown = graph.node('Where', [column(graph, mask), states, graph.constant('float32', [], [LEAST])]);
    return graph.node('ReduceMax', [shown, graph.constant('int64', [1], [1])], { keepdims: 0 });
  },
  mean: (graph, tokens) => {
    const weights = asFloat(graph, tokens.mask);
    return graph.node('Div', [weightedSum(graph, tokens.states, weights), total(graph, weights)]);
  },
  mean_sqrt_len: (graph, tokens) => {
    const weights = asFloat(graph, tokens.mask);
    return graph.node('Div', [weightedSum(graph, tokens.states, weights), graph.node('Sqrt', [total(graph, weights)])]);
  },
  weightedmean: (graph, tokens) => {
    const place = graph.node('Add', [
      graph.node('Cast', [tokens.positions], { to: 1 }),
      graph.constant('float32', [], [1]),
    ]);
    const weights = graph.node('Mul', [asFloat(graph, tokens.mask), place]);
    return graph.node('Div', [weightedSum(graph, tokens.states, weights), total(graph, weights)]);
  },
  lasttoken: (graph, { states, mask, lengths }) => {
    // The last pooled token; a row without any has its first token, times 0.
    const some = graph.node('ReduceMax', [asFloat(graph, mask), graph.constant('int64', [1], [1])], { keepdims: 1 });
    const last = graph.node('Sub', [graph.node('Cast', [lengths], { to: 7 }), graph.constant('int64', [], [1])]);
    const index = graph.node('Unsqueeze', [last, graph.constant('int64', [1], [1])]);
    return graph.node('Mul', [graph.node('GatherND', [states, index], { batch_dims: 1 }), some]);
  },
};

/** Sum over tokens of weight times vector; weights float32, shape (rows, length). */
function weightedSum(graph: GraphBuilder, states: string, weights: string): string {
  const row = graph.node('Unsqueeze', [weights, graph.constant('int64', [1], [1])]);
  return graph.node('Squeeze', [graph.node('MatMul', [row, states]), graph.constant('int64', [1], [1])]);
}

/** Sum of the weights, shape (rows, 1), never 0. */
function total(graph: GraphBuilder, weights: string): string {
  const sum = graph.node('ReduceSum', [weights, graph.constant('int64', [1], [1])], { keepdims: 1 });
  return graph.node('Max', [sum, graph.constant('float32', [], [LEAST_DIVISOR])]);
}

function asFloat(graph: GraphBuilder, mask: string): string {
  return graph.node('Cast', [mask], { to: 1 });
}

function column(graph: GraphBuilder, mask: string): string {
  return graph.node('Unsqueeze', [mask, graph.constant('int64', [1], [2])]);
}
