import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile } from '../definitions/read-json-file.js';
import { unsafePath } from '../definitions/safe-path.js';
import { suggestName } from '../definitions/nearest-name.js';
import type { Problem } from '../errors.js';
import { ConfigReader, shown } from '../models/config-reader.js';
import { readPooling, type PoolingConfig } from '../models/pooling.js';
import { isJsonObject, readJsonObject } from '../models/read-json-object.js';
import { readDense, readLayerNorm, type TailModule } from '../models/tail-modules.js';

/** What modules.json of a sentence-transformers folder says. */
export interface SentenceModules {
  /** Folder of the transformer's (or the table's) files, relative to the model's; '' for the model's own. */
  readonly transformer: string;
  /** Whether a table of vectors stands in the place of transformer and pooling. */
  readonly isStatic: boolean;
  readonly pooling: PoolingConfig;
  /** Where `pooling` comes from. */
  readonly poolingFrom: string;
  readonly tail: readonly TailModule[];
  /** Files that were read, relative to the model folder; empty where there is no modules.json. */
  readonly files: readonly string[];
}

const KINDS = ['Transformer', 'StaticEmbedding', 'Pooling', 'Dense', 'LayerNorm', 'Normalize', 'Dropout'] as const;
type Kind = (typeof KINDS)[number];

/** sentence-transformers' way with a folder that has no modules.json: the mean over the transformer. */
const WITHOUT_MODULES: SentenceModules = {
  transformer: '',
  isStatic: false,
  pooling: { poolings: ['mean'], includePrompt: true },
  poolingFrom: 'there is no modules.json: sentence-transformers then takes the mean',
  tail: [],
  files: [],
};

/**
 * Reads modules.json and the configurations of the modules behind the transformer.
 *
 * @param where the folder's name in messages
 * @param problems takes everything that is wrong
 * @returns undefined where the modules are unknown, so that it cannot be said which other files matter
 */
export function readModules(folder: string, where: string, problems: Problem[]): SentenceModules | undefined {
  if (!existsSync(join(folder, 'modules.json'))) return WITHOUT_MODULES;
  const before = problems.length;
  const modules = listModules(folder, where, problems);
  if (problems.length > before) return undefined;
  const files = ['modules.json'];
  const tail: TailModule[] = [];
  let transformer: string | undefined;
  let pooling: PoolingConfig | undefined;
  let poolingFrom = 'modules.json';
  let isStatic = false;
  const read = (path: string): ConfigReader => {
    const file = `${path === '' ? '' : `${path}/`}config.json`;
    files.push(file);
    const json = readJsonObject(join(folder, file), join(where, file));
    if (!json.ok) problems.push(json.problem);
    return new ConfigReader(json.ok ? json.value : {}, join(where, file));
  };
  for (const { kind, path } of modules) {
    const before = problems.length;
    if (kind === 'Transformer' && transformer === undefined) transformer = path;
    else if (kind === 'StaticEmbedding' && transformer === undefined) {
      transformer = path;
      isStatic = true;
      ({ pooling } = WITHOUT_MODULES);
    } else if (kind === 'Pooling' && pooling === undefined && transformer !== undefined) {
      const config = read(path);
      pooling = readPooling(config);
      poolingFrom = files.at(-1) as string;
      if (problems.length === before) problems.push(...config.problems);
    } else if (kind === 'Normalize' && pooling !== undefined) tail.push({ kind: 'normalize' });
    else if ((kind === 'Dense' || kind === 'LayerNorm') && pooling !== undefined) {
      const config = read(path);
      tail.push(kind === 'Dense' ? readDense(config, path) : readLayerNorm(config, path));
      if (problems.length === before) problems.push(...config.problems);
    } else if (kind !== 'Dropout') {
      problems.push({ where: join(where, 'modules.json'), what: `a module ${kind} is not expected at its place.` });
    }
  }
  if (modules.length > 0 && (transformer === undefined || pooling === undefined)) {
    const what = `names no ${transformer === undefined ? 'Transformer' : 'Pooling'} module.`;
    problems.push({ where: join(where, 'modules.json'), what });
  }
  pooling ??= WITHOUT_MODULES.pooling;
  return { transformer: transformer ?? '', isStatic, pooling, poolingFrom, tail, files };
}

function listModules(folder: string, where: string, problems: Problem[]): { kind: Kind; path: string }[] {
  const at = join(where, 'modules.json');
  const file = readJsonFile(join(folder, 'modules.json'), at);
  if (!file.ok) {
    problems.push(file.problem);
    return [];
  }
  if (!Array.isArray(file.value) || file.value.length === 0) {
    problems.push({ where: at, what: 'is no list of modules.' });
    return [];
  }
  const modules: { kind: Kind; path: string }[] = [];
  for (const [i, entry] of (file.value as unknown[]).entries()) {
    const type = isJsonObject(entry) ? entry.type : undefined;
    const path = isJsonObject(entry) ? entry.path : undefined;
    if (typeof type !== 'string' || typeof path !== 'string') {
      problems.push({ where: at, what: `"[${i}]" has no "type" and "path".` });
      continue;
    }
    const kind = type.split('.').pop() as string;
    const unsafe = path === '' ? undefined : unsafePath(path.replace(/\/$/, ''));
    if (unsafe !== undefined) problems.push({ where: at, what: `"[${i}].path" is ${shown(path)}: ${unsafe}.` });
    else if (!(KINDS as readonly string[]).includes(kind)) {
      const what = `"[${i}].type" is ${shown(type)}, a module that is not supported.`;
      problems.push({ where: at, what, fix: suggestName(kind, KINDS) });
    } else modules.push({ kind: kind as Kind, path: path.replace(/\/$/, '') });
  }
  return modules;
}
