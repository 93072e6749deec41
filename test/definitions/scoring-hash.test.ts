import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../src/definitions/catalogue.js';
import { scoringHash, scoringHashes } from '../../src/definitions/scoring-hash.js';
import type { TaskDefinition } from '../../src/definitions/types.js';
import { localDefinition } from '../../src/definitions/task-definition.js';

const { tasks } = loadDefinitions();
const [task] = tasks.values();

describe('the hash of a definition', () => {
  it('does not change with what is said to readers, or with the order of what is said', () => {
    const told = { ...task, title: 'Another', notes: 'more', license: 'none', expect: {} };
    const turned = Object.fromEntries(Object.entries(told).reverse()) as unknown as TaskDefinition;
    expect(scoringHash(turned)).toBe(scoringHash(task));
  });

  it('changes with rows, columns, splits and prompts', () => {
    const others = [
      { ...task, source: { files: { test: 'other.jsonl' } } },
      { ...task, columns: {} },
      { ...task, splits: { validation: null, test: 'test' } },
      { ...task, prompts: { text: 'other: ' } },
    ];
    const hashes = [task, ...others].map(scoringHash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('tells all shipped definitions apart', () => {
    const hashes = [...tasks.values()].map(scoringHash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('knows every arrangement that a local mirror may have', () => {
    for (const definition of tasks.values()) {
      const places = Object.values(definition.local?.files ?? {});
      for (const lacking of [undefined, ...places]) {
        const arranged = localDefinition(definition, (place) => place !== lacking);
        expect(scoringHashes(definition), definition.id).toContain(scoringHash(arranged));
      }
    }
  });
});
