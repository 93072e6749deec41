import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { check } from '../../src/commands/check.js';
import { readRunItems } from '../../src/commands/read-run-items.js';
import { compareRuns } from '../../src/compare/compare-runs.js';
import { checkLosses } from '../../src/compare/gate.js';
import { jmteb, temporaryFolder } from '../cli/jmteb.js';
import { withDoubledScale } from '../doctor/doubled-scale.js';
import { withFile } from '../doctor/tiny-japanese.js';
import { describeFull, sharedPath } from '../shared.js';

const REPETITIONS = 20;
const MODEL = sharedPath('models', 'all-MiniLM-L6-v2');
/** Long enough that a text with it is far from one without. */
const PROMPT = '次の日本語の文章を検索のために表現してください。';

/** 400 pairs of JSTS: enough for a loss of three points, and embedded in seconds. */
function partOfJsts(folder: string): string {
  const whole = JSON.parse(readFileSync(join('tasks', 'sts', 'gate_jsts.json'), 'utf8')) as {
    source: object;
    expect: { test: { characters?: object } };
  };
  delete whole.expect.test.characters;
  const subset = { of: 'jsts', seed: 0, rows: { validation: 60, test: 400 } };
  const path = join(folder, 'part_jsts.json');
  writeFileSync(path, JSON.stringify({ ...whole, id: 'part_jsts', subset }));
  return path;
}

describeFull('the gate on all-MiniLM-L6-v2', () => {
  const folder = temporaryFolder();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function run(task: string, model: string, ...options: readonly string[]): Promise<string> {
    const places = ['-o', join(folder, 'results'), '--cache-dir', join(folder, 'cache')];
    const rows = ['-t', task, '--data-dir', sharedPath('data', 'jmteb')];
    const ended = await jmteb(['run', '-m', model, ...rows, ...places, '--no-progress', ...options]);
    if (ended.code !== 0) throw new Error(ended.stderr);
    return ended.stdout.trimEnd().split('\n').at(-1) as string;
  }
  /** The checks that failed, by name, with what is said of them. */
  const failures = async (damaged: string, baseline: string): Promise<Record<string, string>> => {
    const { checks } = await check({ run: damaged, baseline });
    return Object.fromEntries(
      checks.flatMap(({ name, verdict, text }) => (verdict === 'failed' ? [[name, text]] : [])),
    );
  };

  let jsts: string;
  let fp32: string;
  let q8: string;

  beforeAll(async () => {
    jsts = partOfJsts(folder);
    fp32 = await run(jsts, MODEL);
    q8 = await run(jsts, MODEL, '--dtype', 'q8');
  }, 600_000);

  it('gives the same verdict on its int8 export over 20 seeds and both batch policies', async () => {
    const bucketed = await run(jsts, MODEL, '--dtype', 'q8', '--batch-policy', 'bucketed');
    const narrow = await run(jsts, MODEL, '--dtype', 'q8', '--batch-policy', 'bucketed', '--batch-tokens', '256');
    for (const other of [q8, bucketed, narrow]) {
      const runs = await readRunItems([fp32, other]);
      const verdicts = Array.from({ length: REPETITIONS }, (_, seed) =>
        checkLosses(compareRuns(runs, { seed })).map(({ verdict }) => verdict),
      );
      expect(new Set(verdicts.flat())).toEqual(new Set(['passed']));
    }
  }, 600_000);

  it('says the same words every time', async () => {
    const first = await check({ run: q8, baseline: fp32 });
    for (let i = 1; i < REPETITIONS; i++) expect(await check({ run: q8, baseline: fp32 })).toEqual(first);
    expect(first.differs[0]).toBe('dtype "fp32" and "q8"');
  });

  it('passes fp32 against itself', async () => {
    const report = await check({ run: fp32, baseline: fp32 });
    expect([report.verdict, report.differs]).toEqual(['passed', []]);
  });

  // Of a feed-forward layer: doubling a projection of the attention (681, 729) moves vectors, and no score of these pairs.
  it('fails an export with the scale of one layer doubled, and names its file', async () => {
    const damaged = await run(
      jsts,
      withDoubledScale(MODEL, 'model_quantized.onnx', 'onnx::MatMul_728_scale'),
      '--dtype',
      'q8',
    );
    expect((await failures(damaged, q8)).part_jsts).toMatch(
      /a loss beyond noise: -.*file onnx\/model_quantized\.onnx changed/,
    );
    expect((await failures(damaged, fp32)).part_jsts).toContain('dtype "fp32" and "q8"');
  }, 600_000);

  it('fails another pooling, and names it', async () => {
    const damaged = await run(jsts, MODEL, '--pooling', 'last_token');
    expect((await failures(damaged, fp32)).part_jsts).toContain('pooling "mean" and "lasttoken"');
  }, 600_000);

  it('fails half a vocabulary, and counts the unknown tokens', async () => {
    const model = withFile(MODEL, 'tokenizer.json', (bytes) => {
      const json = JSON.parse(bytes.toString()) as { model: { vocab: Record<string, number> } };
      json.model.vocab = Object.fromEntries(Object.entries(json.model.vocab).filter(([, id]) => id < 1900));
      return Buffer.from(JSON.stringify(json));
    });
    const found = await failures(await run(jsts, model), fp32);
    expect(found.part_jsts).toMatch(/unknown tokens \d+ and \d+; file tokenizer\.json changed/);
  }, 600_000);

  it('fails documents without their prompt, and shows both strings', async () => {
    const task = 'nlp_journal_v16_v24_title_abs';
    const query = ['--max-tokens', '64', '--query-prompt', PROMPT];
    const whole = await run(task, MODEL, ...query, '--document-prompt', PROMPT);
    const damaged = await run(task, MODEL, ...query);
    expect((await failures(damaged, whole))[task]).toContain(`prompt of document "${PROMPT}" and ""`);
  }, 600_000);
});
