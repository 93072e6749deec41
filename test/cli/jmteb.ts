import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';

const entry = resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface JmtebOptions {
  readonly cwd?: string;
  /** Variables beside those of this process; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The built command line in a process of its own, without options from this environment. */
export function startJmteb(
  args: readonly string[],
  options: JmtebOptions = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('JMTEB_'));
  const env = { ...Object.fromEntries(inherited), ...options.env };
  const child = spawn(process.execPath, [entry, ...args], { env, cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((settle) => child.on('close', (code) => settle({ code, stdout, stderr })));
  return { child, ended };
}

/** Runs the command line to its end. */
export function jmteb(args: readonly string[], options: JmtebOptions = {}): Promise<Ended> {
  return startJmteb(args, options).ended;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'jmteb-test-'));
}

/** Every file below a folder with its bytes; JSON without what may differ between two equal runs. */
export function contents(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (path: string): void => {
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) walk(join(path, name));
    else found[relative(folder, path)] = path.endsWith('.json') ? lasting(path) : readFileSync(path, 'base64');
  };
  walk(folder);
  return found;
}

function lasting(path: string): string {
  const value = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  delete value.timing;
  delete value.environment;
  return JSON.stringify(value, null, 1);
}

/** Shards below a folder, by the file they are: one that is written again is another file. */
export function shards(folder: string): [path: string, identity: string][] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true }) as string[];
  const found = names.filter((name) => /[/\\]\d{5}\.arrow$/.test(name));
  return found.map((name) => {
    const { ino, mtimeMs } = statSync(join(folder, name));
    return [name, `${ino} ${mtimeMs}`];
  });
}
