/** What Python's `str.isspace` holds for white space: the information separators and NEL are, the byte order mark is not. */
const PYTHON_SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const AT_START = new RegExp(`^[${PYTHON_SPACE}]+`, 'u');
const IS_SPACE = new RegExp(`^[${PYTHON_SPACE}]$`, 'u');

/**
 * Removes white space at both ends as Python's `str.strip` does.
 *
 * JavaScript's `trim` differs: it keeps U+001C to U+001F and U+0085, and removes U+FEFF.
 */
export function stripText(text: string): string {
  return stripStart(stripEnd(text));
}

/** Unicode's property White_Space, which tokenizers go by: NEL is in it, information separators and U+FEFF are not. */
export const WHITE_SPACE = '\\p{White_Space}';

const BETWEEN_WORDS = new RegExp(`[${PYTHON_SPACE}]+`, 'u');

/** Words between white space, as Python's `str.split` gives them. */
export function splitAtSpace(text: string): string[] {
  return text.split(BETWEEN_WORDS).filter((word) => word !== '');
}

/** Removes white space at the start as Python's `str.lstrip` does. */
export function stripStart(text: string): string {
  return text.replace(AT_START, '');
}

/** Removes white space at the end as Python's `str.rstrip` does. */
export function stripEnd(text: string): string {
  // By hand: an expression that ends in `$` looks at every run of spaces inside a long text.
  let end = text.length;
  while (end > 0 && IS_SPACE.test(text[end - 1])) end -= 1;
  return text.slice(0, end);
}
