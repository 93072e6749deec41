import { memorySource } from './byte-source.js';
import { GRAPH, MODEL, readSource, type OnnxModel } from './model-reader.js';
import { ProtobufWriter } from './protobuf-writer.js';
import { pointTo, type StoredInitializer } from './stored-initializer.js';

/** From this version on initializers need not be inputs of the graph, too. */
const LEAST_IR_VERSION = 4;

/** Where the values of an initializer are found by the runtime. */
export interface FoundPlace {
  /** Relative to the folder that the session is given. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/**
 * A model with another graph behind its own: inputs of the added graph that the model has a value for are that value, the
 * others become inputs of the whole; the outputs are those of the added graph.
 *
 * Nodes and initializers are joined as they are: the added ones must be valid in the model's operator set, and the names
 * that they make must not be taken.
 *
 * @param added an ONNX model as GraphBuilder makes it
 * @param findPlace where the values of an initializer lie whose `place` is given
 */
export function appendGraph(
  model: OnnxModel,
  added: Uint8Array,
  findPlace: (initializer: StoredInitializer) => FoundPlace,
): Uint8Array {
  const tail = readSource(memorySource(added));
  const graph = new ProtobufWriter();
  for (const field of [...model.fields.graph, ...tail.fields.graph]) graph.encoded(field);
  for (const initializer of model.initializers) graph.bytes(GRAPH.initializer, placed(initializer, findPlace));
  for (const initializer of tail.initializers) graph.bytes(GRAPH.initializer, placed(initializer, placeBeside));
  for (const field of model.fields.inputs.values()) graph.encoded(field);
  for (const [name, field] of tail.fields.inputs) if (!model.names.has(name)) graph.encoded(field);
  for (const field of tail.fields.outputs) graph.encoded(field);
  const whole = new ProtobufWriter().varint(MODEL.irVersion, Math.max(model.irVersion, LEAST_IR_VERSION));
  for (const field of model.fields.model) whole.encoded(field);
  return whole.message(MODEL.graph, graph).finish();
}

function placed(initializer: StoredInitializer, findPlace: (initializer: StoredInitializer) => FoundPlace): Uint8Array {
  if (initializer.place === null) return initializer.proto;
  const { location, offset, length } = findPlace(initializer);
  return pointTo(initializer.proto, location, offset, length);
}

/** Values of the added graph lie in files whose places it knows. */
function placeBeside({ name, place }: StoredInitializer): FoundPlace {
  if (place === null || place.location === null || place.length === null) {
    throw new RangeError(`the values of "${name}" are too many to be part of an added graph`);
  }
  return { location: place.location, offset: place.offset, length: place.length };
}
