import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/definitions/package-root.js';

/** Opens a session as the program does, and leaves. */
const SCRIPT = `
  const { openSession } = await import('./dist/engine/session.js');
  const { GraphBuilder } = await import('./dist/onnx/graph-builder.js');
  const graph = new GraphBuilder('relu');
  graph.output(graph.node('Relu', [graph.input('x', 'float32', [1])]), 'float32', [1], 'y');
  await (await openSession(graph.build(), { threads: 1 })).close();
`;

function filesLeft(environment: Readonly<Record<string, string>>): string[] {
  const home = mkdtempSync(join(tmpdir(), 'jmteb-telemetry-'));
  const env = { ...process.env, HOME: home, TMPDIR: home, TEMP: home, XDG_CACHE_HOME: home, ...environment };
  try {
    execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT], { cwd: packageRoot(), env });
    return readdirSync(home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

describe('usage data of the runtime', () => {
  it('is neither sent nor collected: no log, no identifier of the machine', () => {
    expect(filesLeft({ ORT_DISABLE_TELEMETRY: '' })).toEqual([]);
  });
});
