import type { GraphBuilder } from '../onnx/graph-builder.js';
import type { FloatType } from './float-type.js';

type Activation = (graph: GraphBuilder, x: string, type: FloatType) => string;

const exactGelu: Activation = (graph, x) => graph.node('Gelu', [x]);
const tanhGelu: Activation = (graph, x) => graph.node('Gelu', [x], { approximate: 'tanh' });
const relu: Activation = (graph, x) => graph.node('Relu', [x]);
const sigmoid: Activation = (graph, x) => graph.node('Sigmoid', [x]);
const tanh: Activation = (graph, x) => graph.node('Tanh', [x]);
const silu: Activation = (graph, x) => graph.node('Mul', [x, graph.node('Sigmoid', [x])]);
const identity: Activation = (_, x) => x;
const quickGelu: Activation = (graph, x, type) => {
  const gate = graph.node('Sigmoid', [graph.node('Mul', [x, graph.constant(type, [], [1.702])])]);
  return graph.node('Mul', [x, gate]);
};

/** Activations by their names in config.json. A new one is one line. */
export const ACTIVATIONS = {
  gelu: exactGelu,
  gelu_python: exactGelu,
  gelu_new: tanhGelu,
  gelu_fast: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  quick_gelu: quickGelu,
  relu,
  sigmoid,
  silu,
  swish: silu,
  tanh,
  linear: identity,
} satisfies Readonly<Record<string, Activation>>;

export type ActivationName = keyof typeof ACTIVATIONS;
export const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as ActivationName[];

/** Names of PyTorch's classes, as the configuration of a Dense module gives them (the last part of the dotted name). */
export const TORCH_ACTIVATIONS = {
  Identity: 'linear',
  Tanh: 'tanh',
  GELU: 'gelu',
  ReLU: 'relu',
  Sigmoid: 'sigmoid',
  SiLU: 'silu',
} satisfies Readonly<Record<string, ActivationName>>;

/** Adds an activation of numbers of a type and returns the name of its value. */
export function activate(graph: GraphBuilder, name: ActivationName, x: string, type: FloatType = 'float32'): string {
  const activation: Activation = ACTIVATIONS[name];
  return activation(graph, x, type);
}
