import { statSync } from 'node:fs';
import { UserError, messageOf } from '../errors.js';
import { fileSource, type ByteSource } from './byte-source.js';
import { readValue, type ModelValue } from './model-value.js';
import { ProtobufFault, ProtobufReader, contentOf, integerOf, type ByteRange } from './protobuf-reader.js';
import { liesOutside, readInitializer, type StoredInitializer } from './stored-initializer.js';

/** Fields of ModelProto, GraphProto, NodeProto and AttributeProto that are looked at. */
export const MODEL = { irVersion: 1, graph: 7, opset: 8, functions: 25 } as const;
export const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, sparse: 15 } as const;
const NODE = { output: 2, opType: 4, attribute: 5 } as const;
const FUNCTION_NODE = 7;
const ATTRIBUTE = { tensor: 5, graph: 6, tensors: 10, graphs: 11 } as const;

/** Graphs inside nodes inside graphs: real ones go two or three deep. */
const DEEPEST = 16;

/** What an ONNX file is made of; its weights are still in the file. */
export interface OnnxModel {
  /** Absolute path. */
  readonly file: string;
  readonly irVersion: number;
  /** Versions of operator sets by domain; ONNX's own domain is ''. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Inputs that have to be given: those without a value in the file. */
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  readonly initializers: readonly StoredInitializer[];
  /** Number of nodes by operator, those inside nodes and functions included. */
  readonly operators: ReadonlyMap<string, number>;
  /** Names of all values of the outermost graph. */
  readonly names: ReadonlySet<string>;
  /** The file's own fields: of the model without its version, of the graph without initializers, inputs and outputs. */
  readonly fields: {
    readonly model: readonly Uint8Array[];
    readonly graph: readonly Uint8Array[];
    readonly inputs: ReadonlyMap<string, Uint8Array>;
    readonly outputs: readonly Uint8Array[];
  };
}

/**
 * Reads the structure of an ONNX file; large weights are left where they lie.
 *
 * @param where the file's name in messages
 * @throws UserError when the file is no ONNX model, whatever its bytes
 * Source: onnx.proto of the ONNX project (field numbers).
 */
export function readModel(file: string, where: string): OnnxModel {
  let source: ByteSource | undefined;
  try {
    if (!statSync(file).isFile()) throw new ProtobufFault('it is not a regular file');
    source = fileSource(file);
    return { file, ...readSource(source) };
  } catch (thrown) {
    const system = thrown instanceof Error && 'code' in thrown;
    if (!system && !(thrown instanceof ProtobufFault) && !(thrown instanceof RangeError)) throw thrown;
    const what = system
      ? `cannot be read (${messageOf(thrown)}).`
      : `is no ONNX model, or a damaged one: ${messageOf(thrown)}.`;
    throw new UserError({ where, what, fix: 'take the file again from where the model was published.' });
  } finally {
    source?.close();
  }
}

/** The structure of a model in any bytes. */
export function readSource(source: ByteSource): Omit<OnnxModel, 'file'> {
  const reader = new ProtobufReader(source);
  const modelFields: Uint8Array[] = [];
  const opsets = new Map<string, number>();
  const operators = new Map<string, number>();
  let irVersion = 0;
  let graph: ByteRange | undefined;
  for (const field of reader.fields(reader.all)) {
    if (field.number === MODEL.graph) {
      if (graph !== undefined) throw new ProtobufFault('it has two graphs');
      graph = contentOf(field);
      continue;
    }
    if (field.number === MODEL.irVersion) irVersion = integerOf(field);
    else modelFields.push(reader.bytes(field.whole));
    if (field.number === MODEL.opset) readOpset(reader, contentOf(field), opsets);
    if (field.number === MODEL.functions) {
      for (const inner of reader.fields(contentOf(field))) {
        if (inner.number === FUNCTION_NODE) readNode(reader, contentOf(inner), operators, 1);
      }
    }
  }
  if (graph === undefined) throw new ProtobufFault('it has no graph');
  if (!opsets.has('')) throw new ProtobufFault('it names no version of the operators');
  const { fields, ...rest } = readGraph(reader, graph, operators);
  return { irVersion, opsets, operators, ...rest, fields: { model: modelFields, ...fields } };
}

