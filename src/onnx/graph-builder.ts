import type { ElementType, TensorData } from './element-type.js';
import { ELEMENT_TYPES, typedData } from './element-type.js';
import { ProtobufWriter } from './protobuf-writer.js';

/** Operator set of every graph that is built here; ONNX Runtime 1.30 knows it in full. */
export const OPSET = 21;
const IR_VERSION = 10;

/** A float attribute whose value may be whole: `float(1)`. Plain whole numbers are integer attributes. */
export interface FloatAttribute {
  readonly float: number;
}

/** Marks an attribute as a float. */
export function float(value: number): FloatAttribute {
  return { float: value };
}

export type Attribute = number | string | readonly number[] | readonly string[] | FloatAttribute;

/** Where an initializer lies in another file: `location` is relative to the folder that the session is given. */
export interface ExternalData {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

export interface NodeOptions {
  /** Number of outputs; one unless said. */
  readonly outputs?: number;
  readonly name?: string;
  /** Operator domain, such as `com.microsoft`; ONNX's own unless said. */
  readonly domain?: string;
}

/**
 * Builds an ONNX model graph by graph node: values are named by strings, every call returns the name of what it made.
 *
 * Source: onnx.proto of the ONNX project (field numbers).
 */
export class GraphBuilder {
  private readonly graph = { nodes: [] as ProtobufWriter[], initializers: [] as ProtobufWriter[] };
  private readonly inputs: ProtobufWriter[] = [];
  private readonly outputs: ProtobufWriter[] = [];
  private readonly names = new Set<string>();
  private readonly domains = new Set<string>();
  private readonly constants = new Map<string, string>();

  /** @param prefix begins the names that are made here, so that graphs can be joined */
  constructor(
    private readonly name: string,
    private readonly prefix = '',
  ) {}

  /** Declares an input; axes are sizes or names of dynamic axes. Returns its name. */
  input(name: string, type: ElementType, shape: readonly (number | string)[]): string {
    this.inputs.push(valueInfo(this.claim(name), type, shape));
    return name;
  }

  /**
   * Adds an initializer; a scalar has `dims` []. Small equal constants without a name are made once.
   *
   * @throws RangeError when the number of values does not fit `dims`
   */
  constant(type: ElementType, dims: readonly number[], data: TensorData | readonly number[], name?: string): string {
    const values = Array.isArray(data) ? typedData(type, data) : (data as TensorData);
    const count = dims.reduce((product, size) => product * size, 1);
    if (values.length !== count) throw new RangeError(`${values.length} values do not fill [${dims.join(', ')}]`);
    const key =
      name === undefined && count <= 16 ? `${type} ${dims.join()} ${Array.from(values, String).join()}` : undefined;
    const known = key === undefined ? undefined : this.constants.get(key);
    if (known !== undefined) return known;
    const claimed = name === undefined ? this.fresh('constant') : this.claim(name);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.graph.initializers.push(tensorHeader(claimed, type, dims).bytes(9, bytes));
    if (key !== undefined) this.constants.set(key, claimed);
    return claimed;
  }

  /** Adds an initializer whose values lie in another file: they are read by the runtime, never by us. */
  external(name: string, type: ElementType, dims: readonly number[], at: ExternalData): string {
    const tensor = tensorHeader(this.claim(name), type, dims);
    for (const [key, value] of Object.entries({ location: at.location, offset: at.offset, length: at.length })) {
      tensor.message(13, new ProtobufWriter().string(1, key).string(2, String(value)));
    }
    this.graph.initializers.push(tensor.varint(14, 1));
    return name;
  }

