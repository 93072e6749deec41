import { existsSync, statSync } from 'node:fs';
import { suggestName } from '../definitions/nearest-name.js';
import { UserError } from '../errors.js';
import { resolveCharNgram } from './char-ngram.js';
import { resolveEndpoint } from './endpoint-model.js';
import { resolveGivenVectors } from './given-vectors.js';
import { findModelDefinition } from '../definitions/model-definition.js';
import { valueOf } from '../definitions/reading.js';
import { cachedRepository, hubCache } from '../datasets/hub-cache.js';
import { choose, definitionFile } from './chosen.js';
import type { FolderSource } from './read-folder.js';
import { localSource, resolveFolder } from './resolve-folder.js';
import type { ModelOptions, ResolvedModel } from './types.js';
import { uselessServerOptions } from './useless-options.js';

interface ModelKind {
  /** Whether a name on the command line means this kind; the first kind that says so is taken. */
  readonly isMeant: (spec: string) => boolean;
  /** @throws UserError with everything that is wrong */
  readonly resolve: (spec: string, options: ModelOptions) => Promise<ResolvedModel>;
}

const BASELINES = ['char-ngram'] as const;

/**
 * Kinds of models by how `--model` names them. To add one: a line here, and a function that resolves it.
 */
const MODEL_KINDS = {
  vectors: {
    isMeant: (spec) => spec.startsWith('vectors:'),
    resolve: (spec, options) => resolveGivenVectors(spec.slice('vectors:'.length), options),
  },
  baseline: {
    isMeant: (spec) => spec.startsWith('baseline:'),
    resolve: (spec, options) => {
      const name = spec.slice('baseline:'.length);
      if (name === 'char-ngram') return resolveCharNgram(options);
      const what = `there is no baseline "${name}".`;
      throw new UserError({ where: `--model ${spec}`, what, fix: suggestName(name, BASELINES) });
    },
  },
  endpoint: {
    isMeant: (spec) => spec.startsWith('openai:'),
    resolve: (spec, options) => resolveEndpoint(spec.slice('openai:'.length), options),
  },
  folder: {
    isMeant: (spec) => /^(\.{0,2}[/\\]|\.{1,2}$|~|[A-Za-z]:[/\\])/.test(spec) || existsSync(spec),
    resolve: async (spec, options) => resolveFolder(localSource(existingFolder(spec)), options),
  },
  hub: {
    isMeant: (spec) => /^[\w.-]+\/[\w.-]+$/.test(spec),
    resolve: (spec, options) => resolveFolder(cachedSource(spec, options), options),
  },
} satisfies Readonly<Record<string, ModelKind>>;

/**
 * What a name on the command line means, with everything that decides the vectors; nothing heavy is loaded yet.
 *
 * @param spec a folder, `vectors:<folder>`, `openai:<name>`, `baseline:char-ngram`
 * @throws UserError with everything that is wrong with the model and its options
 */
export async function resolveModel(spec: string, options: ModelOptions = {}): Promise<ResolvedModel> {
  const kinds: readonly ModelKind[] = Object.values(MODEL_KINDS);
  const kind = kinds.find(({ isMeant }) => isMeant(spec));
  if (kind !== undefined) {
    const isAsked = kind === MODEL_KINDS.endpoint;
    return isAsked ? kind.resolve(spec, options) : withoutServer(kind.resolve(spec, options), spec, options);
  }
  throw new UserError({
    where: `--model ${spec}`,
    what: 'is no model and no folder.',
    fix: 'give a folder, vectors:<folder>, openai:<name> or baseline:char-ngram.',
  });
}

/** Whether a name on the command line means a model of the Hub. */
export function isHubModel(spec: string): boolean {
  return Object.values(MODEL_KINDS).find(({ isMeant }) => isMeant(spec)) === MODEL_KINDS.hub;
}

/** What a model of the Hub is called there, and which revision of it is meant. */
export function hubModel(id: string, options: Pick<ModelOptions, 'revision'>) {
  const reading = findModelDefinition(id);
  const definition = reading === undefined ? undefined : valueOf(reading);
  const { value: revision, from: revisionFrom } = choose(
    [
      [options.revision, '--revision'],
      [definition?.revision, definition === undefined ? '' : definitionFile(definition)],
    ],
    { value: 'main', from: 'default: main' },
  );
  return { name: definition?.id ?? id, definition, revision, revisionFrom };
}

/** A model of the Hub whose files are in its cache already. */
function cachedSource(id: string, options: ModelOptions): FolderSource {
  const { name, definition, revision, revisionFrom } = hubModel(id, options);
  const { snapshot, commits } = cachedRepository('model', name, revision);
  if (snapshot !== undefined) return { ...snapshot, revisionFrom, definition };
  if (commits.length > 0)
    throw new UserError({
      where: `--model ${id}`,
      what: `the cache has the model, but not its revision "${revision}".`,
      fix: `fetch it (jmteb fetch -m ${id} --revision ${revision}), or name one that is there with --revision: ${commits.join(', ')}.`,
    });
  return notYet(id, `there is no such folder, the cache of the Hub (${hubCache()}) has no such model`);
}

/** A model that runs here has no use for options that say where a server is. */
async function withoutServer(
  resolving: Promise<ResolvedModel>,
  spec: string,
  options: ModelOptions,
): Promise<ResolvedModel> {
  const useless = uselessServerOptions(options, spec);
  if (useless.length === 0) return resolving;
  const others = await resolving.then(
    () => [],
    (thrown: unknown) => {
      if (thrown instanceof UserError) return thrown.problems;
      throw thrown;
    },
  );
  throw new UserError([...useless, ...others]);
}

function existingFolder(spec: string): string {
  const isFolder = existsSync(spec) && statSync(spec).isDirectory();
  if (isFolder) return spec;
  const what = existsSync(spec) ? 'is a file, not a folder.' : 'there is no such folder.';
  throw new UserError({ where: `--model ${spec}`, what, fix: 'name the folder that holds config.json.' });
}

function notYet(spec: string, what: string): never {
  const fix = `fetch the model while there is a network (jmteb fetch -m ${spec}), or give the folder of a downloaded model, or vectors made elsewhere as vectors:<folder>.`;
  throw new UserError({ where: `--model ${spec}`, what: `${what}.`, fix });
}
