import { textLists } from '../datasets/text-lists.js';
import type { TextRole } from '../definitions/types.js';
import type { OpenedTask } from './open-tasks.js';
import { nameOf, uniqueList, type UniqueList } from './unique-list.js';

/** A task with the lists that it needs vectors of. */
export interface PreparedTask extends OpenedTask {
  readonly lists: readonly UniqueList[];
}

/** What decides the final strings of a task. */
export interface Prompting {
  readonly promptChangesPooling: boolean;
  promptFor(task: OpenedTask['definition'], role: TextRole): string;
}

/** Makes the lists of a task: one for each role of each split. */
export async function prepareTask(task: OpenedTask, prompting: Prompting): Promise<PreparedTask> {
  const lists: UniqueList[] = [];
  for (const list of textLists(task.data)) {
    const prompt = prompting.promptFor(task.definition, list.role);
    lists.push(await uniqueList(list, prompt, prompting.promptChangesPooling));
  }
  return { ...task, lists };
}

/** List keys by `split/role`, as results record them. */
export function keysOf(task: PreparedTask): Record<string, string> {
  return Object.fromEntries(task.lists.map((list) => [nameOf(list), list.key]));
}

/** The exact string that is sent for the first text of each role of the test split (of the corpus for documents). */
export function examplesOf(task: PreparedTask): Record<string, string> {
  const example: Record<string, string> = {};
  for (const list of task.lists) {
    const wanted = list.role === 'document' ? 'corpus' : 'test';
    if (list.split === wanted && list.first !== undefined) example[list.role] = list.first;
  }
  return example;
}

/** Prompts by role, as results record them. */
export function promptsOf(task: PreparedTask): Record<string, string> {
  return Object.fromEntries(task.lists.map(({ role, prompt }) => [role, prompt]));
}
