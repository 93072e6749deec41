import { describe, expect, test } from 'vitest';
import { directDistances } from '../../src/estimators/direct-distances.js';
import { productDistances } from '../../src/estimators/product-distances.js';
import type { Matrix } from '../../src/numeric/matrix.js';
import { matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';

/** A tenth of what Ward's distances may differ by. */
const DISTANCE_TOLERANCE = 1e-13;

/** Past one block of products, and no multiple of a tile. */
const ROWS = 389;

function rowsOf(dims: number, value: (gaussian: number, i: number, k: number) => number): Matrix {
  const data = Float32Array.from(new RandomState(dims).standardNormal(ROWS * dims), (gaussian, at) =>
    value(gaussian, Math.floor(at / dims), at % dims),
  );
  return matrix(data, ROWS, dims);
}

async function both(x: Matrix): Promise<{ product: Float64Array; direct: Float64Array }> {
  const product = new Float64Array(x.rows * x.rows);
  const direct = new Float64Array(x.rows * x.rows);
  await productDistances(x, product, 2);
  directDistances(x, direct);
  return { product, direct };
}

function worstRelative(product: Float64Array, direct: Float64Array): number {
  let worst = 0;
  direct.forEach((d, at) => {
    if (product[at] !== d) worst = Math.max(worst, d === 0 ? Infinity : Math.abs(product[at] / d - 1));
  });
  return worst;
}

describe('productDistances', () => {
  const inputs: Record<string, Matrix> = {
    'rows around the origin': rowsOf(96, (g) => g),
    'rows far from the origin': rowsOf(96, (g) => 1000 + g),
    'a far row among near ones': rowsOf(32, (g, i) => (i === 7 ? 1e6 : g)),
    'two tight groups far apart': rowsOf(32, (g, i) => (i % 2) * 100 + g * 1e-3),
    'columns of very different scale': rowsOf(30, (g, _, k) => g * 10 ** ((k % 7) - 3)),
    'near copies': rowsOf(64, (g, i, k) => Math.sin(1 + ((i % 5) * 64 + k)) + g * 1e-5),
  };
  test.each(Object.entries(inputs))('%s have the distances of plain differences', async (_, x) => {
    const { product, direct } = await both(x);
    expect(worstRelative(product, direct)).toBeLessThanOrEqual(DISTANCE_TOLERANCE);
    const asymmetric = product.filter((d, at) => d !== product[(at % ROWS) * ROWS + Math.floor(at / ROWS)]);
    expect(asymmetric.length).toBe(0);
  });

  test('whole numbers, wherever they lie, give the very same bits', async () => {
    const { product, direct } = await both(rowsOf(40, (g) => 500 + Math.round(3 * g)));
    expect(Buffer.compare(Buffer.from(product.buffer), Buffer.from(direct.buffer))).toBe(0);
  });

  test('equal rows have distance 0 and equal distances to all others, zero and minus zero being equal', async () => {
    const x = rowsOf(50, (g, _, k) => (k === 0 ? 0 : g));
    const copies = [1, 2, 3, 300, 388];
    for (const i of copies) x.data.set(x.data.subarray(0, 50), i * 50);
    x.data[300 * 50] = -0;
    const { product, direct } = await both(x);
    expect(worstRelative(product, direct)).toBeLessThanOrEqual(DISTANCE_TOLERANCE);
    for (const i of copies) {
      expect(product[i]).toBe(0);
      for (let j = 0; j < ROWS; j++) {
        if (j === 0 || copies.includes(j)) continue;
        expect(product[i * ROWS + j] === product[j]).toBe(true);
        expect(product[j * ROWS + i] === product[j]).toBe(true);
      }
    }
  });

  test('the number of threads does not matter', async () => {
    const x = rowsOf(200, (g) => g);
    const [one, two] = [new Float64Array(ROWS * ROWS), new Float64Array(ROWS * ROWS)];
    await productDistances(x, one, 1);
    await productDistances(x, two, 2);
    expect(Buffer.compare(Buffer.from(one.buffer), Buffer.from(two.buffer))).toBe(0);
  });
});
