import { ELEMENT_TYPES, type ElementType } from './element-type.js';
import { contentOf, integerOf, type ByteRange, type ProtobufReader } from './protobuf-reader.js';

const FLOATS: ReadonlySet<ElementType> = new Set(['float32', 'float16', 'bfloat16', 'float64']);
const TYPE_OF_CODE = new Map<number, ElementType>(
  (Object.keys(ELEMENT_TYPES) as ElementType[]).map((type) => [ELEMENT_TYPES[type].code, type]),
);

/** An input or output of a graph. */
export interface ModelValue {
  readonly name: string;
  /** undefined for types that no model of texts has. */
  readonly type: ElementType | undefined;
  /** Sizes, or null for an axis of any size; null where the model does not say how many axes there are. */
  readonly shape: readonly (number | null)[] | null;
}

/** Whether a value holds floating-point numbers. */
export function isFloat(value: ModelValue): boolean {
  return value.type !== undefined && FLOATS.has(value.type);
}

/** Reads one ValueInfoProto. */
export function readValue(reader: ProtobufReader, range: ByteRange): ModelValue {
  let name = '';
  let type: ElementType | undefined;
  let shape: (number | null)[] | null = null;
  for (const field of reader.fields(range)) {
    if (field.number === 1) name = reader.text(field);
    if (field.number !== 2) continue;
    for (const kind of reader.fields(contentOf(field))) {
      if (kind.number !== 1) continue;
      for (const part of reader.fields(contentOf(kind))) {
        if (part.number === 1) type = TYPE_OF_CODE.get(integerOf(part));
        else if (part.number === 2) shape = readShape(reader, contentOf(part));
      }
    }
  }
  return { name, type, shape };
}

function readShape(reader: ProtobufReader, range: ByteRange): (number | null)[] {
  const shape: (number | null)[] = [];
  for (const axis of reader.fields(range)) {
    if (axis.number !== 1) continue;
    let size: number | null = null;
    for (const field of reader.fields(contentOf(axis))) if (field.number === 1) size = integerOf(field);
    shape.push(size !== null && size > 0 ? size : null);
  }
  return shape;
}
