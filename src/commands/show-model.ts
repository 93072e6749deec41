import { existsSync } from 'node:fs';
import { rulesOf } from '../definitions/family-rules.js';
import { findModelDefinition } from '../definitions/model-definition.js';
import { FAMILIES, type Family, type ModelDefinition, type TextRole } from '../definitions/types.js';
import { prompting } from '../embedding/model-prompts.js';
import { resolveModel } from '../embedding/resolve-model.js';
import type { ModelOptions, ResolvedModel, TextCounts } from '../embedding/types.js';
import { MachineError, throwProblems, UserError } from '../errors.js';
import { fetchMissing, type HubOptions } from './fetch-missing.js';
import { modelOptionsOf } from './model-options.js';
import type { Shown } from './show.js';

/** Texts of no task, with which it is shown what a model is sent. */
const EXAMPLES = {
  query: { family: 'Retrieval', role: 'query', text: '日本で一番高い山は何ですか。' },
  document: {
    family: 'Retrieval',
    role: 'document',
    text: '富士山は、静岡県と山梨県にまたがる日本で最も高い山である。',
  },
  sentence: { family: 'STS', role: 'sentence1', text: '雪をかぶった山が見える。' },
} as const satisfies Record<string, { family: Family; role: TextRole; text: string }>;

/**
 * What a model resolves to and why, the prompt of every family and role, and the exact strings and ids that it is sent for
 * one query, one document and one sentence. A model whose files are not at hand is shown as far as its definition tells.
 */
export async function showModel(name: string, given: ModelOptions & HubOptions): Promise<Shown> {
  const options = modelOptionsOf(given);
  try {
    throwProblems((await fetchMissing({ tasks: [], models: [name] }, given)).problems);
    const model = await resolveModel(name, options);
    return { kind: 'model', fields: await modelFields(model), warnings: model.warnings };
  } catch (thrown) {
    const definition = existsSync(name) ? undefined : findModelDefinition(name);
    const isKnown = thrown instanceof UserError || thrown instanceof MachineError;
    if (!isKnown || definition === undefined) throw thrown;
    if (definition.value === undefined) throw new UserError(definition.problems);
    const warnings = [
      ...definition.warnings,
      ...(thrown instanceof UserError ? thrown.problems : [thrown.problem]).map(
        ({ what }) => `only its definition is shown: ${what}`,
      ),
    ];
    return { kind: 'definition', fields: definitionFields(definition.value, options), warnings };
  }
}

async function modelFields(model: ResolvedModel): Promise<Record<string, unknown>> {
  const { id, kind, revision, localHash, dims, dtype, settings, origins, files, key } = model;
  const texts = exampleTexts(model);
  return {
    ...{ id, kind, revision, localHash, dims, dtype, settings, from: origins, files, key },
    ...promptFields(model),
    sent: texts,
    ...(await cutFields(model, texts)),
  };
}

function definitionFields(definition: ModelDefinition, options: ModelOptions): Record<string, unknown> {
  const prompts = prompting(options, definition, { byRole: {}, unused: [] });
  return { ...definition, ...promptFields(prompts), sent: exampleTexts(prompts) };
}

type Prompting = Pick<ResolvedModel, 'promptFor' | 'promptOrigin'>;

/** The prompt of every family and role, and where it comes from. */
function promptFields(prompts: Prompting): Record<string, unknown> {
  const each = (of: (family: Family, role: TextRole) => string): Record<string, Record<string, string>> =>
    Object.fromEntries(
      FAMILIES.map((family) => [
        family,
        Object.fromEntries(rulesOf(family).textRoles.map((role) => [role, of(family, role)])),
      ]),
    );
  return {
    promptsSent: each((family, role) => prompts.promptFor({ id: '', family }, role)),
    promptsFrom: each((family, role) => prompts.promptOrigin({ id: '', family }, role)),
  };
}

function exampleTexts(prompts: Prompting): Record<string, string> {
  return Object.fromEntries(
    Object.entries(EXAMPLES).map(([name, { family, role, text }]) => [
      name,
      prompts.promptFor({ id: '', family }, role) + text,
    ]),
  );
}

/**
 * Ids of the strings that are sent, and what of a string reaches the tokenizer where that is not all of it.
 *
 * @param sent final strings by role
 */
export async function cutFields(
  model: ResolvedModel,
  sent: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const tokenizing = await model.tokenizing?.();
  if (tokenizing === undefined) return {};
  const cuts = Object.entries(sent).map(([name, text]) => ({ name, whole: text, ...tokenizing.cut(text) }));
  const changed = cuts.filter(({ whole, text }) => whole !== text);
  return {
    ...(changed.length === 0 ? {} : { prepared: Object.fromEntries(changed.map(({ name, text }) => [name, text])) }),
    ids: Object.fromEntries(cuts.map(({ name, ids }) => [name, ids])),
  };
}

/** Counts of texts with their shares: of texts that were cut, of tokens that are unknown or bytes. */
export function auditFields(texts: number, counts: TextCounts): Record<string, number | null> {
  const { tokens, truncated, unknownTokens, byteFallbackTokens } = counts;
  const share = (part: number | null, whole: number | null): number | null =>
    part === null || whole === null || whole === 0 ? null : part / whole;
  return {
    ...{ texts, tokens, truncated, unknownTokens, byteFallbackTokens },
    truncatedShare: share(truncated, texts),
    unknownShare: share(unknownTokens, tokens),
    byteFallbackShare: share(byteFallbackTokens, tokens),
  };
}
