import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { resolveModel } from '../dist/embedding/resolve-model.js';
import { openResources } from '../dist/run/open-resources.js';
import { randomModel, SHAPE_NAMES } from './random-model.js';
import { seconds } from './timing.js';

/** Texts of each kind: lengths in characters as Japanese sentences, paragraphs and a mixture have them. */
const KINDS = {
  short: (i) => 12 + ((i * 7) % 30),
  long: (i) => 150 + ((i * 37) % 200),
  mixed: (i) => [10, 25, 15, 40, 300, 20, 80, 30, 12, 160][i % 10],
};
/** Work of one figure in floating-point operations, about three seconds of two cores. */
const WORK = 6e11;
const WARM_UP = 32;

/**
 * Tokens per second of models from their own files, in their child process, tokenising included: the shapes that people
 * run with random weights, or the folder that JMTEB_BENCH_MODEL names; its quantised export, too, where it has one.
 */
export async function* embeddingBenchmarks({ threads, peers, gemm }) {
  const given = process.env.JMTEB_BENCH_MODEL;
  for (const shape of given === undefined ? SHAPE_NAMES : [given]) {
    const folder = given ?? randomModel(shape);
    try {
      yield* benchmarksOf(folder, 'fp32', { threads, peers, gemm });
      if (existsSync(join(folder, 'onnx', 'model_quantized.onnx')))
        yield* benchmarksOf(folder, 'q8', { threads, peers, gemm });
    } finally {
      if (given === undefined) rmSync(dirname(folder), { recursive: true, force: true });
    }
  }
}

async function* benchmarksOf(folder, dtype, { threads, peers, gemm }) {
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const model = await resolveModel(folder, { dtype });
  const embedder = await model.open(openResources('cpu', threads));
  try {
    await embedder.embed(texts(KINDS.mixed, WARM_UP), { prompt: '' });
    for (const [kind, length] of Object.entries(KINDS)) {
      const list = texts(length, countFor(config, length));
      let tokens = 0;
      const taken = await seconds(async () => {
        ({ tokens } = await embedder.embed(list, { prompt: '' }));
      });
      yield {
        name: `embedding ${model.id} ${dtype}, ${list.length} ${kind} texts`,
        seconds: taken,
        rate: `${Math.round(tokens / taken)} tokens/s`,
        share: dtype === 'fp32' ? (tokens * flopsPerToken(config)) / taken / 1e9 / gemm : null,
        peers: await peers.embed({
          folder,
          dtype,
          modelType: config.model_type,
          pooling: config.model_type === 'llama' ? 'last_token' : 'mean',
          texts: list,
          warmUp: texts(KINDS.mixed, WARM_UP),
        }),
      };
    }
  } finally {
    await embedder.close();
  }
}

/** Floating-point operations of one token in the layers: products with weights, without attention. */
function flopsPerToken({ hidden_size: hidden, intermediate_size: inner, num_hidden_layers: layers, model_type: type }) {
  const matricesOfMlp = type === 'bert' ? 2 : 3;
  return 2 * layers * (4 * hidden * hidden + matricesOfMlp * hidden * inner);
}

/** As many texts as make up the work; tokens are single characters, roughly. */
function countFor(config, length) {
  const sample = Array.from({ length: 100 }, (_, i) => length(i));
  const tokens = sample.reduce((a, b) => a + b) / sample.length;
  return Math.max(20, 10 * Math.round(WORK / flopsPerToken(config) / tokens / 10));
}

const WORDS =
  'の は に を が と で 東京 大学 研究 日本 言語 処理 電車 天気 料理 する した ある ない これ それ 私 彼女 速い 新しい'.split(
    ' ',
  );

/** Texts of many lengths. */
export function mixedTexts(count) {
  return texts(KINDS.mixed, count);
}

/** Texts that differ from one another, as pseudo-random words. */
function texts(length, count) {
  return Array.from({ length: count }, (_, i) => {
    let text = '';
    for (let j = 0; text.length < length(i); j++) text += WORDS[(i * 31 + j * j * 17 + j) % WORDS.length];
    return text;
  });
}
