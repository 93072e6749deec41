import { writeFileSync } from 'node:fs';

/** A tensor to be written. */
export interface NewTensor {
  readonly dtype: 'F32' | 'F16' | 'BF16' | 'I64';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Numbers as a float32 tensor. */
export function float32Tensor(shape: readonly number[], values: Float32Array): NewTensor {
  return { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/** Numbers as bfloat16: the upper half of each float32, cut off. */
export function bfloat16Tensor(shape: readonly number[], values: Float32Array): NewTensor {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const half = Uint16Array.from(bits, (word) => word >>> 16);
  return { dtype: 'BF16', shape, bytes: new Uint8Array(half.buffer) };
}

/** Writes a safetensors file; `padding` spaces end the header, so that tensors can begin at any byte. */
export function writeSafetensors(path: string, tensors: ReadonlyMap<string, NewTensor>, padding = 0): void {
  const header: Record<string, unknown> = {};
  let at = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
  }
  const text = Buffer.from(JSON.stringify(header) + ' '.repeat(padding));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(path, Buffer.concat([size, text, ...[...tensors.values()].map(({ bytes }) => bytes)]));
}
