import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserError, throwProblems, type Problem } from '../errors.js';
import { vectorsInRegions } from '../vectors/vector-regions.js';
import { hashFiles, hashOf } from './file-hash.js';
import { promptOptions, promptProblems, prompting, type OwnPrompts } from './model-prompts.js';
import { shownText } from './token-embedder.js';
import type { Embedder, ModelOptions, ResolvedModel } from './types.js';
import { uselessOptions } from './useless-options.js';
import { listVectorFiles, openRegions, type VectorFile } from './vector-files.js';
import { indexVectors, type VectorIndex } from './vector-index.js';

const NO_PROMPTS: OwnPrompts = { byRole: {}, unused: [] };
/** Missing texts that are named. */
const NAMED = 20;

/**
 * `vectors:<folder>`: vectors that were made anywhere, found by the exact string that a model would be sent.
 *
 * @throws UserError when the folder holds no vectors or files that cannot be used
 */
export async function resolveGivenVectors(folder: string, options: ModelOptions): Promise<ResolvedModel> {
  const spec = `vectors:${folder}`;
  if (folder === '' || !existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new UserError({
      where: `--model ${spec}`,
      what: 'there is no such folder.',
      fix: 'name a folder of vectors.',
    });
  }
  throwProblems([...promptProblems(options), ...uselessOptions(options, spec)]);
  const files = await listVectorFiles(folder);
  const paths = new Map(files.flatMap((file) => file.files).map((name) => [name, join(folder, name)]));
  const hashed = await hashFiles(paths);
  const localHash = hashOf(hashed.map(({ path, sha256 }) => [path, sha256]));
  let index: Promise<VectorIndex> | undefined;
  const indexed = (): Promise<VectorIndex> => (index ??= indexVectors(files));
  return {
    id: `vectors/${basename(realpathSync(folder))}`,
    kind: 'vectors',
    revision: null,
    localHash,
    dims: files[0].dims,
    dtype: 'fp32',
    files: hashed,
    settings: { dims: files[0].dims, dtype: 'fp32', rows: files.reduce((sum, { rows }) => sum + rows, 0) },
    options: promptOptions(options, undefined, NO_PROMPTS),
    key: hashOf({ kind: 'vectors', localHash }),
    warnings: [],
    promptChangesPooling: false,
    ...prompting(options, undefined, NO_PROMPTS),
    check: async (texts, where) => {
      try {
        return await missingTexts(texts, await indexed(), folder, where);
      } catch (thrown) {
        if (thrown instanceof UserError) return [...thrown.problems];
        throw thrown;
      }
    },
    open: async () => openVectors(folder, files, await indexed()),
  };
}

function openVectors(folder: string, files: readonly VectorFile[], index: VectorIndex): Embedder {
  const { regions, close } = openRegions(files);
  const source = vectorsInRegions(regions, files[0].dims);
  return {
    async embed(texts, call) {
      call.signal?.throwIfAborted();
      throwProblems(await missingTexts(texts, index, folder, folder));
      const rows = await source.gather(Int32Array.from(texts, (text) => index.get(text) as number));
      call.onProgress?.(texts.length, 0);
      return { rows, tokens: null, truncated: null, unknownTokens: null, byteFallbackTokens: null };
    },
    async close() {
      close();
    },
  };
}

/** One problem that names the texts that the vectors lack, each once. */
async function missingTexts(
  texts: Iterable<string> | AsyncIterable<string>,
  index: VectorIndex,
  folder: string,
  where: string,
): Promise<Problem[]> {
  const named = new Set<string>();
  let missing = 0;
  for await (const text of texts) {
    if (index.has(text)) continue;
    missing++;
    if (named.size < NAMED) named.add(text);
  }
  if (missing === 0) return [];
  const list = [...named].map((text) => `\n    ${shownText(text)}`).join('');
  const rest = missing > named.size ? `\n    (${missing - named.size} more)` : '';
  return [
    {
      where,
      what: `${missing} ${missing === 1 ? 'text has' : 'texts have'} no vector in ${folder}:${list}${rest}`,
      fix: 'embed these exact strings, prompt included (`jmteb show` prints what is sent), and add them to the folder.',
    },
  ];
}