function readGraph(reader: ProtobufReader, range: ByteRange, operators: Map<string, number>) {
  const fields = { graph: [] as Uint8Array[], inputs: new Map<string, Uint8Array>(), outputs: [] as Uint8Array[] };
  const initializers: StoredInitializer[] = [];
  const given: ModelValue[] = [];
  const outputs: ModelValue[] = [];
  const names = new Set<string>();
  for (const field of reader.fields(range)) {
    if (field.number === GRAPH.initializer) initializers.push(readInitializer(reader, contentOf(field)));
    else if (field.number === GRAPH.output) {
      outputs.push(readValue(reader, contentOf(field)));
      fields.outputs.push(reader.bytes(field.whole));
    } else if (field.number === GRAPH.input) {
      const value = readValue(reader, contentOf(field));
      given.push(value);
      fields.inputs.set(value.name, reader.bytes(field.whole));
    } else fields.graph.push(reader.bytes(field.whole));
    if (field.number === GRAPH.sparse) refuseOutside(reader, contentOf(field));
    if (field.number === GRAPH.node) {
      for (const name of readNode(reader, contentOf(field), operators, 0)) names.add(name);
    }
  }
  const constants = new Set(initializers.map(({ name }) => name));
  for (const { name } of [...initializers, ...given]) names.add(name);
  return { fields, initializers, inputs: given.filter(({ name }) => !constants.has(name)), outputs, names };
}

/** Counts the operators of a node; returns the names of its outputs. */
function readNode(reader: ProtobufReader, range: ByteRange, operators: Map<string, number>, depth: number): string[] {
  if (depth > DEEPEST) throw new ProtobufFault(`graphs lie more than ${DEEPEST} deep in each other`);
  const outputs: string[] = [];
  for (const field of reader.fields(range)) {
    if (field.number === NODE.output) outputs.push(reader.text(field));
    else if (field.number === NODE.opType) {
      const operator = reader.text(field);
      operators.set(operator, (operators.get(operator) ?? 0) + 1);
    } else if (field.number === NODE.attribute) {
      for (const part of reader.fields(contentOf(field))) {
        if (part.number === ATTRIBUTE.tensor || part.number === ATTRIBUTE.tensors) {
          refuseOutside(reader, contentOf(part));
        } else if (part.number === ATTRIBUTE.graph || part.number === ATTRIBUTE.graphs) {
          readInnerGraph(reader, contentOf(part), operators, depth + 1);
        }
      }
    }
  }
  return outputs;
}

function readInnerGraph(reader: ProtobufReader, range: ByteRange, operators: Map<string, number>, depth: number): void {
  for (const field of reader.fields(range)) {
    if (field.number === GRAPH.node) readNode(reader, contentOf(field), operators, depth);
    else if (field.number === GRAPH.initializer || field.number === GRAPH.sparse) {
      refuseOutside(reader, contentOf(field));
    }
  }
}

/** Only initializers of the outermost graph may lie in another file: only their places are checked and rewritten. */
function refuseOutside(reader: ProtobufReader, range: ByteRange): void {
  if (!liesOutside(reader, range)) return;
  throw new ProtobufFault('a tensor inside a node lies in another file, which is not supported');
}

function readOpset(reader: ProtobufReader, range: ByteRange, opsets: Map<string, number>): void {
  let domain = '';
  let version = 0;
  for (const field of reader.fields(range)) {
    if (field.number === 1) domain = reader.text(field);
    else if (field.number === 2) version = integerOf(field);
  }
  opsets.set(domain === 'ai.onnx' ? '' : domain, version);
}
