import { describe, expect, it } from 'vitest';
import { EmbeddingProgress } from '../../src/run/embedding-progress.js';
import type { RunEvent } from '../../src/run/events.js';

/** Progress with a clock that the test sets, in seconds. */
function progressOf(total: number, tokensAhead?: number) {
  const clock = { seconds: 0 };
  const events: Extract<RunEvent, { event: 'embedding' }>[] = [];
  const take = (event: RunEvent) => void events.push(event as (typeof events)[number]);
  const progress = new EmbeddingProgress(total, take, () => 1000 * clock.seconds, tokensAhead);
  return { progress, clock, events };
}

describe('the time left of a model run', () => {
  it('is that of the tokens of all lists, though texts of later ones are longer', () => {
    const { progress, clock, events } = progressOf(300, 100 * 10 + 200 * 50);
    for (const texts of [0, 50, 100]) {
      progress.tell('a', 'test/query', texts, 10 * texts);
      clock.seconds += 5;
    }
    // 100 tokens a second, 10,000 to do; by texts it would be 20 s.
    expect(events.at(-1)).toMatchObject({ done: 100, total: 300, secondsLeft: 100 });
  });

  it('counts a shard that is done with the tokens that were estimated for it, so that an error of theirs does not stay', () => {
    const { progress, clock, events } = progressOf(200, 100 * 30 + 100 * 20);
    for (const texts of [0, 50, 100]) {
      progress.tell('a', 'test/query', texts, 20 * texts);
      clock.seconds += 10;
    }
    progress.finish(100, 2000, 3000);
    progress.tell('a', 'corpus/document', 50, 1000);
    // 100 tokens a second; 100 texts of 20 tokens were ahead, half of them are done.
    expect(events.at(-1)).toMatchObject({ done: 150, secondsLeft: 10 });
  });

  it('is that of the texts where tokens are not known', () => {
    const { progress, clock, events } = progressOf(300);
    for (const texts of [0, 50, 100]) {
      progress.tell('a', 'test/query', texts, 0);
      clock.seconds += 5;
    }
    expect(events.at(-1)).toMatchObject({ textsPerSecond: 10, tokensPerSecond: null, secondsLeft: 20 });
  });

  it('is never below none', () => {
    const { progress, clock, events } = progressOf(300, 500);
    for (const texts of [0, 50, 100]) {
      progress.tell('a', 'test/query', texts, 10 * texts);
      clock.seconds += 5;
    }
    expect(events.at(-1)?.secondsLeft).toBe(0);
  });
});
