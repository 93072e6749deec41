import { UserError } from '../errors.js';
import { shownText } from './token-embedder.js';

/** Vectors of one answer, in the order of the texts asked for. */
export interface EndpointVectors {
  /** Row-major float32, shape (texts, dims), finite. */
  readonly rows: Float32Array;
  readonly dims: number;
  /** Tokens that the server counted; null where it does not say. */
  readonly tokens: number | null;
}

/** What an answer is held to. */
export interface Expected {
  /** What was asked for, as messages show it. */
  readonly texts: readonly string[];
  /** undefined: whatever the first vector has. */
  readonly dims: number | undefined;
  /** The address, for messages. */
  readonly where: string;
  /** Takes secrets out of what the server said. */
  readonly hide: (text: string) => string;
}

/** More than any model has; guards the first answer, before the number of dimensions is known. */
export const MOST_DIMS = 65_536;
/** Bytes of a number in JSON with its comma and indentation. */
const BYTES_A_NUMBER = 48;
/** Bytes of an answer beside its numbers, for each text and for all. */
const BYTES_A_TEXT = 1024;
const BYTES_AROUND = 65_536;
const SHOWN = 120;
const READ_FOR_EXCERPT = 16_384;

/** Bytes of the longest answer that can be right. */
export function longestAnswer(texts: number, dims: number | undefined): number {
  return BYTES_AROUND + texts * (BYTES_A_TEXT + BYTES_A_NUMBER * (dims ?? MOST_DIMS));
}

/**
 * Reads an answer: vectors as base64 of little-endian float32 or as lists of numbers, put in the order of their `index`.
 *
 * @throws UserError for anything but one vector of the right length, of finite numbers, for each text
 */
export function readVectors(body: string, expected: Expected): EndpointVectors {
  const { texts, where } = expected;
  const { value, hadNaN } = parse(body, expected);
  const data = isObject(value) ? value.data : undefined;
  if (!Array.isArray(data)) throw wrong(where, `the answer has no list "data": ${excerpt(body, expected)}`);
  if (data.length !== texts.length) throw wrong(where, `${data.length} vectors came back for ${texts.length} texts.`);
  let rows: Float32Array | undefined;
  let { dims } = expected;
  const seen = new Uint8Array(texts.length);
  for (const entry of data as unknown[]) {
    const index = isObject(entry) ? entry.index : undefined;
    if (!isRow(index, texts.length)) {
      throw wrong(
        where,
        `"index" of a vector is ${shown(index)}, expected a whole number from 0 to ${texts.length - 1}.`,
      );
    }
    if (seen[index]++ !== 0) throw wrong(where, `two vectors have the "index" ${index}.`);
    const vector = readVector((entry as Record<string, unknown>).embedding, texts[index], where);
    dims ??= vector.length;
    if (dims < 1 || dims > MOST_DIMS) throw wrong(where, `a vector has ${dims} dimensions.`);
    if (vector.length !== dims) {
      const what = `the vector of ${shownText(texts[index])} has ${vector.length} dimensions, expected ${dims}.`;
      throw wrong(where, what, 'check that the server runs the model that is asked for.');
    }
    rows ??= new Float32Array(texts.length * dims);
    rows.set(vector, index * dims);
  }
  if (hadNaN) throw wrong(where, `the answer is no JSON: ${excerpt(body, expected)}`);
  return { rows: rows ?? new Float32Array(0), dims: dims ?? 0, tokens: tokensOf(value) };
}

/** Some servers write NaN where JSON has none: then the vector with it can still be named. */
function parse(body: string, expected: Expected): { readonly value: unknown; readonly hadNaN: boolean } {
  try {
    return { value: JSON.parse(body), hadNaN: false };
  } catch {
    try {
      return { value: JSON.parse(body.replace(/\bNaN\b|-?\bInfinity\b/g, 'null')), hadNaN: true };
    } catch {
      const fix = 'check the address: give its whole path where it is not /v1/embeddings.';
      throw wrong(expected.where, `the answer is no JSON: ${excerpt(body, expected)}`, fix);
    }
  }
}

function readVector(embedding: unknown, text: string, where: string): Float32Array {
  const vector = typeof embedding === 'string' ? fromBase64(embedding) : fromNumbers(embedding);
  if (vector === undefined) {
    throw wrong(where, `the vector of ${shownText(text)} is neither a list of numbers nor base64 of float32.`);
  }
  for (const value of vector) {
    if (Number.isFinite(value)) continue;
    const fix = 'a smaller number type on the server can overflow where float32 does not.';
    throw new UserError({
      where: `text ${shownText(text)}`,
      what: `its vector from ${where} holds NaN or infinity.`,
      fix,
    });
  }
  return vector;
}

/** Numbers as float32; null, which some write for NaN, is NaN. Undefined where it is no list of numbers. */
function fromNumbers(embedding: unknown): Float32Array | undefined {
  if (!Array.isArray(embedding)) return undefined;
  if (!embedding.every((value) => typeof value === 'number' || value === null)) return undefined;
  return Float32Array.from(embedding as (number | null)[], (value) => value ?? NaN);
}

function fromBase64(text: string): Float32Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  // The decoder passes over what is no base64.
  if (bytes.length % 4 !== 0 || bytes.toString('base64') !== text) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const vector = new Float32Array(bytes.length / 4);
  for (let i = 0; i < vector.length; i++) vector[i] = view.getFloat32(4 * i, true);
  return vector;
}

function tokensOf(value: unknown): number | null {
  const usage = isObject(value) ? value.usage : undefined;
  const tokens = isObject(usage) ? (usage.prompt_tokens ?? usage.total_tokens) : undefined;
  return Number.isSafeInteger(tokens) && (tokens as number) >= 0 ? (tokens as number) : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRow(index: unknown, count: number): index is number {
  return Number.isInteger(index) && (index as number) >= 0 && (index as number) < count;
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  return typeof value === 'object' ? 'no number' : JSON.stringify(value).slice(0, SHOWN);
}

function excerpt(body: string, { hide }: Expected): string {
  // Hidden before it is cut: half of a key is no longer known as one.
  const text = hide(body.trimStart().slice(0, READ_FOR_EXCERPT));
  return JSON.stringify(text.slice(0, SHOWN)) + (text.length > SHOWN ? '...' : '');
}

function wrong(
  where: string,
  what: string,
  fix = 'check that it is an OpenAI-compatible embeddings server.',
): UserError {
  return new UserError({ where, what, fix });
}
