import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTokenizer } from '../dist/tokenization/load-tokenizer.js';
import { encodeForModel } from '../dist/tokenization/text-tokenizer.js';
import { mixedTexts } from './embedding.js';
import { seconds } from './timing.js';

const TEXTS = 3000;
const MAX_TOKENS = 512;

/** Texts per second of each kind of tokenizer on one thread, beside the Rust library's on one thread where it reads the file. */
export async function* tokenizerBenchmarks() {
  const root = process.env.JMTEB_BENCH_TOKENIZERS;
  if (root === undefined) return;
  const texts = mixedTexts(TEXTS);
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  for (const name of readdirSync(root)) {
    const folder = join(root, name);
    const config = join(folder, 'config.json');
    if (!existsSync(config)) continue;
    const { tokenizer } = await loadTokenizer(folder, JSON.parse(readFileSync(config, 'utf8')), folder).catch(
      () => ({}),
    );
    if (tokenizer === undefined) continue;
    const work = () => texts.forEach((text) => encodeForModel(tokenizer, text, MAX_TOKENS));
    work();
    const taken = await seconds(work);
    yield {
      name: `tokenizing ${name}, ${TEXTS} texts of ${characters} characters`,
      seconds: taken,
      rate: `${Math.round(characters / taken / 1000)} thousand characters/s`,
      share: null,
      peers: await rust(folder, texts),
    };
  }
}

async function rust(folder, texts) {
  const file = join(folder, 'tokenizer.json');
  if (!existsSync(file)) return [];
  // One thread, as ours.
  process.env.TOKENIZERS_PARALLELISM = 'false';
  try {
    const { Tokenizer } = await import('tokenizers');
    const tokenizer = Tokenizer.fromFile(file);
    const work = () => tokenizer.encodeBatch(texts, { addSpecialTokens: true });
    await work();
    return [{ name: 'tokenizers (Rust)', seconds: await seconds(work) }];
  } catch {
    return [];
  }
}
