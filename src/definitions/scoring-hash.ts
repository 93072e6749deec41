import { createHash } from 'node:crypto';
import { localDefinition } from './task-definition.js';
import type { TaskDefinition } from './types.js';

/** Says nothing of rows or scores, or is told elsewhere. */
const TOLD_TO_READERS = new Set([
  'id',
  'version',
  'title',
  'language',
  'expect',
  'local',
  'license',
  'citation',
  'notes',
  'folder',
]);

/** SHA-256 over what a definition says of its rows and their scoring, hex; the order in which it says it does not count. */
export function scoringHash(definition: TaskDefinition): string {
  const deciding = Object.entries(definition).filter(([name]) => !TOLD_TO_READERS.has(name));
  return createHash('sha256')
    .update(ordered(Object.fromEntries(deciding)))
    .digest('hex');
}

/** The hashes that results of a definition can have: as it stands, and as a local mirror arranges it. */
export function scoringHashes(definition: TaskDefinition): readonly string[] {
  const { local } = definition;
  if (local === undefined) return [scoringHash(definition)];
  const validation = local.splits.validation === null ? undefined : local.files[local.splits.validation];
  const arrangements = [() => false, () => true, (place: string) => place !== validation];
  return arrangements.map((has) => scoringHash(localDefinition(definition, has)));
}

function ordered(value: object): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
