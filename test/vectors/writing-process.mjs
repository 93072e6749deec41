/**
 * Writes the shards of a list that are missing, in an order of its own. Arguments: cache folder, the list as JSON, a seed of
 * the order, and whether to look for what is missing only once.
 */
import process from 'node:process';
import { openStoredList } from '../../dist/vectors/store.js';

const [cacheDir, text, seed] = process.argv.slice(2);
const spec = JSON.parse(text);
const list = await openStoredList(cacheDir, spec);
const order = [...list.missing].sort((a, b) => ((a * 7 + Number(seed) * 5) % 11) - ((b * 7 + Number(seed) * 5) % 11));
for (const shard of order) {
  const { start, end } = list.rangeOf(shard);
  // Row i, component j is i + j / 8: whoever writes it, the same.
  const rows = Float32Array.from({ length: (end - start) * spec.dims }, (_, k) => {
    return start + Math.floor(k / spec.dims) + (k % spec.dims) / 8;
  });
  await list.write(shard, rows, { tokens: shard + 1, truncated: 0, unknownTokens: null, byteFallbackTokens: null });
}
process.stdout.write(JSON.stringify({ missing: list.missing, warnings: list.warnings, counts: list.counts() }));
