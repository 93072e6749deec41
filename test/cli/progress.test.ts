import { describe, expect, it } from 'vitest';
import { ProgressPrinter } from '../../src/cli/progress.js';
import type { RunEvent } from '../../src/run/events.js';

type Estimate = Extract<RunEvent, { event: 'estimate' }>;

/** What is written of an event where stderr is no terminal, and what on stdout. */
function printed(event: RunEvent, options: ConstructorParameters<typeof ProgressPrinter>[1] = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = { stdout: false, stderr: false, columns: 80 };
  const printer = new ProgressPrinter(
    { out: (text) => void out.push(text), err: (text) => void err.push(text), terminal },
    options,
  );
  printer.onEvent(event);
  return { out: out.join(''), err: err.join('') };
}

function estimateOf(shares: Readonly<Record<string, number>>, more: Partial<Estimate> = {}): RunEvent {
  const tasks = Object.entries(shares).map(([task, share]) => ({
    task,
    texts: 1,
    tokens: 1,
    bytes: 1,
    seconds: 1,
    share,
  }));
  const all = { texts: 7_512_345, tokens: 981_234_567, bytes: 50.2e9, seconds: 7500 };
  return { event: 'estimate', model: 'local/m', ...all, scores: 16, tasks, ...more };
}

describe('the estimate of a run', () => {
  it('is a line, and a second one of the task that is most of the work', () => {
    const { out, err } = printed(estimateOf({ jsts: 0.03, mrtydi: 0.926, jaqket: 0.044 }));
    expect(out).toBe('');
    expect(err).toBe(
      'to embed: 7,512,345 texts, about 980,000,000 tokens, 50.2 GB of vectors, about 2 h 05 min\n' +
        'mrtydi is 93 % of the work and 1/16 of the score\n',
    );
  });

  it('names the three largest tasks where none is most of it', () => {
    const { err } = printed(estimateOf({ a: 0.1, b: 0.4, c: 0.3, d: 0.2 }));
    expect(err.split('\n')[1]).toBe('of the work: b 40 %, c 30 %, d 20 %');
  });

  it('is one line for one task, and leaves out what is not known', () => {
    const { err } = printed(estimateOf({ a: 1 }, { tokens: null, seconds: null }));
    expect(err).toBe('to embed: 7,512,345 texts, 50.2 GB of vectors\n');
  });

  it('is an event with --json and nothing with --quiet', () => {
    const event = estimateOf({ a: 1 });
    expect(printed(event, { json: true })).toEqual({ out: `${JSON.stringify(event)}\n`, err: '' });
    expect(printed(event, { quiet: true })).toEqual({ out: '', err: '' });
  });
});

describe('the device', () => {
  it('that auto means is told with its reason, and one that nobody asked for is hinted at', () => {
    const told: RunEvent = { event: 'device', asked: 'auto', device: 'cuda', message: '/dev/nvidia0' };
    expect(printed(told).err).toBe('device cuda: /dev/nvidia0\n');
    expect(printed({ ...told, asked: null, device: 'cpu', message: 'try' }).err).toBe('hint: try\n');
  });
});
