import type { ResolvedModel } from '../embedding/types.js';
import type { DifferingSetting } from './types.js';

/** Settings in which an export should be like its reference. */
const COMPARED = ['pooling', 'includePrompt', 'normalize', 'maxTokens', 'stripText', 'lowerCase', 'tokenizer'] as const;
/** A graph that pools by itself does not say how. */
const UNTOLD = 'none';

/** Settings in which two models differ, of those that both tell. */
export function differingSettings(
  model: Pick<ResolvedModel, 'settings'>,
  reference: Pick<ResolvedModel, 'settings'>,
): DifferingSetting[] {
  return COMPARED.flatMap((name) => {
    const [a, b] = [model.settings[name], reference.settings[name]];
    if (a === undefined || b === undefined || a === b) return [];
    if (name === 'pooling' && (a === UNTOLD || b === UNTOLD)) return [];
    return [{ name, model: a, reference: b }];
  });
}
