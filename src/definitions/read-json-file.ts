import { readFileSync, statSync } from 'node:fs';
import type { Problem } from '../errors.js';
import { messageOf } from '../errors.js';
import { parseJsonText } from './json-text.js';

/** Larger than any definition by two orders: what is larger is another kind of file, named by mistake. */
const MAX_BYTES = 4 * 1024 * 1024;

export type JsonFile =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: Problem };

/**
 * Reads one JSON file of ours, whatever bytes it may hold: a byte order mark is skipped, everything else that is not
 * UTF-8 JSON is one problem that says what was found.
 *
 * @param where the name that messages show
 */
export function readJsonFile(path: string, where: string): JsonFile {
  const refuse = (what: string, fix?: string): JsonFile => ({ ok: false, problem: { where, what, fix } });
  let bytes: Buffer;
  try {
    const read = readWhole(path);
    if (typeof read === 'string') return refuse(read, 'name a JSON file.');
    bytes = read;
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return refuse('there is no such file.', 'check the path.');
    if (code === 'EACCES' || code === 'EPERM') return refuse('the file may not be read.', 'check its permissions.');
    return refuse(`the file cannot be read (${messageOf(thrown)}).`);
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return refuse('the file is UTF-16.', 'save it as UTF-8.');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse('the file is not UTF-8 text.', 'name a JSON file, saved as UTF-8.');
  }
  const parsed = parseJsonText(text);
  if (parsed.ok) return parsed;
  const { line, column, what } = parsed.fault;
  return refuse(`not valid JSON at line ${line}, column ${column}: ${what}.`);
}

/** The bytes of a regular file, or why it is none. Asked before opening: opening a pipe would wait for its writer. */
function readWhole(path: string): Buffer | string {
  const stat = statSync(path);
  if (stat.isDirectory()) return 'this is a folder, not a file.';
  if (!stat.isFile()) return 'this is not a regular file.';
  if (stat.size > MAX_BYTES) return `the file has ${stat.size} bytes; a definition has at most ${MAX_BYTES}.`;
  return readFileSync(path);
}
