import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jmteb, temporaryFolder } from './jmteb.js';

const SPLITS = ['validation', 'test'];
const WORDS = ['山', '海', '雪', '川', '空', '森'];

/** An STS task of one's own; `first` is the number of the first word of its pairs. */
function writeTask(root: string, id: string, first: number): string {
  for (const [s, split] of SPLITS.entries()) {
    const rows = WORDS.map((word, i) => ({
      a: `${split}${word}${first}`,
      b: `${word}と${WORDS[(i + s + 1) % 6]}`,
      label: i,
    }));
    const path = join(root, 'tasks', id, `${split}.jsonl`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
  const files = Object.fromEntries(SPLITS.map((split) => [split, `${id}/${split}.jsonl`]));
  const path = join(root, 'tasks', `${id}.json`);
  const columns = { sentence1: 'a', sentence2: 'b', score: 'label' };
  const splits = { validation: 'validation', test: 'test' };
  writeFileSync(
    path,
    JSON.stringify({
      id,
      version: 1,
      family: 'STS',
      title: id,
      language: 'ja',
      source: { files },
      splits,
      columns,
      mainMetric: 'spearman',
    }),
  );
  return path;
}

interface Event {
  readonly event: string;
  readonly [field: string]: unknown;
}

async function runOf(root: string, tasks: readonly string[], cache: string) {
  const places = ['--output', join(root, `results-${cache}`), '--cache-dir', join(root, cache)];
  const { code, stdout } = await jmteb(['run', '-m', 'baseline:char-ngram', '-t', tasks.join(), '--json', ...places]);
  expect(code).toBe(0);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  const [model] = readdirSync(join(root, cache, 'vectors'));
  const folder = join(root, cache, 'vectors', model);
  const lists = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const runDir = events.at(-1)?.runDir as string;
  const results = readdirSync(join(runDir, 'tasks')).map(
    (name) =>
      JSON.parse(readFileSync(join(runDir, 'tasks', name), 'utf8')) as { embedding: { keys: unknown }; main: unknown },
  );
  return { events, lists: lists.length, results };
}

describe('lists that two tasks share', () => {
  it('are counted and embedded once, and both tasks are scored with them', async () => {
    const root = temporaryFolder();
    const [one, same, other] = [writeTask(root, 'one', 1), writeTask(root, 'same', 1), writeTask(root, 'other', 2)];
    const twice = await runOf(root, [one, same], 'twice');
    expect(twice.lists).toBe(4);
    const planned = ({ events }: typeof twice) => events.find(({ event }) => event === 'plan');
    expect(planned(twice)).toMatchObject({ tasks: 2, texts: 24, stored: 0 });
    const embedded = twice.events.filter(({ event }) => event === 'embedding');
    expect(new Set(embedded.map(({ task }) => task))).toEqual(new Set(['one']));
    expect(embedded.at(-1)).toMatchObject({ done: 24, total: 24 });
    const [first, second] = twice.results;
    expect(second.embedding.keys).toEqual(first.embedding.keys);
    expect(second.main).toEqual(first.main);

    // Half of its lists are another task's; the others are its own.
    const three = await runOf(root, [one, other], 'three');
    expect(three.lists).toBe(6);
    expect(planned(three)).toMatchObject({ texts: 36 });
  });
});
