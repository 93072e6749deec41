import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * Asks Python for the time of the same work in the same run.
 *
 * @param python path of an interpreter that has scikit-learn and so on; undefined: nobody is asked
 * @returns `ask(kind, settings, arrays)`, which answers `[{ name, seconds }]`, and `close()`
 */
export function openPeers(python, threads) {
  if (python === undefined) return { ask: async () => [], close: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'jmteb-bench-'));
  const script = fileURLToPath(new URL('peers.py', import.meta.url));
  const env = { ...process.env, OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) };
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'], env });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let files = 0;
  const store = ({ data, shape }) => {
    const path = join(folder, `${files++}.bin`);
    writeFileSync(path, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return { path, shape, type: data instanceof Float32Array ? '<f4' : '<i4' };
  };
  return {
    async ask(kind, settings, arrays) {
      const stored = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, store(array)]));
      child.stdin.write(`${JSON.stringify({ kind, threads, ...settings, ...stored })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('the Python process ended');
      return Object.entries(JSON.parse(value)).map(([name, seconds]) => ({ name, seconds }));
    },
    close() {
      child.stdin.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
