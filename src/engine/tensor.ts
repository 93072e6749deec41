import type { ElementType, TensorData } from '../onnx/element-type.js';

/** A dense row-major tensor; float16 and bfloat16 are raw bits. */
export interface Tensor {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** A float32 tensor over given values (not copied). */
export function f32(data: Float32Array, dims: readonly number[]): Tensor {
  return { type: 'float32', dims, data };
}

/** A float64 tensor over given values (not copied). */
export function f64(data: Float64Array, dims: readonly number[]): Tensor {
  return { type: 'float64', dims, data };
}

/** A float16 tensor over given bits (not copied). */
export function f16(data: Uint16Array, dims: readonly number[]): Tensor {
  return { type: 'float16', dims, data };
}

/** An int64 tensor over given values (not copied). */
export function i64(data: BigInt64Array, dims: readonly number[]): Tensor {
  return { type: 'int64', dims, data };
}

/** An int32 tensor over given values (not copied). */
export function i32(data: Int32Array, dims: readonly number[]): Tensor {
  return { type: 'int32', dims, data };
}

/** A uint8 tensor over given values (not copied). */
export function u8(data: Uint8Array, dims: readonly number[]): Tensor {
  return { type: 'uint8', dims, data };
}
