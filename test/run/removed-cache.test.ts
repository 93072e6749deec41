import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../src/definitions/catalogue.js';
import { PUBLISHED } from '../../src/definitions/protocol.js';
import type { TaskDefinition } from '../../src/definitions/types.js';
import { resolveCharNgram } from '../../src/embedding/char-ngram.js';
import { openInProcessRunner } from '../../src/embedding/in-process-runner.js';
import type { EmbeddingResources } from '../../src/embedding/types.js';
import { openTasks } from '../../src/run/open-tasks.js';
import { runModel, type RunOutcome } from '../../src/run/run-model.js';
import { scoreTask } from '../../src/run/score-task.js';
import type { Scorer } from '../../src/run/scoring-request.js';
import { runFiles } from '../../src/results/run-folder.js';

const TASK = 'sample_retrieval';

let root: string;
let undisturbed: RunOutcome;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'jmteb-removed-'));
  undisturbed = await run('undisturbed');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const here: EmbeddingResources = {
  openRunner: (graph) => openInProcessRunner(graph, { device: 'cpu', threads: 1 }),
};

async function run(name: string, score: Scorer['score'] = scoreTask): Promise<RunOutcome> {
  const definition = loadDefinitions().tasks.get(TASK) as TaskDefinition;
  const { tasks } = await openTasks([definition], { protocol: PUBLISHED });
  return runModel({
    model: await resolveCharNgram({}),
    tasks,
    suite: null,
    settings: { protocol: PUBLISHED, seed: 0, seedMode: 'each', clusteringSeeds: 1, clusterers: [] },
    data: {},
    output: join(root, name),
    cacheDir: join(root, 'cache'),
    threads: 1,
    maxMemory: 2 ** 28,
    overwrite: 'never',
    resources: here,
    scorer: { score, close: async () => undefined },
  });
}

const removeCache = (): void => rmSync(join(root, 'cache'), { recursive: true });
const itemsOf = ({ folder }: RunOutcome): Buffer => readFileSync(runFiles.itemTable(folder, TASK));

describe('a cache that is removed under a run', () => {
  it('before a task is scored fails that task with what to do, and the next run makes the vectors again', async () => {
    const failed = await run('removed', async (request, onProgress) => {
      removeCache();
      return scoreTask(request, onProgress);
    });
    expect(failed.status).toBe('incomplete');
    expect(failed.results[0]).toMatchObject({ state: 'failed' });
    expect(failed.results[0].reason).toMatch(/00000\.arrow: these vectors are not stored[^]*run the model again/);
    const resumed = await run('removed');
    expect(resumed.status).toBe('done');
    expect(itemsOf(resumed)).toEqual(itemsOf(undisturbed));
  });

  // Elsewhere a file that is open cannot be removed.
  it.skipIf(process.platform === 'win32')('in the middle of a search changes nothing: its files are open', async () => {
    let removed = 0;
    const searched = await run('searched', (request) =>
      scoreTask(request, () => {
        if (removed++ === 0) removeCache();
      }),
    );
    expect(removed).toBeGreaterThan(0);
    expect(searched.status).toBe('done');
    expect(itemsOf(searched)).toEqual(itemsOf(undisturbed));
    expect((await run('again')).status).toBe('done');
  });
});
