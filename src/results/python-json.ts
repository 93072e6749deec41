/**
 * JSON as Python's `json.dump(value, indent=4, ensure_ascii=False)` writes it, every number a float: the form of the
 * reference's result files. No newline at the end.
 *
 * @param value plain objects, arrays, strings, booleans, null and finite numbers
 */
export function pythonJson(value: unknown, indent = 0): string {
  if (typeof value === 'number') return pythonFloat(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const parts = Array.isArray(value)
    ? value.map((item) => pythonJson(item, indent + 4))
    : Object.entries(value)
 .filter(([, item]) => item !== undefined)
 .map(([key, item]) => `${JSON.stringify(key)}: ${pythonJson(item, indent + 4)}`);
  if (parts.length === 0) return open + close;
  const line = `\n${' '.repeat(indent + 4)}`;
  return `${open}${line}${parts.join(`,${line}`)}\n${' '.repeat(indent)}${close}`;
}

/**
 * A float as Python's `repr` writes it: the same shortest digits as ours, but `1.0` for whole numbers and an exponent from
 * 1e-05 downwards and from 1e+16 upwards.
 *
 * @throws RangeError when the value is not finite
 */
export function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be written as JSON`);
  if (Object.is(value, -0)) return '-0.0';
  const [digits, exponentText] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${digits}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  const plain = exponent >= 0 ? String(value) : smallDecimal(digits, exponent);
  return plain.includes('.') ? plain : `${plain}.0`;
}

/** 1e-7 < |value| < 1 without an exponent. */
function smallDecimal(digits: string, exponent: number): string {
  const sign = digits.startsWith('-') ? '-' : '';
  return `${sign}0.${'0'.repeat(-exponent - 1)}${digits.replace(/[-.]/g, '')}`;
}
