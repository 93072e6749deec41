import { ELEMENT_TYPES, type ElementType } from '../onnx/element-type.js';
import type { GraphBuilder } from '../onnx/graph-builder.js';

/** Number types that a network can be computed in, as the option names them and as the runtime does. */
export const FLOAT_TYPES = { fp32: 'float32', fp16: 'float16', bf16: 'bfloat16' } as const satisfies Readonly<
  Record<string, ElementType>
>;

/** The option's name. */
export type FloatDtype = keyof typeof FLOAT_TYPES;
/** The runtime's name. */
export type FloatType = (typeof FLOAT_TYPES)[FloatDtype];

/** Whether a network can be computed in a number type, where the device can. */
export function isFloatDtype(dtype: string): dtype is FloatDtype {
  return Object.hasOwn(FLOAT_TYPES, dtype);
}

/**
 * What is added to a score so that nothing of it is left behind the softmax: the lowest finite number, in half precision
 * half of that (-(2 - 2^-10) 2^14), since there its sum with a score would be infinite, and a row of such sums not a number.
 */
export const HIDDEN_SCORE: Readonly<Record<FloatType, number>> = {
  float32: -3.4028234663852886e38,
  float16: -32752,
  bfloat16: -3.3895313892515355e38,
};

/** Adds a conversion of a value, where its type is another one. */
export function castTo(graph: GraphBuilder, x: string, from: ElementType, to: FloatType): string {
  return from === to ? x : graph.node('Cast', [x], { to: ELEMENT_TYPES[to].code });
}
