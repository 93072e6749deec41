import type { ResolvedModel } from '../embedding/types.js';
import type { DifferingSetting } from './types.js';

/** Settings in which an export should be like its reference. */
const COMPARED = ['pooling', 'includePrompt', 'normalize', 'maxTokens', 'stripText', 'lowerCase', 'tokenizer'] as const;

/** Settings in which two models differ, of those that both tell. */
export function differingSettings(
  model: Pick<ResolvedModel, 'settings'>,
  reference: Pick<ResolvedModel, 'settings'>,
): DifferingSetting[] {
  return COMPARED.flatMap((name) => {
    const [a, b] = [model.settings[name], reference.settings[name]];
    if (a === b || !tells(name, a) || !tells(name, b)) return [];
    return [{ name, model: a, reference: b }];
  });
}

/** A graph that pools by itself does not say how; a longest input of null is none. */
function tells(name: (typeof COMPARED)[number], value: unknown): boolean {
  if (name === 'maxTokens') return value !== undefined;
  return value !== undefined && value !== null && value !== '' && !(name === 'pooling' && value === 'none');
}
