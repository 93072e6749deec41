import { readFileSync } from 'node:fs';

type NpyData = Float32Array | Float64Array | Int32Array | BigInt64Array;

const ARRAYS = { '<f4': Float32Array, '<f8': Float64Array, '<i4': Int32Array, '<i8': BigInt64Array } as const;

/** A golden `.npy` file (little endian, C order): its shape and values. For tests only: it trusts the file. */
export function readNpy(path: string): { readonly shape: readonly number[]; readonly data: NpyData } {
  const bytes = readFileSync(path);
  const headerLength = bytes[6] === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const start = (bytes[6] === 1 ? 10 : 12) + headerLength;
  const header = bytes.toString('latin1', 10, start);
  const type = /'descr': '([^']+)'/.exec(header)?.[1] as keyof typeof ARRAYS;
  if (!(type in ARRAYS) || /'fortran_order': True/.test(header)) throw new Error(`${path}: ${header}`);
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').filter((s) => s.trim() !== '');
  return { shape: shape.map(Number), data: new ARRAYS[type](Uint8Array.from(bytes.subarray(start)).buffer) };
}

/** A golden float32 matrix. */
export function readFloat32(path: string): {
  readonly data: Float32Array;
  readonly rows: number;
  readonly dims: number;
} {
  const { shape, data } = readNpy(path);
  if (!(data instanceof Float32Array) || shape.length !== 2) throw new Error(`${path} is no float32 matrix`);
  return { data, rows: shape[0], dims: shape[1] };
}
