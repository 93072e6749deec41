import { basename, join } from 'node:path';
import { realpathSync } from 'node:fs';
import type { ModelDefinition } from '../definitions/types.js';
import { parseDevices } from '../engine/devices.js';
import { UserError, throwProblems, type Problem } from '../errors.js';
import { findModelDefinition } from '../definitions/model-definition.js';
import { snapshotOf } from '../datasets/hub-cache.js';
import { choose, definitionFile } from './chosen.js';
import { dictionaryProblems, dictionaryRemarks } from './dictionary-remarks.js';
import { openExport } from './exported-runner.js';
import { hashFiles, hashOf } from './file-hash.js';
import { prompting, promptOptions, promptProblems, promptSettings, type OwnPrompts } from './model-prompts.js';
import { planModel, type ModelPlan } from './plan-model.js';
import { readFolder, type FolderFiles, type FolderSource } from './read-folder.js';
import { tokenEmbedder } from './token-embedder.js';
import { tokenizingOf } from './tokenizing.js';
import type { ModelOptions, ResolvedModel } from './types.js';

/**
 * A sentence-transformers folder as a model: options before the definition, the definition before the files.
 *
 * @throws UserError with everything that is wrong with the folder and the options
 */
export async function resolveFolder(source: FolderSource, options: ModelOptions): Promise<ResolvedModel> {
  const problems: Problem[] = optionProblems(options);
  const files = await readFolder(source, options, problems);
  problems.push(...dictionaryProblems(options, files));
  throwProblems(problems);
  const plan = planModel(source, options, files as FolderFiles);
  const { definition } = source;
  const { prompts, elsewhere, network, tokenizer } = files as FolderFiles;
  const hashed = await hashFiles(
    new Map([...absolutePaths(source.folder, (files as FolderFiles).files), ...elsewhere]),
  );
  const vectorFiles = new Set([...(files as FolderFiles).vectorFiles, ...elsewhere.keys()]);
  const dictionary = dictionaryRemarks(tokenizer.dictionary, hashed, options);
  return {
    id: source.id,
    kind: network.kind,
    revision: source.revision,
    localHash: hashOf(hashed.map(({ path, sha256 }) => [path, sha256])),
    dims: plan.model.dims,
    dtype: network.dtype,
    files: hashed,
    settings: {
      ...plan.settings,
      prompts: promptSettings(options, {
        model: definition?.prompts ?? prompts.byRole,
        otherwise: prompts.otherwise ?? null,
      }),
    },
    options: { ...plan.options, ...promptOptions(options, definition?.prompts, prompts), ...dictionary.options },
    key: hashOf({ ...plan.settings, files: hashed.filter(({ path }) => vectorFiles.has(path)) }),
    warnings: [...plan.warnings, ...promptWarnings(definition, prompts), ...dictionary.warnings],
    origins: originsOf(source, plan, files as FolderFiles, options),
    promptChangesPooling: plan.model.skipsPrompt,
    ...prompting(options, definition, prompts),
    tokenizing: async () => tokenizingOf(plan.model),
    open: async (resources) => {
      const at = join(source.id, String(plan.settings.onnxFile));
      const isExport = network.kind === 'onnx';
      const runner = isExport ? openExport(resources, plan.graph, at) : resources.openRunner(plan.graph);
      return tokenEmbedder(plan.model, await runner);
    },
  };
}

/** Options that no file can make right. */
function optionProblems(options: ModelOptions): Problem[] {
  const problems = promptProblems(options);
  try {
    parseDevices(options.device ?? 'cpu');
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    problems.push(...thrown.problems);
  }
  return problems;
}

function promptWarnings(definition: ModelDefinition | undefined, own: OwnPrompts): string[] {
  if (definition?.prompts !== undefined || own.unused.length === 0) return [];
  return [
    `the model has prompts that no role takes: ${own.unused.join(', ')}; name one with --prompt if its texts need it`,
  ];
}

function absolutePaths(folder: string, files: readonly string[]): Map<string, string> {
  return new Map(files.map((file) => [file, join(folder, file)]));
}

/** A folder on this machine as a source: its name is the id, unless the Hub's cache says which model and commit it is. */
export function localSource(folder: string): FolderSource {
  const snapshot = snapshotOf(folder);
  if (snapshot !== undefined) return { ...snapshot, definition: findModelDefinition(snapshot.id)?.value };
  return { folder, id: `local/${basename(realpathSync(folder))}`, revision: null };
}

/** Where settings come from, and the dictionary. */
function originsOf(
  { definition, revisionFrom }: FolderSource,
  { origins }: ModelPlan,
  { tokenizer: { dictionary } }: FolderFiles,
  options: ModelOptions,
): Readonly<Record<string, string>> {
  const all = revisionFrom === undefined ? origins : { revision: revisionFrom, ...origins };
  if (dictionary === undefined) return all;
  const from = choose(
    [
      [options.dictionary, '--dictionary'],
      [definition?.dictionary, definition === undefined ? '' : definitionFile(definition)],
    ],
    { value: '', from: 'tokenizer_config.json' },
  ).from;
  return { ...all, dictionary: `${dictionary.folder} (${from})` };
}
