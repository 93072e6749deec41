/** Shown where a score is undefined or absent. */
export const NONE = '–';

/** A fraction as scores are shown: times 100, two decimals. Without a value: `–`. */
export function points(fraction: number | null | undefined): string {
  return fraction === null || fraction === undefined ? NONE : withoutMinusZero((100 * fraction).toFixed(2));
}

/** A difference in points with its sign: `+0.03`, `-1.20`, `0.00`. Without a value: `–`. */
export function signedPoints(difference: number | null | undefined): string {
  if (difference === null || difference === undefined) return NONE;
  const text = withoutMinusZero(difference.toFixed(2));
  return text.startsWith('-') || text === '0.00' ? text : `+${text}`;
}

function withoutMinusZero(text: string): string {
  return text === '-0.00' ? '0.00' : text;
}
