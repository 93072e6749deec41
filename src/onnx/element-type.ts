import { floatsToBfloat16 } from '../numeric/bfloat16.js';
import { floatsToHalf } from '../numeric/float16.js';

/** Element types of tensors, by their names in ONNX Runtime's JavaScript interface; the numbers are ONNX's. */
export const ELEMENT_TYPES = {
  float32: { code: 1, bytes: 4 },
  uint8: { code: 2, bytes: 1 },
  int8: { code: 3, bytes: 1 },
  int32: { code: 6, bytes: 4 },
  int64: { code: 7, bytes: 8 },
  bool: { code: 9, bytes: 1 },
  float16: { code: 10, bytes: 2 },
  float64: { code: 11, bytes: 8 },
  bfloat16: { code: 16, bytes: 2 },
} as const;

export type ElementType = keyof typeof ELEMENT_TYPES;

/** What holds the values of a tensor: float16 and bfloat16 are raw bits in a Uint16Array. */
export type TensorData =
  Float32Array | Float64Array | BigInt64Array | Int32Array | Uint16Array | Int8Array | Uint8Array;

/** Numbers as the typed array of an element type, rounded to the nearest it has. */
export function typedData(type: ElementType, values: readonly number[]): TensorData {
  switch (type) {
    case 'float32':
      return Float32Array.from(values);
    case 'float64':
      return Float64Array.from(values);
    case 'int64':
      return BigInt64Array.from(values, (value) => BigInt(value));
    case 'int32':
      return Int32Array.from(values);
    case 'int8':
      return Int8Array.from(values);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(values);
    case 'float16':
      return floatsToHalf(Float32Array.from(values));
    case 'bfloat16':
      return floatsToBfloat16(Float32Array.from(values));
  }
}
