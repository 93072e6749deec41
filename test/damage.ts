import { mulberry32 } from './pseudo-random.js';

/** Whole numbers below a limit, the same for the same seed. */
export type Draw = (below: number) => number;
export function drawFrom(seed: number): Draw {
  const next = mulberry32(seed);
  return (below) => Math.floor(next() * below);
}

/** Values of every kind that a field of a JSON file is not meant to have. */
export const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  0.5,
  1e308,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  '',
  'x',
  '2',
  '../../etc/passwd',
  '\u0000',
  '__proto__',
  [],
  [[]],
  [1, 'x', null],
  {},
  { type: 'x' },
  { a: { b: [{}] } },
  nested(90),
];

/** Lists in lists, so deep. */
function nested(depth: number): unknown {
  return depth === 0 ? [] : [nested(depth - 1)];
}

/** All ways through a JSON value to an object's field or a list's item, of long lists the first and last few. */
export function pathsOf(value: unknown, at: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [];
  const keys: (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const some = keys.length > 8 ? [...keys.slice(0, 4), ...keys.slice(-3)] : keys;
  return some.flatMap((key) => {
    const path = [...at, key];
    return [path, ...pathsOf((value as Record<string | number, unknown>)[key], path)];
  });
}

/** A JSON value with another value at the end of a path; without it where the value is undefined. */
export function withValue(value: unknown, [key, ...rest]: readonly (string | number)[], put: unknown): unknown {
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >;
  const inner = rest.length > 0 ? withValue(copy[key], rest, put) : put;
  if (inner !== undefined) copy[key] = inner;
  else if (Array.isArray(copy)) copy.splice(key as number, 1);
  else delete copy[key];
  return copy;
}

/** Bytes that are cut, overwritten, doubled, left out or put elsewhere. */
export function damaged(whole: Uint8Array, draw: Draw): Uint8Array {
  const at = draw(whole.length);
  const length = 1 + draw(Math.min(64, whole.length));
  const piece = whole.subarray(at, at + length);
  switch (draw(6)) {
    case 0:
      return whole.slice(0, at);
    case 1:
      return Buffer.concat([whole.subarray(0, at), whole.subarray(at + length)]);
    case 2:
      return Buffer.concat([whole.subarray(0, at), piece, whole.subarray(at)]);
    case 3: {
      const wrong = Uint8Array.from(whole);
      wrong.fill(draw(2) === 0 ? 0 : 0xff, at, at + length);
      return wrong;
    }
    default: {
      const wrong = Uint8Array.from(whole);
      for (let i = 0; i <= draw(8); i++) wrong[draw(wrong.length)] = draw(256);
      return wrong;
    }
  }
}
