import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../definitions/package-root.js';
import type { DoctorText } from './types.js';

/** The texts that the package brings along (`texts/doctor.jsonl`): short and long, queries and documents, awkward ones. */
export function builtInTexts(root = packageRoot()): DoctorText[] {
  const lines = readFileSync(join(root, 'texts', 'doctor.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as DoctorText);
}
