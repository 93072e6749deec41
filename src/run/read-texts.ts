import { TextDecoder } from 'node:util';
import { createReadStream } from 'node:fs';
import type { Problem } from '../errors.js';
import { messageOf, throwProblems, UserError } from '../errors.js';

const MAX_PROBLEMS = 20;

/**
 * Texts of a file, in its order: `{"text": ...}` or a JSON string a line, or plain lines in a `.txt`.
 *
 * An empty last line is none; any other empty line is an empty text in a `.txt` and a mistake in JSON lines.
 *
 * @throws UserError with file, line and what was expected, at most 20 lines
 */
export async function readTexts(path: string): Promise<string[]> {
  const parse = path.toLowerCase().endsWith('.txt') ? (line: string) => line : parseJsonLine;
  const texts: string[] = [];
  const problems: Problem[] = [];
  let number = 0;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    for await (const line of linesOf(path, decoder)) {
      number++;
      const text = parse(line);
      if (typeof text === 'string') texts.push(text);
      else if (problems.length < MAX_PROBLEMS) problems.push({ where: `${path} line ${number}`, ...text });
    }
  } catch (thrown) {
    if (thrown instanceof TypeError)
      throw new UserError({
        where: `${path} after line ${number}`,
        what: 'is not UTF-8 text',
        fix: 'save it as UTF-8',
      });
    throw new UserError({ where: path, what: `cannot be read (${messageOf(thrown)})`, fix: 'name a readable file' });
  }
  throwProblems(problems);
  if (texts.length === 0) throw new UserError({ where: path, what: 'has no texts', fix: 'write one text a line' });
  return texts;
}

async function* linesOf(path: string, decoder: TextDecoder): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(path)) {
    const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = parts.pop() as string;
    for (const part of parts) yield part.endsWith('\r') ? part.slice(0, -1) : part;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest.endsWith('\r') ? rest.slice(0, -1) : rest;
}

function parseJsonLine(line: string): string | Omit<Problem, 'where'> {
  const fix = 'write {"text": "..."} or "..." a line, or name the file .txt for plain lines';
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (thrown) {
    return { what: `is not JSON (${messageOf(thrown)})`, fix };
  }
  const text = typeof value === 'object' && value !== null ? (value as { text?: unknown }).text : value;
  return typeof text === 'string' ? text : { what: 'holds no text', fix };
}
