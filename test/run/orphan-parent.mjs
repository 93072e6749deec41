/** Opens an inference process, tells its number, and keeps it busy. Argument: a file with the graph as JSON. */
import { Buffer } from 'node:buffer';
import process from 'node:process';
import { readFileSync } from 'node:fs';
import { openInferenceProcess } from '../../dist/run/inference-process.js';

const { graph, batch } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const opened = await openInferenceProcess(
  { ...graph, bytes: Buffer.from(graph.bytes, 'base64') },
  { device: 'cpu', threads: 1 },
);
const run = () =>
  opened.run({ ...batch, ids: Int32Array.from(batch.ids), lengths: Int32Array.from(batch.lengths) }).then(run, run);
void run();
void run();
process.stdout.write(`${opened.pid}\n`);
