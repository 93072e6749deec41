import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/definitions/package-root.js';
import { kindByFields, validateDefinitionFile } from '../../src/definitions/validate-definition.js';

const folder = mkdtempSync(join(tmpdir(), 'jmteb-validate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function copy(...path: string[]): string {
  const to = join(folder, 'copy.json');
  writeFileSync(to, readFileSync(join(packageRoot(), ...path)));
  return to;
}

function validate(value: unknown): ReturnType<typeof validateDefinitionFile> {
  const path = join(folder, 'x.json');
  writeFileSync(path, JSON.stringify(value));
  return validateDefinitionFile(path);
}

describe('validateDefinitionFile', () => {
  test.each([
    ['task', 'jsts', ['tasks', 'sts', 'jsts.json']],
    ['task', 'nlp_journal_title_abs', ['tasks', 'retrieval', 'nlp_journal_title_abs.json']],
    ['suite', 'jmteb-v1', ['tasks', 'suites', 'jmteb-v1.json']],
    ['model', 'BAAI/bge-m3', ['configs', 'BAAI', 'bge-m3.json']],
    ['published', 'jmteb-v1', ['results', 'published', 'jmteb-v1.json']],
  ] as const)('knows a %s (%s) by its fields, wherever the file is', (kind, id, path) => {
    expect(validateDefinitionFile(copy(...path))).toEqual({ kind, id, problems: [], warnings: [] });
    expect(validateDefinitionFile(join(packageRoot(), ...path))).toMatchObject({ kind, id, problems: [] });
  });

  test('a definition with mistakes is still what it was meant to be', () => {
    expect(validate({ id: 'a', famly: 'STS', splits: {}, columns: {} })).toMatchObject({ kind: 'task' });
    expect(validate({ id: 'a', tasks: ['jsts'], average: [] })).toMatchObject({ kind: 'suite' });
    expect(validate({ id: 'a/b', pooling: 'men' })).toMatchObject({ kind: 'model' });
  });

  test('a suite is held to the tasks that there are', () => {
    const suite = { id: 's', version: 1, title: 'S', averages: ['datasets'], tasks: ['jsts', 'jsikc', 'none.json'] };
    const { problems } = validate(suite);
    expect(problems.map((p) => [p.where, p.what, p.fix])).toEqual([
      [join(folder, 'x.json'), '"tasks[1]" is "jsikc", which is no task.', 'did you mean "jsick"?'],
      [join(folder, 'none.json'), 'there is no such file.', 'check the path.'],
    ]);
  });

  test('what is no definition is one problem, never a crash', () => {
    for (const value of [
      {},
      [],
      3,
      'text',
      null,
      { a: 1 },
      { id: 'x', version: 1 },
      { schema: 'jmteb/run/1', suite: 'x', model: {} },
    ]) {
      const report = validate(value);
      expect(report.kind).toBeUndefined();
      expect(report.problems).toHaveLength(1);
    }
    writeFileSync(join(folder, 'bytes.json'), new Uint8Array([0, 255, 1]));
    expect(validateDefinitionFile(join(folder, 'bytes.json')).problems).toHaveLength(1);
    expect(validateDefinitionFile(join(folder, 'missing.json')).problems[0].what).toBe('there is no such file.');
  });

  test('the kind can be said, then the file is held to it', () => {
    expect(validateDefinitionFile(copy('configs', 'BAAI', 'bge-m3.json'), 'task').problems.length).toBeGreaterThan(3);
  });

  test('a field for editors decides when the others do not', () => {
    expect(kindByFields({ $schema: '../schemas/suite.schema.json', id: 'x' })).toBe('suite');
    expect(kindByFields({ $schema: 'jmteb/model/1' })).toBe('model');
  });
});
