import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkSchema } from '../../src/definitions/schema-check.js';
import { packageRoot } from '../../src/definitions/package-root.js';
import { describeShared, sharedPath } from '../shared.js';
import { japaneseModel } from '../doctor/tiny-japanese.js';
import { temporaryFolder } from './jmteb.js';

interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly if?: string;
}
interface Workflow {
  readonly jobs: { readonly gate: { readonly env: Record<string, string>; readonly steps: readonly Step[] } };
}
interface Action {
  readonly inputs: Record<string, { readonly required?: boolean; readonly default?: string }>;
  readonly outputs: Record<string, { readonly value: string }>;
  readonly runs: { readonly steps: readonly Step[] };
}

const root = packageRoot();
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const blocks = (language: string): string[] =>
  [...text('docs/ci.md').matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, block]) => block);
const workflow = parse(blocks('yaml')[0]) as Workflow;
const action = parse(text('action.yml')) as Action;

/** A checkout of somebody's repository: the program on the path, and the files that a runner gives. */
function checkout(): { folder: string; runStep: (run: string, env: Record<string, string>) => Ended } {
  const folder = temporaryFolder();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const program = join(bin, 'jmteb');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'dist/cli/main.js')}" "$@"\n`);
  chmodSync(program, 0o755);
  const given = ['ENV', 'OUTPUT', 'STEP_SUMMARY'].map((name) => [`GITHUB_${name}`, join(folder, name)] as const);
  for (const [, path] of given) writeFileSync(path, '');
  const runStep = (run: string, env: Record<string, string>): Ended => {
    const kept = Object.fromEntries(
      readFileSync(join(folder, 'ENV'), 'utf8')
        .split('\n')
        .filter((line) => line.includes('='))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const all = { ...process.env, ...Object.fromEntries(given), GITHUB_ACTIONS: 'true', ...env, ...kept };
    const PATH = `${bin}${delimiter}${process.env.PATH ?? ''}`;
    // As a runner calls a step with "shell: bash".
    const { status, stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], {
      cwd: folder,
      env: { ...all, PATH },
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  return { folder, runStep };
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the commands of the documented workflow one after the other, until one fails. */
function runWorkflow(
  settings: { readonly MODEL: string; readonly OPTIONS: string },
  suite = 'sample',
): { readonly folder: string; readonly ended: ReadonlyMap<string, Ended> } {
  const { folder, runStep } = checkout();
  const { env, steps } = workflow.jobs.gate;
  const ended = new Map<string, Ended>();
  for (const { name, run } of steps) {
    if (run === undefined || name === undefined || name === 'Install') continue;
    const end = runStep(run, { ...env, JMTEB_SUITE: suite, ...settings });
    ended.set(name, end);
    if (end.status !== 0) break;
  }
  return { folder, ended };
}

/** Runs the last step of the action, which is the gate. */
function runAction(inputs: Readonly<Record<string, string>>) {
  const { folder, runStep } = checkout();
  const step = action.runs.steps.find(({ id }) => id === 'score') as Step;
  const given = (name: string): string => inputs[name] ?? action.inputs[name].default ?? '';
  const env = Object.fromEntries(
    Object.entries(step.env ?? {}).map(([name, value]) => [
      name,
      value
        .replace('${{ github.action_path }}', root)
        .replace(/\$\{\{ inputs\.(\S+) \|\| inputs\.(\S+) \}\}/, (_, first: string, second: string) =>
          given(first) === '' ? given(second) : given(first),
        )
        .replace(/\$\{\{ inputs\.(\S+) \}\}/, (_, input: string) => given(input)),
    ]),
  );
  return { folder, env, ended: runStep(step.run ?? '', env), output: readFileSync(join(folder, 'OUTPUT'), 'utf8') };
}

describe('the documented workflow', () => {
  it('passes for a model that is as its reference', () => {
    const { folder, ended } = runWorkflow({ MODEL: japaneseModel(), OPTIONS: '--batch-tokens 512' });
    const failed = [...ended].filter(([, { status }]) => status !== 0);
    expect(failed).toEqual([]);
    expect([...ended.keys()]).toEqual(['Fetch', 'Doctor', 'Score the reference', 'Score the export', 'Gate', 'Report']);
    for (const path of ['.jmteb/junit.xml', '.jmteb/report.html', 'results'])
      expect(existsSync(join(folder, path)), path).toBe(true);
    expect(readFileSync(join(folder, 'STEP_SUMMARY'), 'utf8')).toContain('mean over datasets');
  }, 120_000);

  it('stops where a task cannot be scored', () => {
    const { ended } = runWorkflow({ MODEL: japaneseModel(), OPTIONS: '' }, 'no-such-suite');
    expect([...ended.values()].map(({ status }) => status)).toEqual([2]);
  });

  it('stops at the doctor for a model that is not', () => {
    const { ended } = runWorkflow({ MODEL: japaneseModel(), OPTIONS: '--pooling cls' });
    expect([...ended].map(([name, { status }]) => [name, status])).toEqual([
      ['Fetch', 0],
      ['Doctor', 3],
    ]);
  });

  it('names limits that the schema accepts', () => {
    const [limits] = blocks('json');
    expect(checkSchema('limits', JSON.parse(limits), 'docs/ci.md', 'limits')).toEqual([]);
  });
});

describe('the action', () => {
  it('gives both runs and passes, with nothing but names from its inputs in the environment', () => {
    const model = japaneseModel();
    const named = join(temporaryFolder(), 'a $(touch hacked) "model"');
    cpSync(model, named, { recursive: true });
    const { folder, ended, output } = runAction({ model: named, options: '--batch-tokens 512', suite: 'sample' });
    expect(ended.status, ended.stderr).toBe(0);
    expect(output).toMatch(/^baseline=.+\nrun=.+\n$/);
    expect(existsSync(join(folder, 'hacked'))).toBe(false);
  }, 120_000);

  it('fails when the doctor does, and still tells what was lost', () => {
    const { ended } = runAction({ model: japaneseModel(), options: '--pooling cls', suite: 'sample' });
    expect(ended.status).not.toBe(0);
    expect(ended.stdout).toContain('sample_retrieval');
  }, 120_000);

  it('hands every input on, and only inputs that it has', () => {
    const used = [...text('action.yml').matchAll(/inputs\.([a-z-]+)/g)].map(([, name]) => name);
    expect(new Set(used)).toEqual(new Set(Object.keys(action.inputs)));
    expect(Object.keys(action.outputs)).toEqual(['run', 'baseline']);
  });
});

describeShared('the documented workflow with a quantised export', () => {
  it('runs to its end', () => {
    const MODEL = sharedPath('models', 'onnx-export-all-dtypes');
    const { ended } = runWorkflow({ MODEL, OPTIONS: '--dtype q8' });
    expect([...ended].filter(([, { status }]) => status !== 0)).toEqual([]);
  }, 120_000);
});
