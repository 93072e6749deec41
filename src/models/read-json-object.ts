import { readFileSync, statSync } from 'node:fs';
import { parseJsonText } from '../definitions/json-text.js';
import type { Problem } from '../errors.js';
import { messageOf } from '../errors.js';

export type JsonObject = Readonly<Record<string, unknown>>;
export type JsonObjectFile =
  { readonly ok: true; readonly value: JsonObject } | { readonly ok: false; readonly problem: Problem };

/** Files up to this size are read by the parser that names the line of a mistake and refuses doubled keys. */
const SMALL_FILE = 1 << 20;
/** What is nested deeper could not be walked through. */
const MAX_DEPTH = 100;
/** The largest tokenizer.json in use has about 35 MB. */
const LARGEST_FILE = 512 << 20;

/** Whether a value is a JSON object (not null, not an array). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a JSON file of a model folder whose content is one object, whatever bytes it may hold.
 *
 * @param where the name that messages show
 */
export function readJsonObject(path: string, where: string): JsonObjectFile {
  const refuse = (what: string): JsonObjectFile => ({
    ok: false,
    problem: { where, what, fix: 'take the file again from where the model was published' },
  });
  let text: string;
  let bytes: number;
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return refuse('is not a regular file');
    if (stat.size > LARGEST_FILE) return refuse(`has ${stat.size} bytes; at most ${LARGEST_FILE} are read`);
    const raw = readFileSync(path);
    bytes = raw.length;
    text = new TextDecoder('utf-8', { fatal: true }).decode(raw);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return refuse('there is no such file');
    return refuse(thrown instanceof TypeError ? 'is not UTF-8 text' : `cannot be read (${messageOf(thrown)})`);
  }
  const value = bytes <= SMALL_FILE ? parseSmall(text) : parseLarge(text);
  if (typeof value === 'string') return refuse(`is not valid JSON: ${value}`);
  if (!isJsonObject(value.parsed)) return refuse('holds no JSON object');
  return { ok: true, value: value.parsed };
}

function parseSmall(text: string): string | { readonly parsed: unknown } {
  const result = parseJsonText(text);
  if (result.ok) return { parsed: result.value };
  return `line ${result.fault.line}, column ${result.fault.column}: ${result.fault.what}`;
}

function parseLarge(text: string): string | { readonly parsed: unknown } {
  if (isTooDeep(text)) return `nested deeper than ${MAX_DEPTH} levels`;
  try {
    return { parsed: JSON.parse(text) as unknown };
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/** Whether brackets of a JSON text, those within its strings left out, lie deeper in each other than may be. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length && depth <= MAX_DEPTH; at++) {
    const char = text[at];
    if (inString && char === '\\') at += 1;
    else if (char === '"') inString = !inString;
    else if (inString) continue;
    else if (char === '[' || char === '{') depth += 1;
    else if (char === ']' || char === '}') depth -= 1;
  }
  return depth > MAX_DEPTH;
}
