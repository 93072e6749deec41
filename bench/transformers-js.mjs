import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Seconds of transformers.js' feature-extraction pipeline for one request, in a process of its own: it brings a runtime of
 * its own along.
 *
 * node transformers-js.mjs FOLDER-OF-ITS-PACKAGE REQUEST.json
 */
const [home, requestPath] = process.argv.slice(2);
const { folder, dtype, texts, warmUp, pooling } = JSON.parse(readFileSync(requestPath, 'utf8'));
const entry = createRequire(join(home, 'package.json')).resolve('@huggingface/transformers');
const { env, pipeline } = await import(pathToFileURL(entry).href);
env.allowRemoteModels = false;
env.localModelPath = `${dirname(folder)}/`;
const extract = await pipeline('feature-extraction', basename(folder), { dtype, device: 'cpu' });
const BATCH = 32;
const embed = async (list) => {
  for (let at = 0; at < list.length; at += BATCH)
    await extract(list.slice(at, at + BATCH), { pooling, normalize: true });
};
await embed(warmUp);
const started = performance.now();
await embed(texts);
console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000 }));
