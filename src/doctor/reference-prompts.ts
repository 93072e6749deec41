import type { ModelRole } from '../definitions/types.js';
import type { RolePrompts } from './embed-texts.js';
import type { DoctorText } from './types.js';

/**
 * The prompts with which vectors were made, found from their texts: what stands before the texts of a role in all of them.
 *
 * @param stored the strings that have vectors, in batches
 * @param likely the prompts of the model under test, taken where they fit, and where none does
 */
export async function promptsOfStored(
  stored: AsyncIterable<readonly string[]>,
  texts: readonly DoctorText[],
  likely: RolePrompts,
): Promise<RolePrompts> {
  const byEnd = new Map<string, DoctorText[]>();
  for (const entry of texts) byEnd.set(endOf(entry.text), [...(byEnd.get(endOf(entry.text)) ?? []), entry]);
  const found = new Map<ModelRole, Map<string, Set<string>>>();
  for await (const strings of stored)
    for (const string of strings)
      for (const { text, role } of byEnd.get(endOf(string)) ?? []) {
        if (!string.endsWith(text)) continue;
        const prompts = found.get(role) ?? new Map<string, Set<string>>();
        found.set(role, prompts);
        const prompt = string.slice(0, string.length - text.length);
        prompts.set(prompt, (prompts.get(prompt) ?? new Set()).add(text));
      }
  const promptOf = (role: ModelRole): string => {
    const count = (prompt: string): number => found.get(role)?.get(prompt)?.size ?? 0;
    const candidates = [likely[role], '', ...(found.get(role)?.keys() ?? [])];
    // The first of those that most texts have.
    return candidates.reduce((best, prompt) => (count(prompt) > count(best) ? prompt : best));
  };
  return { query: promptOf('query'), document: promptOf('document'), sentence: promptOf('sentence') };
}

function endOf(text: string): string {
  return text.slice(-1);
}
