import { availableParallelism, cpus } from 'node:os';
import { writeFileSync } from 'node:fs';
import { gemmRate } from './gemm.js';
import { corpusBenchmarks } from './corpus.js';
import { embeddingBenchmarks } from './embedding.js';
import { hubBenchmarks } from './hub.js';
import { learnerBenchmarks } from './learners.js';
import { openPeers } from './peers.js';
import { rowBenchmarks } from './rows.js';
import { scaleBenchmarks } from './scale.js';
import { searchBenchmarks } from './search.js';
import { storeBenchmarks } from './store.js';
import { tokenizerBenchmarks } from './tokenizers.js';

/**
 * `npm run bench [-- NAME ...]`: all benchmarks but `scale`, `corpus` and `hub`, or those named.
 *
 * JMTEB_BENCH_PYTHON: an interpreter with numpy, scikit-learn, faiss ...; peers are then timed in the same run.
 * JMTEB_BENCH_TRANSFORMERS_JS: a folder whose node_modules has @huggingface/transformers, to be timed beside the embedding.
 * JMTEB_BENCH_MODEL: a sentence-transformers folder to embed with; default random ones in the shapes that people run.
 * JMTEB_BENCH_TOKENIZERS: a folder of model folders, whose tokenizers are timed.
 * JMTEB_BENCH_JSON: a file for the figures; `node bench/table.js FIGURES.json docs/performance.md` makes the table of them.
 */
const BENCHMARKS = {
  tokenizers: tokenizerBenchmarks,
  embedding: embeddingBenchmarks,
  search: searchBenchmarks,
  learners: learnerBenchmarks,
  rows: rowBenchmarks,
  store: storeBenchmarks,
  scale: scaleBenchmarks,
  corpus: corpusBenchmarks,
  hub: hubBenchmarks,
};
/** Long, and large on disk. */
const ONLY_WHEN_NAMED = ['scale', 'corpus', 'hub'];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exit(2);
}
const threads = availableParallelism();
const peers = openPeers(
  { python: process.env.JMTEB_BENCH_PYTHON, transformersJs: process.env.JMTEB_BENCH_TRANSFORMERS_JS },
  threads,
);
const gemm = await gemmRate(threads);
console.log(`${cpus()[0]?.model.trim()}, ${threads} threads, Node ${process.version}`);
console.log(`large float32 Gemm of the engine: ${gemm.toFixed(0)} GFLOP/s (every share below is of this)\n`);
const figures = [];
const date = new Date().toISOString().slice(0, 10);
for (const [name, run] of Object.entries(BENCHMARKS)) {
  if (wanted.length > 0 ? !wanted.includes(name) : ONLY_WHEN_NAMED.includes(name)) continue;
  for await (const figure of run({ threads, peers, gemm })) {
    figures.push({ group: name, ...figure });
    const share =
      figure.share === null || figure.share === undefined ? '' : `, ${(100 * figure.share).toFixed(0)} % of the Gemm`;
    const beside = figure.peers.map(
      (peer) => `; ${peer.name} ${peer.seconds.toFixed(3)} s: ${(peer.seconds / figure.seconds).toFixed(1)}x`,
    );
    console.log(`${figure.name}: ${figure.seconds.toFixed(3)} s, ${figure.rate}${share}${beside.join('')}`);
  }
  keep();
}
peers.close();

/** Writes the figures so far: a benchmark that fails takes no others with it. */
function keep() {
  const path = process.env.JMTEB_BENCH_JSON;
  if (path === undefined) return;
  const all = { cpu: cpus()[0]?.model.trim(), threads, node: process.version, date, gemm, figures };
  writeFileSync(path, `${JSON.stringify(all, null, 2)}\n`);
}
