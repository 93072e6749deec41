import { findPrompt, hasPrompts, modelRole } from '../definitions/model-prompts.js';
import type { ModelDefinition, ModelPrompts, ModelRole, TextRole } from '../definitions/types.js';
import type { Problem } from '../errors.js';
import type { JsonObject } from '../models/read-json-object.js';
import { choose, definitionFile, type Chosen } from './chosen.js';
import type { ModelOptions, PromptedTask, ResolvedModel } from './types.js';

/** Prompts that config_sentence_transformers.json gives. */
export interface OwnPrompts {
  readonly byRole: Readonly<Partial<Record<ModelRole, string>>>;
  /** Put before every text that no other prompt is given for. */
  readonly otherwise?: string;
  /** Names of prompts that no role takes. */
  readonly unused: readonly string[];
}

/** Where sentence-transformers keeps prompts. */
export const ST_CONFIG = 'config_sentence_transformers.json';

/** Names under which models keep the prompts of a role, the first that is there counts. */
const NAMES: readonly (readonly [ModelRole, readonly string[]])[] = [
  ['query', ['query']],
  ['document', ['document', 'passage', 'corpus']],
];

/** Reads prompts and default of a config_sentence_transformers.json; `problems` takes what is wrong with them. */
export function readOwnPrompts(config: JsonObject, where: string, problems: Problem[]): OwnPrompts {
  const given = config.prompts ?? {};
  const isTexts = typeof given === 'object' && !Array.isArray(given);
  const prompts = isTexts ? (given as Record<string, unknown>) : {};
  for (const [name, prompt] of isTexts ? Object.entries(prompts) : [['', given]]) {
    if (typeof prompt === 'string') continue;
    problems.push({ where, what: `"prompts${name === '' ? '' : `.${String(name)}`}" is no text.` });
  }
  const texts = new Map(
    Object.entries(prompts).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
  const standard = config.default_prompt_name ?? undefined;
  if (standard !== undefined && (typeof standard !== 'string' || !texts.has(standard))) {
    problems.push({
      where,
      what: `"default_prompt_name" is ${JSON.stringify(standard)}, which is no name among "prompts".`,
    });
  }
  const byRole: Partial<Record<ModelRole, string>> = {};
  const used = new Set<unknown>([standard]);
  for (const [role, names] of NAMES) {
    const name = names.find((candidate) => texts.has(candidate));
    if (name === undefined) continue;
    byRole[role] = texts.get(name);
    used.add(name);
  }
  const unused = [...texts].filter(([name, text]) => !used.has(name) && text !== '').map(([name]) => name);
  return { byRole, otherwise: typeof standard === 'string' ? texts.get(standard) : undefined, unused };
}

/**
 * The prompt of a text and where it comes from: `--no-prompt`, else the option of its role, else `--prompt`, else the
 * task's, else the definition's, else the model's own.
 */
export function prompting(
  options: ModelOptions,
  definition: Pick<ModelDefinition, 'id' | 'prompts'> | undefined,
  own: OwnPrompts,
): Pick<ResolvedModel, 'promptFor' | 'promptOrigin'> {
  const chosen = (task: PromptedTask, role: TextRole): Chosen<string> => {
    if (options.noPrompt === true) return { value: '', from: '--no-prompt' };
    const name = modelRole(role);
    const defined = findPrompt(definition?.prompts, task, role);
    const inDefinition = definition === undefined ? '' : `${definitionFile(definition)}, ${defined?.place}`;
    return choose(
      [
        [optionFor(options, role), name === 'sentence' ? '--prompt' : `--${name}-prompt`],
        [options.prompt, '--prompt'],
        [task.prompts?.[role], `the task's definition, prompts.${role}`],
        [defined?.prompt, inDefinition],
        [definition?.prompts === undefined ? own.byRole[name] : undefined, `${ST_CONFIG}, prompts`],
        [own.otherwise, `${ST_CONFIG}, default_prompt_name`],
      ],
      { value: '', from: 'none is given for such texts' },
    );
  };
  return {
    promptFor: (task, role) => chosen(task, role).value,
    promptOrigin: (task, role) => chosen(task, role).from,
  };
}

/** Options for prompts that differ from what the model says, as they are recorded. */
export function promptOptions(
  options: ModelOptions,
  definition: ModelPrompts | undefined,
  own: OwnPrompts,
): Record<string, string | boolean> {
  const differing: Record<string, string | boolean> = {};
  const ownHas = Object.values(own.byRole).some((prompt) => prompt !== '') || (own.otherwise ?? '') !== '';
  if (options.noPrompt === true && (hasPrompts(definition) || ownHas)) differing['no-prompt'] = true;
  const standard = (role: ModelRole): string | undefined =>
    definition === undefined ? (own.byRole[role] ?? own.otherwise) : definition[role];
  if (options.prompt !== undefined) differing.prompt = options.prompt;
  if (options.queryPrompt !== undefined && options.queryPrompt !== standard('query')) {
    differing['query-prompt'] = options.queryPrompt;
  }
  if (options.documentPrompt !== undefined && options.documentPrompt !== standard('document')) {
    differing['document-prompt'] = options.documentPrompt;
  }
  return differing;
}

/**
 * Prompts as settings record them; null for none at all.
 *
 * @param sources where prompts come from that no option gives, each under the name that is recorded
 */
export function promptSettings<Sources extends object>(
  options: ModelOptions,
  sources: Sources,
): ({ readonly options: Readonly<Record<string, string>> } & Sources) | null {
  if (options.noPrompt === true) return null;
  const { prompt, queryPrompt, documentPrompt } = options;
  const given: Record<string, string> = {};
  if (prompt !== undefined) given.all = prompt;
  if (queryPrompt !== undefined) given.query = queryPrompt;
  if (documentPrompt !== undefined) given.document = documentPrompt;
  return { options: given, ...sources };
}

/** Options for prompts that contradict each other. */
export function promptProblems(options: ModelOptions): Problem[] {
  const given = (['prompt', 'queryPrompt', 'documentPrompt'] as const).filter((name) => options[name] !== undefined);
  if (options.noPrompt !== true || given.length === 0) return [];
  const other = given[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return [{ where: '--no-prompt', what: `--${other} is given, too.`, fix: 'give one of them.' }];
}

function optionFor(options: ModelOptions, role: TextRole): string | undefined {
  const own = { query: options.queryPrompt, document: options.documentPrompt, sentence: undefined };
  return own[modelRole(role)];
}
