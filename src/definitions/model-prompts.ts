import type { Family, ModelPrompts, ModelRole, RolePrompts, TaskDefinition, TextRole } from './types.js';

/** What of a task decides which prompt a model puts before its texts. */
type TaskOfPrompts = Pick<TaskDefinition, 'id' | 'subset'> & { readonly family: Family };

/** What a text is to a model: every text that is neither query nor document is a single sentence. */
export function modelRole(role: TextRole): ModelRole {
  return role === 'query' || role === 'document' ? role : 'sentence';
}

/**
 * The prompt that a model puts before a text: the task's (of a subset: or that of the whole), else the family's, else the
 * role's.
 *
 * @returns the prompt, which may be empty; undefined where the model says nothing of such texts
 */
export function promptFor(prompts: ModelPrompts | undefined, task: TaskOfPrompts, role: TextRole): string | undefined {
  return findPrompt(prompts, task, role)?.prompt;
}

/** The same, with its place in the definition. */
export function findPrompt(
  prompts: ModelPrompts | undefined,
  task: TaskOfPrompts,
  role: TextRole,
): { readonly prompt: string; readonly place: string } | undefined {
  if (prompts === undefined) return undefined;
  const wanted = modelRole(role);
  const { tasks = {} } = prompts;
  // Part of a task has the prompts of the whole.
  const name = [task.id, task.subset?.of].find((id) => id !== undefined && Object.hasOwn(tasks, id));
  const places = [
    [name === undefined ? undefined : ofRole(tasks[name], wanted), `tasks.${name}`],
    [ofRole(prompts.families?.[task.family], wanted), `families.${task.family}`],
    [prompts[wanted], wanted],
  ] as const;
  for (const [prompt, place] of places) if (prompt !== undefined) return { prompt, place: `prompts.${place}` };
  return undefined;
}

/** Whether a model has any prompt that is not empty, so that running it without prompts has to be asked for. */
export function hasPrompts(prompts: ModelPrompts | undefined): boolean {
  if (prompts === undefined) return false;
  const texts = (given: string | RolePrompts | undefined): (string | undefined)[] =>
    typeof given === 'object' ? Object.values(given) : [given];
  return [
    prompts.query,
    prompts.document,
    prompts.sentence,
    ...Object.values(prompts.families ?? {}).flatMap(texts),
    ...Object.values(prompts.tasks ?? {}).flatMap(texts),
  ].some((prompt) => prompt !== undefined && prompt !== '');
}

function ofRole(given: string | RolePrompts | undefined, role: ModelRole): string | undefined {
  if (typeof given === 'string') return role === 'sentence' ? given : undefined;
  return given?.[role];
}
