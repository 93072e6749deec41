import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeFull, describeShared, sharedPath } from '../shared.js';
import { GOLDEN_GRAPHS, largestDifference, openIds, readGolden, type IdModel } from './golden-model.js';

/** shared/models/README.md: times the largest component of a row (at least 1), one text at a time. */
const ALONE = 1e-5;
/** The same, twice that for a padded batch. */
const BATCHED = 2e-5;
/** The values inside a network are given with 7 digits behind the point. */
const TRACED = 1e-5;
/** The movements of vectors by a wrong number are given with 3 digits. */
const MOVED = 6e-3;

/** Every so many texts are embedded alone in the short tests. */
const SOME = 5;

/** The largest difference to the golden vectors over all sets, of every so many texts. */
async function worstOf(model: IdModel, folder: string, atOnce: number, every = 1): Promise<number> {
  const { golden, vectors } = readGolden(folder);
  const some = <T>(rows: readonly T[]): T[] => rows.filter((_, i) => i % every === 0);
  let worst = 0;
  for (const { ids, rows, promptLength } of golden.sets) {
    const actual = await model.embed(some(ids), atOnce, promptLength ?? 0);
    worst = Math.max(worst, largestDifference(actual, some(vectors.slice(...rows))));
  }
  return worst;
}

describeShared('graphs of architectures, from stored ids', () => {
  for (const folder of GOLDEN_GRAPHS) {
    it(`give the vectors of ${folder}, alone and in padded batches`, async () => {
      const model = await openIds(folder, readGolden(folder).golden.padId);
      expect(await worstOf(model, folder, 1, SOME)).toBeLessThan(ALONE);
      expect(await worstOf(model, folder, 4)).toBeLessThan(BATCHED);
      await model.close();
    });

    it(`give the last hidden states of ${folder}`, async () => {
      const { golden } = readGolden(folder);
      const { first, last } = golden.trace.lastHiddenState;
      for (const [pooling, expected] of [
        ['cls', first],
        ['lasttoken', last],
      ] as const) {
        const model = await openIds(folder, golden.padId, { poolings: [pooling] });
        const [states] = await model.embed([golden.sets[0].ids[0]], 1);
        await model.close();
        expect(largestDifference([states.slice(0, expected.length)], [[...expected]])).toBeLessThan(TRACED);
      }
    });

    if (!existsSync(sharedPath('models', folder, 'golden.json'))) continue;
    for (const [wrong, moved] of Object.entries(readGolden(folder).golden.sensitivity ?? {})) {
      it(`move as those of sentence-transformers for ${folder} with a wrong ${wrong}`, async () => {
        const { golden, vectors } = readGolden(folder);
        const [, field, value] = /^(\w+): (\S+) instead of/.exec(wrong) as unknown as string[];
        const change = { [field]: Number.isNaN(Number(value)) ? value : Number(value) };
        const model = await openIds(folder, golden.padId, { change });
        const { ids, rows, promptLength } = golden.sets[0];
        const actual = await model.embed(ids, 4, promptLength ?? 0);
        await model.close();
        const most = Math.max(
          ...vectors.slice(...rows).flatMap((row, i) => row.map((v, j) => Math.abs(v - actual[i][j]))),
        );
        expect(Math.abs(most - moved)).toBeLessThan(MOVED * moved);
      });
    }
  }
});

describeFull('graphs of architectures, with every text alone and any number of threads', () => {
  for (const folder of GOLDEN_GRAPHS) {
    it(`give the vectors of ${folder}`, async () => {
      for (const threads of [1, 2]) {
        const model = await openIds(folder, readGolden(folder).golden.padId, { threads });
        expect(await worstOf(model, folder, 1)).toBeLessThan(ALONE);
        expect(await worstOf(model, folder, 5)).toBeLessThan(BATCHED);
        await model.close();
      }
    });
  }
});
