import type { GraphBuilder } from '../onnx/graph-builder.js';
import type { EncoderInputs } from './architecture.js';
import type { ConfigReader } from './config-reader.js';
import { castTo, type FloatType } from './float-type.js';
import { isJsonObject, type JsonObject } from './read-json-object.js';

/** Where a configuration keeps the base of the angles. */
export interface RotaryFields {
  readonly theta: string;
  readonly otherwise: number;
  /** Whether `rope_scaling` is meant for these angles. */
  readonly isScaled: boolean;
  /** Name of these angles where `rope_parameters` has several. */
  readonly kind?: string;
}

/** Cosines and sines of all positions of a batch, each of the shape (length, size / 2). */
export interface RotaryTable {
  readonly cos: string;
  readonly sin: string;
}

const { fround } = Math;
/** Heads in use have 256 numbers at most. */
const MOST_SIZE = 1 << 16;

/**
 * Angles from one position to the next, one for each pair of numbers of a head, in float32 as PyTorch computes them.
 *
 * @param size numbers in one head, even
 * Source: Su et al. 2021, arXiv 2104.09864; scaling as transformers 4.57 defines `linear` and `llama3`.
 */
export function readFrequencies(config: ConfigReader, size: number, fields: RotaryFields): Float32Array {
  if (size % 2 !== 0) config.refuse('head size', size, 'an even number, so that it can be turned in pairs');
  if (size > MOST_SIZE) {
    config.refuse('head size', size, `at most ${MOST_SIZE}`);
    return new Float32Array();
  }
  const { theta, scaling } = readAngles(config, fields);
  config.only('partial_rotary_factor', [1], 'heads that are turned as a whole');
  scaling?.only('partial_rotary_factor', [1], 'heads that are turned as a whole');
  const plain = Float32Array.from({ length: size >> 1 }, (_, i) => {
    return 1 / fround(Math.pow(fround(theta), fround((2 * i) / size)));
  });
  return scaling === undefined ? plain : scaled(plain, scaling);
}

function readAngles(config: ConfigReader, fields: RotaryFields): { theta: number; scaling?: ConfigReader } {
  const parameters = config.object.rope_parameters ?? undefined;
  if (parameters === undefined) {
    const scaling = fields.isScaled ? inner(config, 'rope_scaling', config.object.rope_scaling) : undefined;
    return { theta: config.positive(fields.theta, fields.otherwise), scaling };
  }
  const own = isJsonObject(parameters) && fields.kind !== undefined ? parameters[fields.kind] : undefined;
  const name = own === undefined ? 'rope_parameters' : `rope_parameters.${fields.kind}`;
  const scaling = inner(config, name, own ?? parameters);
  const theta = scaling?.object.rope_theta;
  if (theta === undefined) config.refuse(`${name}.rope_theta`, theta, 'a number above 0');
  return { theta: scaling?.positive('rope_theta', fields.otherwise) ?? fields.otherwise, scaling };
}

/** A reader of an object inside another one, whose problems go to the outer one. */
function inner(config: ConfigReader, name: string, value: unknown): ConfigReader | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) config.refuse(name, value, 'an object');
  return config.inside(name, isJsonObject(value) ? value : ({} as JsonObject));
}

function scaled(plain: Float32Array, scaling: ConfigReader): Float32Array {
  const { type, rope_type: ropeType } = scaling.object;
  if (type !== undefined && ropeType !== undefined && type !== ropeType) {
    scaling.refuse('type', type, `the same as "rope_type" (${JSON.stringify(ropeType)})`);
  }
  const field = ropeType === undefined ? 'type' : 'rope_type';
  const kind = scaling.choice(field, ['default', 'linear', 'llama3'], 'default');
  if (kind === 'default') return plain;
  const factor = required(scaling, 'factor');
  if (kind === 'linear') return plain.map((frequency) => frequency / factor);
  return llama3(plain, factor, scaling);
}

/** Slow angles are divided by the factor, fast ones are kept, those between are mixed. */
function llama3(plain: Float32Array, factor: number, scaling: ConfigReader): Float32Array {
  const low = required(scaling, 'low_freq_factor');
  const high = required(scaling, 'high_freq_factor');
  const length = required(scaling, 'original_max_position_embeddings');
  if (high <= low) scaling.refuse('high_freq_factor', high, `a number above "low_freq_factor" (${low})`);
  return plain.map((frequency) => {
    const wave = fround((2 * Math.PI) / frequency);
    if (wave > length / low) return frequency / factor;
    if (wave < length / high) return frequency;
    const smooth = fround(fround(fround(length / wave) - low) / (high - low));
    return fround(fround(fround(1 - smooth) * frequency) / factor) + fround(smooth * frequency);
  });
}

function required(scaling: ConfigReader, field: string): number {
  if ((scaling.object[field] ?? undefined) === undefined) scaling.refuse(field, undefined, 'a number above 0');
  return scaling.positive(field, 1);
}

/**
 * Adds the table of a batch: position times frequency, rounded to float32 as the reference does.
 *
 * @param type what sines and cosines are rounded to
 */
export function addRotaryTable(
  graph: GraphBuilder,
  inputs: EncoderInputs,
  frequencies: Float32Array,
  type: FloatType,
): RotaryTable {
  const positions = graph.node('Cast', [graph.node('Transpose', [inputs.positions], { perm: [1, 0] })], { to: 1 });
  const row = graph.constant('float32', [1, frequencies.length], frequencies);
  const angles = graph.node('Mul', [positions, row]);
  const rounded = (operator: string): string => castTo(graph, graph.node(operator, [angles]), 'float32', type);
  return { cos: rounded('Cos'), sin: rounded('Sin') };
}

/**
 * Adds the turning of every head by its position.
 *
 * @param x shape (rows * length, width), width a multiple of the size of a head
 * @param interleaved whether a pair is two neighbours, and not one number of each half of the head
 * @returns shape (rows, length, width)
 */
export function addRotation(
  graph: GraphBuilder,
  inputs: EncoderInputs,
  x: string,
  { table, width, interleaved = false }: { table: RotaryTable; width: number; interleaved?: boolean },
): string {
  const shape = graph.node('Concat', [inputs.shape, graph.constant('int64', [1], [width])], { axis: 0 });
  const operands = [graph.node('Reshape', [x, shape]), graph.constant('int64', [1], [0]), table.cos, table.sin];
  return graph.node('RotaryEmbedding', operands, { interleaved: Number(interleaved) }, { domain: 'com.microsoft' });
}
