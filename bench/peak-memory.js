import { clearInterval, setInterval } from 'node:timers';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 20;

/**
 * Waits for a process to end; the peak of its resident memory in bytes, undefined where the system does not tell it.
 *
 * Linux only: memory of other processes is read from /proc.
 */
export async function peakMemory(child) {
  let peak;
  const timer = setInterval(() => (peak = peakNow(child.pid) ?? peak), LOOK_EVERY_MS);
  const [code] = await once(child, 'close');
  clearInterval(timer);
  if (code !== 0) throw new Error(`${child.spawnargs.slice(0, 4).join(' ')} ended with ${code}`);
  return peak;
}

function peakNow(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
  } catch {
    return undefined;
  }
}
