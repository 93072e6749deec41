import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { GateReport } from '../../src/compare/gate.js';
import { checkSchema } from '../../src/definitions/schema-check.js';
import { junitFaults } from '../compare/junit-rules.js';
import { jmteb, type JmtebOptions } from './jmteb.js';
import { changeJson, copyOf, failTask, filePath, sampleRun } from './sample-runs.js';

let whole: string;
let cut: string;

beforeAll(async () => {
  whole = await sampleRun();
  cut = await sampleRun('--truncate-dim', '8');
});

/** Outside of Actions, whatever runs these tests. */
const OUTSIDE = { GITHUB_ACTIONS: undefined, GITHUB_STEP_SUMMARY: undefined };
const check = (args: readonly string[], env: JmtebOptions['env'] = {}) =>
  jmteb(['check', ...args], { env: { ...OUTSIDE, ...env } });
const reportOf = (stdout: string) => JSON.parse(stdout) as GateReport;

function limitsFile(name: string, limits: object): string {
  const path = filePath(name);
  writeFileSync(path, JSON.stringify({ schema: 'jmteb/limits/1', ...limits }));
  return path;
}

/** A copy of the whole run with one task changed. */
function withTask(task: string, change: (result: Record<string, unknown>) => void): string {
  const copy = copyOf(whole);
  changeJson(join(copy, 'tasks', `${task}.json`), change);
  return copy;
}

describe('jmteb check', () => {
  it('ends with 0 for a run against itself', async () => {
    const { code, stdout, stderr } = await check([whole, '--baseline', whole]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^passed: /m);
    expect(stdout).toContain('no setting, version or model file differs from the baseline');
  });

  it('ends with 3 for a loss beyond noise, and names the setting that differs', async () => {
    const { code, stdout } = await check([cut, '--baseline', whole]);
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /^sample_retrieval +failed +a loss beyond noise: -\d.*the runs differ in: truncateDim null and 8/m,
    );
  });

  it('ends with 4 where tasks are missing, failed or partial, with the reason', async () => {
    const missing = copyOf(whole);
    rmSync(join(missing, 'tasks', 'sample_pair.json'));
    const failed = withTask('sample_pair', failTask);
    for (const [run, reason] of [
      [missing, 'not run'],
      [failed, 'failed: no room'],
    ]) {
      const { code, stdout } = await check([run, '--baseline', whole]);
      expect(code).toBe(4);
      expect(stdout).toMatch(new RegExp(`^sample_pair +incomplete +${reason}`, 'm'));
    }
    const partial = await sampleRun('--limit', '5');
    const against = await check([partial, '--baseline', partial]);
    expect(against.code).toBe(4);
    expect(against.stdout).toMatch(/^sample_pair +incomplete +partial: /m);
  });

  it('ends with 4 where the baseline lacks a score that the run has', async () => {
    const baseline = withTask('sample_pair', failTask);
    const { code, stdout } = await check([whole, '--baseline', baseline]);
    expect(code).toBe(4);
    expect(stdout).toContain('failed: no room');
  });

  it('ends with 2 for other protocols, data and definitions, and with nothing to hold the run against', async () => {
    const runs = {
      '"protocol.name"': await sampleRun('--protocol', 'corrected'),
      '"settings.limit"': await sampleRun('--limit', '5'),
      '"scoredBy.definition"': withTask('sample_sts', ({ scoredBy }) =>
        Object.assign(scoredBy as object, { definition: '0'.repeat(64) }),
      ),
      '"dataset.files"': withTask('sample_sts', ({ dataset }) =>
        Object.assign((dataset as { files: object[] }).files[0], { sha256: '0'.repeat(64) }),
      ),
    };
    for (const [message, run] of Object.entries(runs)) {
      const { code, stdout, stderr } = await check([run, '--baseline', whole]);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(message);
    }
    const nothing = await check([whole]);
    expect([nothing.code, nothing.stderr]).toEqual([
      2,
      expect.stringContaining('--baseline RUN, --limits FILE or --published'),
    ]);
    const published = await check([whole, '--published']);
    expect([published.code, published.stderr]).toEqual([2, expect.stringContaining('nothing was published for')]);
  });

  it('holds tasks, families and averages to limits', async () => {
    const limits = limitsFile('limits.json', {
      families: { STS: { minimum: 10 } },
      averages: { datasets: { maxDrop: 5, minimum: 90 }, families: { minimum: 1 } },
    });
    const { code, stdout } = await check([cut, '--baseline', whole, '--limits', limits]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^mean over datasets \(6\) +failed +dropped too far/m);
    expect(stdout).toMatch(/^mean over datasets +failed .*at least 90/m);
    expect(stdout).toMatch(/^mean over families +passed /m);
    expect(stdout).toMatch(/^sample_sts +passed .*at least 10/m);
    expect(stdout).toMatch(/^sample_pair +none +no limit/m);
    expect((await check([whole, '--limits', limitsFile('low.json', { default: { minimum: 1 } })])).code).toBe(0);
  });

  it('refuses limits of tasks that nobody knows, with the nearest name, and drops from nothing', async () => {
    const unknown = limitsFile('unknown.json', { tasks: { sample_stz: { minimum: 1 } } });
    const named = await check([whole, '--limits', unknown]);
    expect([named.code, named.stderr]).toEqual([2, expect.stringContaining('did you mean "sample_sts"?')]);
    const drops = limitsFile('drops.json', { averages: { datasets: { maxDrop: 1 } } });
    const alone = await check([whole, '--limits', drops]);
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('there is no baseline')]);
    const missing = limitsFile('missing.json', { tasks: { jsts: { minimum: 1 } } });
    const known = await check([whole, '--limits', missing]);
    expect([known.code, known.stdout]).toEqual([4, expect.stringMatching(/^jsts +incomplete +not run/m)]);
  });
});

