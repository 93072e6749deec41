import { readFileSync } from 'node:fs';
import { searchExactly } from '../dist/search/exact-search.js';
import { openStoredVectors } from '../dist/vectors/stored-vectors.js';
import { seconds } from './timing.js';

/** Bytes of this process that no file is behind, page cache and libraries left out; null where the system does not tell. */
function anonymousBytes() {
  try {
    return Number(/RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
  } catch {
    return null;
  }
}

/** Searches stored lists in a process that does nothing else, so that its peak is the search's. */
process.once('message', async ({ documents, queries, k, threads, maxMemory }) => {
  const [corpus, asked] = [await openStoredVectors(documents), await openStoredVectors(queries)];
  let anonymous = null;
  const look = () => {
    const now = anonymousBytes();
    if (now !== null) anonymous = Math.max(anonymous ?? 0, now);
  };
  const rows = (source) => ({ source, index: Int32Array.from({ length: source.rows }, (_, i) => i) });
  const sets = [rows(asked)];
  const all = rows(corpus);
  const taken = await seconds(() => searchExactly(sets, all, { k, threads, maxMemory, onProgress: look }));
  process.send({ seconds: taken, anonymous, peak: process.resourceUsage().maxRSS * 1024 });
  process.disconnect();
});
