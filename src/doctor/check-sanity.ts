import { createHash } from 'node:crypto';
import type { Tokenizing } from '../embedding/types.js';
import { rowOf, type Matrix } from '../numeric/matrix.js';
import { dot, unitRows } from './row-cosines.js';
import type { EmbeddedSide } from './embed-texts.js';
import type { SanityReport } from './types.js';

/** Failing texts that are named. */
const NAMED = 20;

/**
 * What can be said of a model's vectors without another model.
 *
 * @param strings final strings
 * @param tokenizing of the model, where it has tokens
 */
export function checkSanity(
  { vectors, failed }: EmbeddedSide,
  strings: readonly string[],
  tokenizing: Tokenizing | undefined,
): SanityReport {
  const there = strings.map((_, i) => i).filter((i) => !failed.has(i));
  const zero = there.filter((i) => rowOf(vectors, i).every((value) => value === 0));
  const counts = tokenizing?.count(strings);
  const { tokens = null, unknownTokens = null, truncated = null } = counts ?? {};
  return {
    texts: strings.length,
    failedTexts: failed.size,
    failed: [...failed].slice(0, NAMED).map(([i, why]) => ({ text: strings[i], why })),
    zeroVectors: zero.length,
    sameVectors: countSame(vectors, there, strings, tokenizing),
    constantDims: there.length < 2 ? 0 : countConstant(vectors, there),
    meanCosine: meanCosine(vectors, there),
    unknownShare: tokens === null || tokens === 0 || unknownTokens === null ? null : unknownTokens / tokens,
    truncated,
  };
}

/** Texts that share their vector with an earlier one although the model was given other ids. */
function countSame(
  vectors: Matrix,
  places: readonly number[],
  strings: readonly string[],
  tokenizing: Tokenizing | undefined,
): number {
  const inputs = new Map<string, Set<string>>();
  for (const i of places) {
    const row = rowOf(vectors, i);
    const key = createHash('sha256')
      .update(new Uint8Array(row.buffer, row.byteOffset, row.byteLength))
      .digest('hex');
    const ids = tokenizing?.cut(strings[i]).ids;
    const input = ids === undefined || ids === null ? strings[i].trim() : ids.join(' ');
    inputs.set(key, (inputs.get(key) ?? new Set()).add(input));
  }
  return [...inputs.values()].reduce((sum, { size }) => sum + size - 1, 0);
}

function countConstant(vectors: Matrix, places: readonly number[]): number {
  const first = rowOf(vectors, places[0]);
  let constant = 0;
  for (let j = 0; j < vectors.dims; j++)
    if (places.every((i) => vectors.data[i * vectors.dims + j] === first[j])) constant++;
  return constant;
}

/** Mean cosine over all pairs of different texts, from the length of the sum of all unit vectors; null for fewer than two. */
function meanCosine(vectors: Matrix, places: readonly number[]): number | null {
  const { dims } = vectors;
  const unit = unitRows(vectors);
  const sum = new Float64Array(dims);
  let count = 0;
  for (const i of places) {
    const row = unit.subarray(i * dims, (i + 1) * dims);
    if (dot(row, row) === 0) continue;
    count++;
    for (let j = 0; j < dims; j++) sum[j] += row[j];
  }
  return count < 2 ? null : (dot(sum, sum) - count) / (count * (count - 1));
}
