import { float32Tensor, type NewTensor } from './write-safetensors.js';
import { congruential } from '../pseudo-random.js';

/** Weights of a tiny network, and layers over them in plain float64 loops; a state is the vector of one token. */
export class SlowWeights {
  private readonly values = new Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>();
  private readonly next = congruential(7);

  /** Adds a tensor of noise, the same every time. */
  add(name: string, ...shape: number[]): void {
    const size = shape.reduce((product, axis) => product * axis, 1);
    const values = Float32Array.from({ length: size }, () => Math.round((this.next() / 2 ** 32 - 0.5) * 256) / 128);
    this.values.set(name, { shape, values });
  }

  addLinear(name: string, to: number, from: number, bias = true): void {
    this.add(`${name}.weight`, to, from);
    if (bias) this.add(`${name}.bias`, to);
  }

  addNorm(name: string, size: number, bias = true): void {
    this.add(`${name}.weight`, size);
    if (bias) this.add(`${name}.bias`, size);
  }

  set(name: string, shape: readonly number[], values: Float32Array): void {
    this.values.set(name, { shape, values });
  }

  /** The weights as tensors of a file. */
  tensors(prefix = ''): Map<string, NewTensor> {
    const tensors = [...this.values].map(([name, { shape, values }]) => [prefix + name, float32Tensor(shape, values)]);
    return new Map(tensors as [string, NewTensor][]);
  }

  row(name: string, i: number): number[] {
    const { shape, values } = this.at(name);
    return [...values.subarray(i * shape[1], (i + 1) * shape[1])];
  }

  linear(x: number[], name: string): number[] {
    const { shape, values } = this.at(`${name}.weight`);
    const bias = this.values.get(`${name}.bias`)?.values;
    return Array.from({ length: shape[0] }, (_, o) =>
      x.reduce((sum, v, i) => sum + v * values[o * shape[1] + i], bias?.[o] ?? 0),
    );
  }

  norm(x: number[], name: string, epsilon: number): number[] {
    const mean = x.reduce((a, b) => a + b) / x.length;
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
    const { values } = this.at(`${name}.weight`);
    const bias = this.values.get(`${name}.bias`)?.values;
    return x.map((v, i) => ((v - mean) / Math.sqrt(variance + epsilon)) * values[i] + (bias?.[i] ?? 0));
  }

  rms(x: number[], name: string, epsilon: number, offset = 0): number[] {
    const mean = x.reduce((a, b) => a + b * b, 0) / x.length;
    const { values } = this.at(`${name}.weight`);
    return x.map((v, i) => (v / Math.sqrt(mean + epsilon)) * (values[i] + offset));
  }

  private at(name: string): { readonly shape: readonly number[]; readonly values: Float32Array } {
    const found = this.values.get(name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  }
}

export const plus = (a: number[], b: number[]): number[] => a.map((v, i) => v + b[i]);
export const times = (a: number[], b: number[]): number[] => a.map((v, i) => v * b[i]);
export const silu = (x: number): number => x / (1 + Math.exp(-x));
export const tanhGelu = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
/** Angles from one position to the next. */
export const angles = (theta: number, size: number): number[] =>
  Array.from({ length: size / 2 }, (_, i) => theta ** ((-2 * i) / size));

/** Turns each head by its position: the pairs are number i of each half, or neighbours. */
export function turned(x: number[], position: number, steps: number[], interleaved = false): number[] {
  const half = steps.length;
  const result = [...x];
  for (let head = 0; head < x.length; head += 2 * half) {
    for (const [i, step] of steps.entries()) {
      const [a, b] = interleaved ? [head + 2 * i, head + 2 * i + 1] : [head + i, head + half + i];
      const [cos, sin] = [Math.cos(position * step), Math.sin(position * step)];
      result[a] = x[a] * cos - x[b] * sin;
      result[b] = x[b] * cos + x[a] * sin;
    }
  }
  return result;
}

export interface SlowAttention {
  readonly heads: number;
  readonly keyHeads?: number;
  readonly scale: number;
  /** Whether token i looks at token j. */
  readonly sees?: (i: number, j: number) => boolean;
}

/** What each token gathers from the values of the tokens it looks at. */
export function attend(
  queries: number[][],
  keys: number[][],
  values: number[][],
  { heads, keyHeads = heads, scale, sees = () => true }: SlowAttention,
): number[][] {
  const size = queries[0].length / heads;
  return queries.map((query, i) => {
    const context: number[] = [];
    for (let head = 0; head < heads; head++) {
      const from = size * Math.floor((head * keyHeads) / heads);
      const scores = keys.map((key, j) => {
        if (!sees(i, j)) return 0;
        let dot = 0;
        for (let d = 0; d < size; d++) dot += query[head * size + d] * key[from + d];
        return Math.exp(dot * scale);
      });
      const sum = scores.reduce((a, b) => a + b);
      for (let d = 0; d < size; d++) {
        context.push(scores.reduce((total, score, j) => total + (score / sum) * values[j][from + d], 0));
      }
    }
    return context;
  });
}
