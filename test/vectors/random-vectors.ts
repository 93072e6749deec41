import { mulberry32 } from '../pseudo-random.js';
/** Float32 numbers in (-1, 1). */
export function randomVectors(count: number, seed = 1): Float32Array {
  const next = mulberry32(seed);
  return Float32Array.from({ length: count }, () => 2 * next() - 1);
}
