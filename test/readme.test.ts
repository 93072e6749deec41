import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPTIONS } from '../src/commands/options.js';
import { jmteb, temporaryFolder } from './cli/jmteb.js';

const root = resolve(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
  .scripts;

describe('the README', () => {
  it('shows the table that its first command prints', async () => {
    const command = /node dist\/cli\/main\.js (.+)$/.exec(scripts.start)?.[1] as string;
    const folder = temporaryFolder();
    const args = command.replaceAll('.jmteb', folder).split(' ');
    const { code, stdout } = await jmteb(args);
    expect(code).toBe(0);
    const table = stdout.trimEnd().split('\n').slice(0, -2);
    for (const line of table) expect(readme).toContain(line === '' ? '\n\n' : `    ${line}\n`);
  });

  it('names only files, commands and options that there are', async () => {
    const { stdout } = await jmteb(['--help']);
    for (const [, name] of readme.matchAll(/`jmteb ([a-z]+)/g)) expect(stdout).toContain(`  ${name}`);
    const known = new Set(['--help', ...Object.keys(OPTIONS).map((option) => `--${option}`)]);
    const named = [...readme.matchAll(/(?<![\w-])--[a-z]+(?:-[a-z]+)*/g)].map(([option]) => option);
    expect(named.filter((option) => !known.has(option))).toEqual([]);
    expect(named.length).toBeGreaterThan(5);
  });

  it('is tried by the test command that it names', () => {
    expect(readme).toContain('npm ci && npm start');
    expect(readme).toContain('npm ci && npm test');
    expect(readFileSync(join(root, '.ci', 'run'), 'utf8')).toContain('npm test');
  });
});
