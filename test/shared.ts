import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'vitest';

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
  else skipped(name, 'needs the folder "shared" beside the checkout');
}

/** Long tests: only with `npm run test:full`. */
export function describeFull(name: string, body: () => void): void {
  if (process.env.JMTEB_TEST_FULL === '1') describeShared(name, body);
  else skipped(name, 'long, runs in npm run test:full');
}

/** The body is not called: vitest would call it to collect its tests, and it may read what is not there. */
function skipped(name: string, reason: string): void {
  describe.skip(`${name} [skipped: ${reason}]`, () => {
    it('is not run', () => undefined);
  });
}
