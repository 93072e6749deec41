import { readFileSync } from 'node:fs';
import { resolveModel } from '../dist/embedding/resolve-model.js';
import { openResources } from '../dist/run/open-resources.js';
import { randomModel } from './random-model.js';
import { seconds } from './timing.js';

/** Texts of each kind: lengths in characters as Japanese sentences, paragraphs and a mixture have them. */
const KINDS = {
  'short texts': (i) => 12 + ((i * 7) % 30),
  'long texts': (i) => 150 + ((i * 37) % 200),
  'mixed texts': (i) => [10, 25, 15, 40, 300, 20, 80, 30, 12, 160][i % 10],
};
const TEXTS = 600;

/** Floating-point operations of one token in the layers of a BERT: products with weights, without attention. */
function flopsPerToken({ hidden_size: hidden, intermediate_size: inner, num_hidden_layers: layers }) {
  return 2 * layers * (4 * hidden * hidden + 2 * hidden * inner);
}

/** Tokens per second of a BERT from its own files, in its child process, tokenising included. */
export async function* embeddingBenchmarks({ threads, gemm }) {
  const folder = process.env.JMTEB_BENCH_MODEL ?? randomModel();
  const model = await resolveModel(folder, {});
  const config = JSON.parse(readFileSync(`${folder}/config.json`, 'utf8'));
  const embedder = await model.open(openResources('cpu', threads));
  try {
    await embedder.embed(texts(KINDS['short texts'], 64), { prompt: '' });
    for (const [name, length] of Object.entries(KINDS)) {
      const list = texts(length, TEXTS);
      let tokens = 0;
      const taken = await seconds(async () => {
        ({ tokens } = await embedder.embed(list, { prompt: '' }));
      });
      yield {
        name: `embedding ${model.id}, ${TEXTS} ${name}`,
        seconds: taken,
        rate: `${Math.round(tokens / taken)} tokens/s`,
        share: (tokens * flopsPerToken(config)) / taken / 1e9 / gemm,
        peers: [],
      };
    }
  } finally {
    await embedder.close();
  }
}

const WORDS =
  'の は に を が と で 東京 大学 研究 日本 言語 処理 電車 天気 料理 する した ある ない これ それ 私 彼女 速い 新しい'.split(
    ' ',
  );

function texts(length, count) {
  return Array.from({ length: count }, (_, i) => {
    let text = '';
    for (let j = 0; text.length < length(i); j++) text += WORDS[(i * 31 + j * j * 17 + j) % WORDS.length];
    return text;
  });
}
