import { thisMachine, type HubMachine, type HubPatience } from '../../src/datasets/hub-machine.js';

const PATIENCE: HubPatience = {
  answerMs: 300,
  silenceMs: 300,
  slowMs: 300,
  slowBytes: 50_000,
  attempts: 8,
  progressBytes: 50_000,
  firstWaitMs: 500,
  longestWaitMs: 60_000,
  abandonedMs: 600,
  pollMs: 10,
};

/** This machine with little patience; what it was asked to wait is in `waits`, and hardly waited. */
export function quickMachine(differences: Partial<HubMachine> = {}): HubMachine & { readonly waits: number[] } {
  const real = thisMachine();
  const waits: number[] = [];
  const sleep: HubMachine['sleep'] = (ms, signal) => {
    waits.push(ms);
    return real.sleep(Math.min(ms, 5), signal);
  };
  return { ...real, patience: PATIENCE, sleep, waits, ...differences };
}

/** An error as the system throws it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}
