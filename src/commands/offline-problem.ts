import { relative } from 'node:path';
import type { FetchContext } from '../datasets/fetch-types.js';
import type { ModelOptions } from '../embedding/types.js';
import type { Problem } from '../errors.js';

/** Something that is not in the cache of the Hub. */
export interface Absent {
  /** A file, and whose it is, as messages say it. */
  readonly what: string;
  readonly task?: string;
  readonly model?: string;
}

const FILES_SHOWN = 5;
/** Options of a model that decide which files it needs. */
const CHOICES = {
  revision: '--revision',
  dtype: '--dtype',
  onnxFile: '--onnx-file',
} as const satisfies Partial<Record<keyof ModelOptions, string>>;

/**
 * Everything that is missing without a network as one problem, with the command that brings it.
 *
 * @param definitions files of tasks that are not the package's, by id
 */
export function offlineProblem(
  absent: readonly Absent[],
  options: ModelOptions,
  definitions: ReadonlyMap<string, string>,
  { cache }: Pick<FetchContext, 'cache'>,
): Problem {
  const tasks = namesOf(absent, 'task').map((id) => asArgument(fileNamed(definitions.get(id)) ?? id));
  const models = namesOf(absent, 'model');
  const paths = [...new Set(absent.map(({ what }) => what))];
  const more = paths.length > FILES_SHOWN ? ` and ${paths.length - FILES_SHOWN} more` : '';
  const command = [
    'jmteb fetch',
    ...models.map((model) => `-m ${asArgument(model)}`),
    ...(models.length === 0 ? [] : choicesOf(options)),
    ...(tasks.length === 0 ? [] : [`-t ${tasks.join(',')}`]),
  ];
  return {
    where: 'offline',
    what: `not in the cache of the Hub (${cache}), and nothing is asked over the network: ${paths.slice(0, FILES_SHOWN).join(', ')}${more}.`,
    fix: `${command.join(' ')}, while there is a network and without --offline and HF_HUB_OFFLINE${tasks.length === 0 ? '' : '; or give --data-dir a local mirror'}.`,
  };
}

function namesOf(absent: readonly Absent[], kind: 'task' | 'model'): string[] {
  return [...new Set(absent.flatMap((one) => one[kind] ?? []))];
}

function choicesOf(options: ModelOptions): string[] {
  return Object.entries(CHOICES).flatMap(([name, option]) => {
    const value = options[name as keyof typeof CHOICES];
    return value === undefined ? [] : [`${option} ${asArgument(value)}`];
  });
}

/** A file as it is named from here, which a command line takes for a file. */
function fileNamed(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const short = relative(process.cwd(), path);
  return short.startsWith('..') || short.includes(',') ? path : short;
}

/** In quotes where a shell would take it apart. */
function asArgument(text: string): string {
  return /^[\w./:@%+=,\\-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
