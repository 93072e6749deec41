import type { ProtobufReader } from './protobuf-reader.js';
import { ProtobufFault, contentOf, integerOf, type ByteRange, type ProtobufField } from './protobuf-reader.js';
import { ProtobufWriter } from './protobuf-writer.js';

/** Fields of TensorProto. */
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9, externalData: 13, dataLocation: 14 } as const;
const EXTERNAL = 1;
/** Tensors from this size on stay where they lie; the runtime wants small ones (shapes, axes) at hand to plan with. */
const LEAST_STORED = 1024;

/** Where the values of an initializer lie: beside the model (`location` is a path that the model gives) or inside it. */
export interface InitializerPlace {
  /** null for the model file itself. */
  readonly location: string | null;
  readonly offset: number;
  /** In bytes; null for all up to the end of the file. */
  readonly length: number | null;
}

/** An initializer of a model as it lies in the file. */
export interface StoredInitializer {
  readonly name: string;
  /** ONNX's number of the element type. */
  readonly type: number;
  readonly dims: readonly number[];
  /** null where the values are few and part of `proto`. */
  readonly place: InitializerPlace | null;
  /** The TensorProto, without its values where `place` says where these lie. */
  readonly proto: Uint8Array;
}

/** Reads one TensorProto; values that lie elsewhere, or that are many, are not read. */
export function readInitializer(reader: ProtobufReader, range: ByteRange): StoredInitializer {
  const dims: number[] = [];
  const kept: Uint8Array[] = [];
  const entries = new Map<string, string>();
  let name = '';
  let type = 0;
  let isExternal = false;
  let raw: ProtobufField | undefined;
  for (const field of reader.fields(range)) {
    if (field.number === TENSOR.dims) for (const size of reader.varints(field)) dims.push(sizeOf(size));
    else if (field.number === TENSOR.dataType) type = integerOf(field);
    else if (field.number === TENSOR.name) name = reader.text(field);
    if (field.number === TENSOR.rawData) raw = field;
    else if (field.number === TENSOR.dataLocation) isExternal = integerOf(field) === EXTERNAL;
    else if (field.number === TENSOR.externalData) entries.set(...entryOf(reader, contentOf(field)));
    else kept.push(reader.bytes(field.whole));
  }
  if (isExternal) return { name, type, dims, place: placeOf(entries, name), proto: joined(kept) };
  if (raw === undefined) return { name, type, dims, place: null, proto: joined(kept) };
  const { start, end } = contentOf(raw);
  if (end - start < LEAST_STORED) {
    return { name, type, dims, place: null, proto: joined([...kept, reader.bytes(raw.whole)]) };
  }
  return { name, type, dims, place: { location: null, offset: start, length: end - start }, proto: joined(kept) };
}

/** Whether the values of a TensorProto lie outside the model file. */
export function liesOutside(reader: ProtobufReader, range: ByteRange): boolean {
  for (const field of reader.fields(range)) {
    if (field.number === TENSOR.dataLocation && integerOf(field) === EXTERNAL) return true;
  }
  return false;
}

/** The TensorProto of an initializer whose values lie in a file. */
export function pointTo(proto: Uint8Array, location: string, offset: number, length: number): Uint8Array {
  const end = new ProtobufWriter();
  for (const [key, value] of Object.entries({ location, offset, length })) {
    end.message(TENSOR.externalData, new ProtobufWriter().string(1, key).string(2, String(value)));
  }
  return joined([proto, end.varint(TENSOR.dataLocation, EXTERNAL).finish()]);
}

function entryOf(reader: ProtobufReader, range: ByteRange): [string, string] {
  let key = '';
  let value = '';
  for (const field of reader.fields(range)) {
    if (field.number === 1) key = reader.text(field);
    else if (field.number === 2) value = reader.text(field);
  }
  return [key, value];
}

function placeOf(entries: ReadonlyMap<string, string>, name: string): InitializerPlace {
  const location = entries.get('location');
  if (location === undefined || location === '') throw new ProtobufFault(`the tensor "${name}" has no location`);
  const number = (key: string): number | null => {
    const text = entries.get(key);
    if (text === undefined || text === '') return null;
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
    throw new ProtobufFault(`the tensor "${name}" has the ${key} ${JSON.stringify(text)}`);
  };
  return { location, offset: number('offset') ?? 0, length: number('length') };
}

function sizeOf(size: bigint): number {
  const value = BigInt.asIntN(64, size);
  if (value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw new ProtobufFault(`a tensor has an axis of ${value}`);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
