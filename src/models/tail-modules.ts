import { float, type GraphBuilder } from '../onnx/graph-builder.js';
import { TORCH_ACTIVATIONS, activate, type ActivationName } from './activations.js';
import type { ConfigReader } from './config-reader.js';
import type { GraphWeights } from './graph-weights.js';

/** What sentence-transformers puts behind pooling. */
export type TailModule =
  | { readonly kind: 'normalize' }
  | {
      readonly kind: 'dense';
      /** Folder of its weights, relative to the model's. */
      readonly folder: string;
      readonly from: number;
      readonly to: number;
      readonly bias: boolean;
      readonly activation: ActivationName;
    }
  | { readonly kind: 'layer-norm'; readonly folder: string; readonly dims: number };

/** The least length a vector is divided by. */
const LEAST_NORM = 1e-12;
/** PyTorch's own epsilon, which the module keeps. */
const LAYER_NORM_EPSILON = 1e-5;

/** Reads the configuration of a Dense module. */
export function readDense(config: ConfigReader, folder: string): TailModule {
  const name = config.object.activation_function ?? 'torch.nn.modules.activation.Tanh';
  const short = typeof name === 'string' ? (name.split('.').pop() as string) : '';
  if (!Object.hasOwn(TORCH_ACTIVATIONS, short)) {
    config.refuse('activation_function', name, `one of ${Object.keys(TORCH_ACTIVATIONS).join(', ')}`);
  }
  return {
    kind: 'dense',
    folder,
    from: config.integer('in_features', 1),
    to: config.integer('out_features', 1),
    bias: config.flag('bias', true),
    activation: (TORCH_ACTIVATIONS as Readonly<Record<string, ActivationName>>)[short] ?? 'linear',
  };
}

/** Reads the configuration of a LayerNorm module. */
export function readLayerNorm(config: ConfigReader, folder: string): TailModule {
  return { kind: 'layer-norm', folder, dims: config.integer('dimension', 1) };
}

/** Length of the vectors that a module returns for vectors of `dims`; null where it does not take such vectors. */
export function dimsBehind(module: TailModule, dims: number): number | null {
  if (module.kind === 'normalize') return dims;
  if (module.kind === 'layer-norm') return module.dims === dims ? dims : null;
  return module.from === dims ? module.to : null;
}

/** Folder of a module's files, relative to the model's; '' for a module without files. */
export function folderOf(module: TailModule): string {
  return module.kind === 'normalize' ? '' : module.folder;
}

/** Adds a module over vectors of shape (rows, dims); `weights` is null for modules that have none. */
export function addTailModule(
  graph: GraphBuilder,
  module: TailModule,
  x: string,
  weights: GraphWeights | null,
): string {
  if (module.kind === 'normalize') return addNormalize(graph, x);
  const file = weights as GraphWeights;
  if (module.kind === 'layer-norm') {
    const inputs = [x, file.take('norm.weight', [module.dims]), file.take('norm.bias', [module.dims])];
    return graph.node('LayerNormalization', inputs, { axis: -1, epsilon: float(LAYER_NORM_EPSILON) });
  }
  const inputs = [x, file.take('linear.weight', [module.to, module.from])];
  if (module.bias) inputs.push(file.take('linear.bias', [module.to]));
  return activate(graph, module.activation, graph.node('Gemm', inputs, { transB: 1 }));
}

/** Scales rows to length 1; a row of zeros stays as it is. */
export function addNormalize(graph: GraphBuilder, x: string): string {
  const length = graph.node('ReduceL2', [x, graph.constant('int64', [1], [1])], { keepdims: 1 });
  return graph.node('Div', [x, graph.node('Max', [length, graph.constant('float32', [], [LEAST_NORM])])]);
}
