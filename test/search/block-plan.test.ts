import { describe, expect, it } from 'vitest';
import { planBlocks } from '../../src/search/block-plan.js';

const size = { queries: 1648, documents: 7_000_027, dims: 1024, k: 10, similarities: 3 };

describe('the plan of blocks', () => {
  it('keeps queries, blocks and scores within the memory', () => {
    for (const maxMemory of [2 ** 26, 2 ** 28, 2 ** 30, 2 ** 31]) {
      const { queriesAPass, queriesABlock, documentsABlock } = planBlocks(size, maxMemory);
      const held = queriesAPass * (4 * size.dims + 12 * size.k * size.similarities);
      const block = documentsABlock * (4 * size.dims + 4 * queriesABlock * size.similarities);
      expect(held + block).toBeLessThan(maxMemory);
      expect(queriesABlock).toBeLessThanOrEqual(queriesAPass);
      expect(queriesABlock).toBeGreaterThanOrEqual(64);
      expect(documentsABlock).toBeGreaterThanOrEqual(256);
    }
  });

  it('streams the documents once for all queries of the largest task in the default memory', () => {
    expect(planBlocks(size, 2 ** 31)).toEqual({ queriesAPass: 1648, queriesABlock: 512, documentsABlock: 32_768 });
  });

  it('never plans more than there is, nor less than is worth while', () => {
    const few = { ...size, queries: 3, documents: 40 };
    expect(planBlocks(few, 2 ** 31)).toEqual({ queriesAPass: 3, queriesABlock: 3, documentsABlock: 40 });
    expect(planBlocks(size, 1)).toEqual({ queriesAPass: 64, queriesABlock: 64, documentsABlock: 256 });
  });
});
