import { openTask } from '../datasets/open-task.js';
import type { TaskData } from '../datasets/types.js';
import { parseProtocol } from '../definitions/protocol.js';
import type { Protocol } from '../definitions/types.js';
import { throwProblems, UserError } from '../errors.js';
import { evaluatorOf } from '../families/registry.js';
import type { FamilyOptions, FamilyResult, VectorsOf } from '../families/types.js';
import { openStoredVectors, type StoredVectors } from '../vectors/stored-vectors.js';
import { nameOf } from './unique-list.js';
import type { OnScoringProgress, ScoringRequest } from './scoring-request.js';

/** Progress is told at most so often. */
const PROGRESS_MS = 200;

/**
 * Scores one task from vectors on disk: reads the rows again, opens the vectors, calls the family.
 *
 * @throws UserError when the rows are no longer those whose texts were embedded
 */
export async function scoreTask(request: ScoringRequest, onProgress?: OnScoringProgress): Promise<FamilyResult> {
  const { definition, settings, lists } = request;
  const { data, problems } = await openTask(definition, { ...request.data, acceptDataChanges: true });
  throwProblems(problems);
  const rows = data as TaskData;
  refuseOtherRows(rows, request.hashes);
  const opened = new Map<string, { readonly source: StoredVectors; readonly index: Int32Array }>();
  try {
    for (const list of lists) {
      const source = await openStoredVectors(list.folder, { truncateDim: settings.truncateDim });
      opened.set(nameOf(list), { source, index: list.index });
    }
    const vectors: VectorsOf = (split, role) => {
      const found = opened.get(nameOf({ split, role }));
      if (found === undefined) throw new Error(`${definition.id} has no vectors of ${nameOf({ split, role })}`);
      return found;
    };
    return await evaluatorOf(definition.family).evaluate(rows, vectors, familyOptions(request, onProgress));
  } finally {
    for (const { source } of opened.values()) await source.close();
  }
}

function refuseOtherRows(data: TaskData, hashes: ScoringRequest['hashes']): void {
  const changed = data.files.filter(({ sha256 }, i) => hashes[i] !== sha256);
  throwProblems(
    changed.map(({ name }) => ({
      where: name,
      what: 'the file was changed while the run was under way',
      fix: 'run again when nothing writes to it any more',
    })),
  );
}

function familyOptions(request: ScoringRequest, onProgress?: OnScoringProgress): FamilyOptions {
  const { definition, settings, threads, maxMemory } = request;
  let told = 0;
  return {
    protocol: knownProtocol(request.protocol),
    seed: settings.seed,
    seedMode: settings.seedMode,
    clusteringSeeds: settings.clusteringSeeds,
    clusterers: settings.clusterers,
    threads,
    maxMemory,
    ...(definition.fixedChoice === undefined ? {} : { fixedChoice: definition.fixedChoice }),
    ...(definition.average === undefined ? {} : { average: definition.average }),
    onProgress: (step, done, total) => {
      const now = Date.now();
      if (now - told < PROGRESS_MS && done < total) return;
      told = now;
      onProgress?.({ step, done, total });
    },
  };
}

function knownProtocol(name: string): Protocol {
  const { protocol, problems } = parseProtocol(name);
  if (protocol === undefined) throw new UserError(problems);
  return protocol;
}
