import { prune } from '../commands/cache-prune.js';
import { UserError } from '../errors.js';
import type { StoreEntry } from '../vectors/list-store.js';
import type { Invocation } from './command.js';

export async function execute({ operands, options, out, err }: Invocation): Promise<number> {
  if (operands[0] !== 'prune') {
    const what = `there is nothing called "${operands[0]}" to do with the cache.`;
    throw new UserError({ where: 'jmteb cache', what, fix: 'use jmteb cache prune, or jmteb ls cache.' });
  }
  const { removed, inUse, bytesBefore, bytesAfter } = await prune(options);
  const dryRun = options.dryRun === true;
  if (options.json === true) {
    for (const entry of removed) out(`${JSON.stringify({ event: 'removed', dryRun, ...entry })}\n`);
    for (const entry of inUse) out(`${JSON.stringify({ event: 'in-use', dryRun, ...entry })}\n`);
    const counts = { removed: removed.length, inUse: inUse.length };
    out(`${JSON.stringify({ event: 'done', dryRun, ...counts, bytesBefore, bytesAfter })}\n`);
    return 0;
  }
  for (const entry of inUse) err(`in use by a running process, kept: ${named(entry)}\n`);
  if (dryRun) for (const entry of removed) out(`${named(entry)}\n`);
  const lists = `${removed.length} ${removed.length === 1 ? 'list' : 'lists'} of vectors`;
  out(
    `${dryRun ? 'would remove' : 'removed'} ${lists}, ${size(bytesBefore - bytesAfter)}; ` +
      `${size(bytesAfter)} ${dryRun ? 'would stay' : 'stay'}\n`,
  );
  return 0;
}

function named({ model, modelKey, listKey, bytes, modified }: StoreEntry): string {
  const [key, list] = [modelKey, listKey].map((hash) => hash.slice(0, 12));
  return `${model ?? 'unknown model'} ${key}/${list}, ${size(bytes)}, last used ${modified.slice(0, 10)}`;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

function size(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${UNITS[power]}`;
}
