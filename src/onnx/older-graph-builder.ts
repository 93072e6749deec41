import type { ElementType, TensorData } from './element-type.js';
import { GraphBuilder, OPSET, float, type Attribute, type NodeOptions } from './graph-builder.js';

/** The oldest operator set that graphs can be written for. */
export const OLDEST_OPSET = 11;

/** The first operator set in which an operator takes its axes as an input; before, they are an attribute. */
const AXES_AS_INPUT: Readonly<Record<string, number>> = {
  Squeeze: 13,
  Unsqueeze: 13,
  ReduceSum: 13,
  ReduceMax: 18,
  ReduceMean: 18,
  ReduceL2: 18,
};

/** Operators that are written out in others before this operator set. */
const WRITTEN_OUT: Readonly<Record<string, { readonly before: number; readonly write: WriteOut }>> = {
  Gelu: { before: 20, write: writeGelu },
  LayerNormalization: { before: 17, write: writeLayerNormalization },
  GreaterOrEqual: {
    before: 12,
    write: (graph, [a, b]) => graph.node('Not', [graph.node('Less', [a, b])]),
  },
  GatherND: { before: 12, write: writeGatherND },
};

/** Writes an operator in others; null where this use of it was possible before, too. */
type WriteOut = (
  graph: GraphBuilder,
  inputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>>,
) => string | null;

/**
 * Builds a graph for an older operator set out of the calls that GraphBuilder takes: operators that were another or none
 * then are written in the way of that time.
 *
 * Knows the operators that stand behind an encoder (pooling, Dense, LayerNorm, Normalize) with one output.
 *
 * Source: the changelog of operators of the ONNX project.
 */
export class OlderGraphBuilder extends GraphBuilder {
  private readonly integers = new Map<string, readonly number[]>();

  /**
   * @param opset the version of ONNX's own operators that the graph will be run with
   * @throws RangeError below OLDEST_OPSET
   */
  constructor(
    name: string,
    prefix: string,
    private readonly opset: number,
  ) {
    super(name, prefix);
    if (opset < OLDEST_OPSET) throw new RangeError(`operators of version ${opset} are not known`);
  }

  override constant(
    type: ElementType,
    dims: readonly number[],
    data: TensorData | readonly number[],
    name?: string,
  ): string {
    const made = super.constant(type, dims, data, name);
    if (type === 'int64') this.integers.set(made, Array.from(data as BigInt64Array, Number));
    return made;
  }

  override nodes(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: NodeOptions = {},
  ): string[] {
    if (this.opset >= OPSET) return super.nodes(op, inputs, attributes, options);
    if (Object.hasOwn(WRITTEN_OUT, op) && this.opset < WRITTEN_OUT[op].before) {
      const written = WRITTEN_OUT[op].write(this, inputs, attributes);
      if (written !== null) return [written];
    }
    if (Object.hasOwn(AXES_AS_INPUT, op) && this.opset < AXES_AS_INPUT[op] && inputs.length > 1) {
      const axes = this.integers.get(inputs[1]);
      if (axes === undefined) throw new RangeError(`the axes of ${op} are no constant`);
      return super.nodes(op, inputs.slice(0, 1), { ...attributes, axes }, options);
    }
    return super.nodes(op, inputs, attributes, options);
  }
}

function scalar(graph: GraphBuilder, value: number): string {
  return graph.constant('float32', [], [value]);
}

function writeGelu(
  graph: GraphBuilder,
  [x]: readonly string[],
  attributes: Readonly<Record<string, Attribute>>,
): string {
  let bent: string;
  if (attributes.approximate === 'tanh') {
    const cube = graph.node('Mul', [graph.node('Mul', [x, x]), x]);
    const inner = graph.node('Add', [x, graph.node('Mul', [cube, scalar(graph, 0.044715)])]);
    bent = graph.node('Tanh', [graph.node('Mul', [inner, scalar(graph, Math.sqrt(2 / Math.PI))])]);
  } else bent = graph.node('Erf', [graph.node('Mul', [x, scalar(graph, Math.SQRT1_2)])]);
  const half = graph.node('Mul', [x, scalar(graph, 0.5)]);
  return graph.node('Mul', [half, graph.node('Add', [bent, scalar(graph, 1)])]);
}

function writeLayerNormalization(
  graph: GraphBuilder,
  [x, scale, bias]: readonly string[],
  attributes: Readonly<Record<string, Attribute>>,
): string {
  if (attributes.axis !== -1) throw new RangeError('only the last axis is normalized');
  const last = graph.constant('int64', [1], [-1]);
  const epsilon = attributes.epsilon ?? float(1e-5);
  const least = scalar(graph, (epsilon as { readonly float: number }).float);
  const centred = graph.node('Sub', [x, graph.node('ReduceMean', [x, last], { keepdims: 1 })]);
  const variance = graph.node('ReduceMean', [graph.node('Mul', [centred, centred]), last], { keepdims: 1 });
  const unit = graph.node('Div', [centred, graph.node('Sqrt', [graph.node('Add', [variance, least])])]);
  const scaled = graph.node('Mul', [unit, scale]);
  return bias === undefined ? scaled : graph.node('Add', [scaled, bias]);
}

/** One entry of each row: data (rows, length, ...), indices (rows, 1); the row's own number is put before its index. */
function writeGatherND(
  graph: GraphBuilder,
  [data, indices]: readonly string[],
  attributes: Readonly<Record<string, Attribute>>,
): string | null {
  if (attributes.batch_dims !== 1) return null;
  const integer = (value: number): string => graph.constant('int64', [], [value]);
  const rows = graph.node('Gather', [graph.node('Shape', [data]), integer(0)]);
  const numbers = graph.node('Range', [integer(0), rows, integer(1)]);
  const column = graph.node('Unsqueeze', [numbers, graph.constant('int64', [1], [1])]);
  return graph.node('GatherND', [data, graph.node('Concat', [column, indices], { axis: 1 })]);
}
