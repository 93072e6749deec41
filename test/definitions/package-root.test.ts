import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/definitions/package-root.js';

const built = resolve(import.meta.dirname, '..', '..', 'dist', 'definitions', 'package-root.js');

describe('packageRoot', () => {
  test('is the folder with the definitions', () => {
    expect(packageRoot()).toBe(resolve(import.meta.dirname, '..', '..'));
    for (const folder of ['tasks', 'configs', 'schemas']) expect(existsSync(join(packageRoot(), folder))).toBe(true);
  });

  test.skipIf(!existsSync(built))('is the same for the built files and from any working directory', () => {
    const code = `import { packageRoot } from ${JSON.stringify(pathToFileURL(built).href)}; console.log(packageRoot());`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: '/', encoding: 'utf8' });
    expect(printed.trim()).toBe(packageRoot());
  });
});
