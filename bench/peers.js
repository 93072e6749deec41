import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * Asks others for the time of the same work in the same run: Python's libraries and transformers.js.
 *
 * @param python path of an interpreter that has scikit-learn and so on; undefined: it is not asked
 * @param transformersJs folder whose `node_modules` has `@huggingface/transformers`; undefined: it is not asked
 * @returns `ask(kind, settings, arrays)` and `embed(settings)`, which answer `[{ name, seconds }]`, and `close()`
 */
export function openPeers({ python, transformersJs }, threads) {
  const folder = mkdtempSync(join(tmpdir(), 'jmteb-bench-'));
  const ask = python === undefined ? async () => [] : askPython(python, folder, threads);
  return {
    ask,
    async embed(settings) {
      const answers = await ask('embedding', settings, {});
      if (transformersJs === undefined) return answers;
      const exported = await exportOf(settings, folder, ask);
      if (exported === undefined) return answers;
      return [...answers, runTransformersJs(transformersJs, folder, { ...settings, folder: exported })];
    },
    close() {
      ask.end?.();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function askPython(python, folder, threads) {
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
  const ask = async (kind, settings, arrays) => {
    const stored = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, store(array)]));
    child.stdin.write(`${JSON.stringify({ kind, threads, ...settings, ...stored })}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('the Python process ended');
    return Object.entries(JSON.parse(value)).map(([name, seconds]) => ({ name, seconds }));
  };
  ask.end = () => child.stdin.end();
  return ask;
}

/** A folder with an export that transformers.js can run: the model's own, else one that Python makes in a copy. */
async function exportOf({ folder, dtype, modelType }, place, ask) {
  const file = join('onnx', dtype === 'fp32' ? 'model.onnx' : 'model_quantized.onnx');
  if (existsSync(join(folder, file))) return folder;
  const copy = join(place, 'exports', basename(folder));
  if (existsSync(join(copy, file))) return copy;
  if (dtype !== 'fp32' || modelType !== 'bert') return undefined;
  cpSync(folder, copy, { recursive: true });
  const made = await ask('export', { folder: copy }, {});
  return made.length > 0 ? copy : undefined;
}

function runTransformersJs(home, place, settings) {
  const request = join(place, 'request.json');
  writeFileSync(request, JSON.stringify(settings));
  const script = fileURLToPath(new URL('transformers-js.mjs', import.meta.url));
  const output = execFileSync(process.execPath, [script, home, request], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { name: "transformers.js' pipeline", seconds: JSON.parse(output.trim().split('\n').at(-1)).seconds };
}
