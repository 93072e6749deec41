import { throwProblems, type Problem } from '../errors.js';
import { defaultCacheDir } from '../run/defaults.js';
import { pruneStore, type Pruned } from '../vectors/prune-store.js';

export interface PruneOptions {
  /** Such as `30d`, `12h` or `4w`: lists that were neither changed nor used for so long. */
  readonly olderThan?: string;
  /** Bytes that the store may keep; the longest unused lists go first. */
  readonly keepBelow?: number;
  /** Ids of models, or beginnings of their keys (6 digits or more). */
  readonly model?: readonly string[];
  readonly dryRun?: boolean;
  readonly cacheDir?: string;
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/**
 * Removes lists of vectors that fit all rules given, at least one; lists of models that a running process uses stay.
 *
 * @throws UserError for rules that are none, MachineError for lists that cannot be removed
 */
export async function prune(options: PruneOptions, now = Date.now()): Promise<Pruned> {
  const { olderThan, keepBelow, model, dryRun = false, cacheDir = defaultCacheDir() } = options;
  const problems: Problem[] = [];
  const age = olderThan === undefined ? undefined : milliseconds(olderThan);
  if (olderThan !== undefined && age === undefined)
    problems.push({
      where: `--older-than ${olderThan}`,
      what: 'is not an age.',
      fix: 'give hours, days or weeks, such as 12h, 30d or 4w.',
    });
  if (olderThan === undefined && keepBelow === undefined && model === undefined)
    problems.push({
      where: 'jmteb cache prune',
      what: 'nothing says what may go.',
      fix: 'give --older-than 30d, --keep-below 20GiB or --model MODEL, or several; --dry-run shows what would go.',
    });
  throwProblems(problems);
  const unusedSince = age === undefined ? undefined : now - age;
  return pruneStore(cacheDir, { unusedSince, keepBelow, models: model }, dryRun);
}

function milliseconds(text: string): number | undefined {
  const match = /^(\d{1,6})\s*([hdw])$/i.exec(text.trim());
  return match === null ? undefined : Number(match[1]) * UNITS[match[2].toLowerCase()];
}