describe('reporters', () => {
  it('give JSON that fits its schema, with seed, resamples and confidence', async () => {
    const { code, stdout } = await check([cut, '--baseline', whole, '--json', '--seed', '3', '--resamples', '500']);
    expect(code).toBe(3);
    const report = reportOf(stdout);
    expect(checkSchema('check', report, 'stdout', 'report')).toEqual([]);
    expect(report.settings).toEqual({ resamples: 500, seed: 3, confidence: 0.95 });
    expect(report.differs).toEqual(['truncateDim null and 8']);
    const again = await check([cut, '--baseline', whole, '--reporter', 'json', '--seed', '3', '--resamples', '500']);
    expect(again.stdout).toBe(stdout);
  });

  it('write to files, several at once', async () => {
    const [junit, markdown] = [filePath('junit.xml'), filePath('check.md')];
    const reporters = ['default', 'junit', 'markdown'].flatMap((name) => ['--reporter', name]);
    const files = ['--output-file', `junit=${junit}`, '--output-file', `markdown=${markdown}`];
    const { code, stdout } = await check([cut, '--baseline', whole, ...reporters, ...files]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^failed: /m);
    expect(junitFaults(readFileSync(junit, 'utf8'))).toEqual([]);
    expect(readFileSync(markdown, 'utf8')).toMatch(/^### jmteb check: failed: /);
    const only = filePath('only.json');
    expect((await check([whole, '--baseline', whole, '--json', '--output-file', only])).stdout).toBe('');
    expect(reportOf(readFileSync(only, 'utf8')).verdict).toBe('passed');
  });

  it('that are not there or not asked for are told, before anything is done', async () => {
    const unknown = await check([whole, '--baseline', whole, '--reporter', 'xunit']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('there is no reporter "xunit"')]);
    const file = filePath('none.xml');
    const idle = await check([whole, '--baseline', whole, '--output-file', `junit=${file}`]);
    expect([idle.code, idle.stderr]).toEqual([2, expect.stringContaining('add --reporter junit')]);
  });

  it('annotate by themselves in Actions, and leave JSON on stdout whole', async () => {
    const summary = filePath('summary.md');
    writeFileSync(summary, 'of another step\n');
    const actions = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary };
    const text = await check([cut, '--baseline', whole], actions);
    expect(text.code).toBe(3);
    expect(text.stdout).toMatch(/^::error title=jmteb%3A sample_retrieval::a loss beyond noise/m);
    expect(text.stdout).toMatch(/^::warning title=jmteb%3A sample_clustering::.*no verdict/m);
    expect(readFileSync(summary, 'utf8')).toMatch(/^of another step\n### jmteb check: failed: /);
    const json = await check([cut, '--baseline', whole, '--json'], actions);
    expect(reportOf(json.stdout).verdict).toBe('failed');
    expect(json.stderr).toMatch(/^::error title=jmteb check::failed: /m);
    const passed = await check([whole, '--baseline', whole], actions);
    expect([passed.code, passed.stdout]).toEqual([0, expect.stringMatching(/^::notice title=jmteb check::passed: /m)]);
    expect(passed.stdout).not.toContain('::error');
  });
});