  /** Adds a node with one output and returns its name. An input '' is one that is left out. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: NodeOptions = {},
  ): string {
    return this.nodes(op, inputs, attributes, options)[0];
  }

  /** Adds a node and returns the names of all its outputs. */
  nodes(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: NodeOptions = {},
  ): string[] {
    const stem = options.name ?? op;
    const outputs = Array.from({ length: options.outputs ?? 1 }, () => this.fresh(stem));
    const node = new ProtobufWriter();
    for (const input of inputs) node.string(1, input);
    for (const output of outputs) node.string(2, output);
    node.string(3, outputs[0]).string(4, op);
    for (const [key, value] of Object.entries(attributes)) node.message(5, attributeProto(key, value));
    if (options.domain !== undefined) {
      this.domains.add(options.domain);
      node.string(7, options.domain);
    }
    this.graph.nodes.push(node);
    return outputs;
  }

  /** Declares an output of the graph, under its own or another name. */
  output(value: string, type: ElementType, shape: readonly (number | string)[], name?: string): void {
    let shown = value;
    if (name !== undefined && name !== value) {
      shown = this.claim(name);
      this.graph.nodes.push(
        new ProtobufWriter().string(1, value).string(2, shown).string(3, shown).string(4, 'Identity'),
      );
    }
    this.outputs.push(valueInfo(shown, type, shape));
  }

  /** The model file's bytes. */
  build(): Uint8Array {
    const graph = new ProtobufWriter();
    for (const node of this.graph.nodes) graph.message(1, node);
    graph.string(2, this.name);
    for (const initializer of this.graph.initializers) graph.message(5, initializer);
    for (const input of this.inputs) graph.message(11, input);
    for (const output of this.outputs) graph.message(12, output);
    const model = new ProtobufWriter().varint(1, IR_VERSION).string(2, 'jmteb').message(7, graph);
    model.message(8, new ProtobufWriter().string(1, '').varint(2, OPSET));
    for (const domain of this.domains) model.message(8, new ProtobufWriter().string(1, domain).varint(2, 1));
    return model.finish();
  }

  private claim(name: string): string {
    if (name === '' || this.names.has(name)) throw new RangeError(`the name "${name}" is empty or taken`);
    this.names.add(name);
    return name;
  }

  private fresh(stem: string): string {
    for (let i = this.names.size; ; i += 1) {
      const name = `${this.prefix}${stem}_${i}`;
      if (!this.names.has(name)) return this.claim(name);
    }
  }
}

function tensorHeader(name: string, type: ElementType, dims: readonly number[]): ProtobufWriter {
  const tensor = new ProtobufWriter();
  if (dims.length > 0) tensor.packedVarints(1, dims);
  return tensor.varint(2, ELEMENT_TYPES[type].code).string(8, name);
}

function valueInfo(name: string, type: ElementType, shape: readonly (number | string)[]): ProtobufWriter {
  const axes = new ProtobufWriter();
  for (const axis of shape) {
    const dim = new ProtobufWriter();
    axes.message(1, typeof axis === 'number' ? dim.varint(1, axis) : dim.string(2, axis));
  }
  const tensorType = new ProtobufWriter().varint(1, ELEMENT_TYPES[type].code).message(2, axes);
  return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensorType));
}

function attributeProto(name: string, value: Attribute): ProtobufWriter {
  const proto = new ProtobufWriter().string(1, name);
  const utf8 = new TextEncoder();
  if (typeof value === 'string') return proto.bytes(4, utf8.encode(value)).varint(20, 3);
  if (typeof value === 'number') {
    return Number.isInteger(value) ? proto.varint(3, value).varint(20, 2) : proto.float(2, value).varint(20, 1);
  }
  if ('float' in value) return proto.float(2, value.float).varint(20, 1);
  if (value.some((entry) => typeof entry === 'string')) {
    for (const entry of value) proto.bytes(9, utf8.encode(String(entry)));
    return proto.varint(20, 8);
  }
  const numbers = value as readonly number[];
  if (numbers.every(Number.isInteger)) {
    for (const entry of numbers) proto.varint(8, entry);
    return proto.varint(20, 7);
  }
  for (const entry of numbers) proto.float(7, entry);
  return proto.varint(20, 6);
}
