import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe } from 'vitest';

const root = resolve(import.meta.dirname, '..', '..', 'shared');

/** Whether the folder `shared` (real rows, goldens, models) lies beside the checkout. */
export const hasShared = existsSync(join(root, 'spec'));

/** A path in `shared`. */
export function sharedPath(...parts: string[]): string {
  return join(root, ...parts);
}

/** A path in the vendored goldens. */
export function goldenPath(...parts: string[]): string {
  return join(import.meta.dirname, 'golden', ...parts);
}

/** Tests that need `shared`: skipped with the reason in their name where it is absent. */
export function describeShared(name: string, body: () => void): void {
  if (hasShared) describe(name, body);
  else describe.skip(`${name} [skipped: needs the folder "shared" beside the checkout]`, body);
}

/** Long tests: only with `npm run test:full`. */
export function describeFull(name: string, body: () => void): void {
  if (process.env.JMTEB_TEST_FULL === '1') describeShared(name, body);
  else describe.skip(`${name} [skipped: long, runs in npm run test:full]`, body);
}
