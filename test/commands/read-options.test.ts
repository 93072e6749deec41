import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { parseArguments } from '../../src/cli/parse-arguments.js';
import { OPTIONS } from '../../src/commands/options.js';
import { parseBytes, readOptions } from '../../src/commands/read-options.js';

const allowed = COMMANDS.run.options;

function read(args: string[], environment: Record<string, string> = {}) {
  return readOptions({ given: parseArguments(args).given, environment, allowed });
}

function config(content: unknown): string {
  const path = join(mkdtempSync(join(tmpdir(), 'jmteb-')), 'config.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('options of the command line', () => {
  it('are read in every spelling, under their names in code', () => {
    const args = [
      '-m',
      'a',
      '--model=b',
      '-t',
      'jsts,jsick',
      '--data_dir',
      'rows',
      '--limit',
      '5',
      '--json',
      '--normalize=false',
    ];
    const { values, problems } = read(args);
    expect(problems).toEqual([]);
    expect(values).toEqual({
      model: ['a', 'b'],
      tasks: ['jsts,jsick'],
      dataDir: 'rows',
      limit: 5,
      json: true,
      normalize: false,
    });
  });

  it('take the last of a repeated option that is no list, and --no-X for a boolean', () => {
    expect(read(['--seed', '1', '--seed', '4294967295', '--no-normalize']).values).toEqual({
      seed: 4294967295,
      normalize: false,
    });
  });

  it('keep texts as they are: empty ones, ones that begin with a hyphen after =, ones with = in them', () => {
    expect(read(['--query-prompt=', '--document-prompt=-x', '--prompt=a=b']).values).toEqual({
      queryPrompt: '',
      documentPrompt: '-x',
      prompt: 'a=b',
    });
  });

  it('report everything that is wrong at once, with the nearest name', () => {
    const { problems } = read(['--sead', '1', '--limit', '0', '--batch-policy', 'any', '--seed', '1.5', '--model']);
    expect(problems.map(({ where }) => where)).toEqual(['--sead', '--model', '--limit', '--batch-policy', '--seed']);
    expect(problems[0].fix).toContain('--seed');
    expect(problems[2].fix).toContain('whole number from 1');
    expect(problems[3].fix).toContain('bucketed, single');
  });

  it('say when an option belongs to another command', () => {
    expect(read(['--ids', 'x']).problems[0].what).toContain('not an option of this command');
  });
});

describe('options in the environment and in a file', () => {
  it('are read from JMTEB_<NAME>, and the command line wins', () => {
    const environment = { JMTEB_SEED: '7', JMTEB_MODEL: 'a,b', JMTEB_JSON: '1', JMTEB_LIMIT: '' };
    expect(read(['--seed', '8'], environment).values).toEqual({ seed: 8, model: ['a', 'b'], json: true });
  });

  it('are read from the file in any spelling of the names, and the environment wins', () => {
    const path = config({
      'data-dir': 'rows',
      clusteringSeeds: 3,
      seed_mode: 'stream',
      seed: 1,
      tasks: ['jsts'],
      ids: 'x',
    });
    const { values, problems } = read(['--config', path], { JMTEB_SEED: '2' });
    expect(problems).toEqual([]);
    expect(values).toEqual({
      config: path,
      dataDir: 'rows',
      clusteringSeeds: 3,
      seedMode: 'stream',
      seed: 2,
      tasks: ['jsts'],
    });
  });

  it('are refused with their place when wrong', () => {
    expect(read([], { JMTEB_SEED: 'x' }).problems[0].where).toBe('JMTEB_SEED');
    const path = config({ seed: -1, sede: 1, tasks: [1] });
    expect(read(['--config', path]).problems.map(({ where }) => where)).toEqual([
      `${path}: "sede"`,
      `${path}: "tasks"`,
      `${path}: "seed"`,
    ]);
    expect(read(['--config', config('{"seed": }')]).problems).toHaveLength(1);
    expect(read(['--config', config([1])]).problems[0].what).toContain('no JSON object');
    expect(read(['--config', 'no/such/file.json']).problems).toHaveLength(1);
  });
});

describe('the table of options', () => {
  it('has one letter for one option', () => {
    const letters = Object.values(OPTIONS).flatMap((option) => ('short' in option ? [option.short] : []));
    expect(new Set(letters).size).toBe(letters.length);
  });

  it('has no option that no command takes', () => {
    const taken = new Set(Object.values(COMMANDS).flatMap(({ options }) => [...options] as string[]));
    expect(Object.keys(OPTIONS).filter((name) => !taken.has(name))).toEqual([]);
  });
});

describe('sizes', () => {
  it('are powers of 1,024 in any spelling, and at least 64 MiB', () => {
    expect(parseBytes('2GiB')).toBe(2 ** 31);
    expect(parseBytes('1.5 gb')).toBe(1.5 * 2 ** 30);
    expect(parseBytes('512m')).toBe(2 ** 29);
    expect(parseBytes('67108864')).toBe(2 ** 26);
    for (const text of ['', '2', '63MiB', '-1g', '1e9', '1 GiB x', '9999999999t'])
      expect(parseBytes(text)).toBeUndefined();
  });
});
