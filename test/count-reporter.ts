import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** A skip for want of this folder is a failure where the folder is there. */
const shared = resolve(import.meta.dirname, '..', '..', 'shared');

/** Prints `N passed, N failed, N skipped` as the last line, and why tests were skipped above it. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandled.length;
    let skipped = 0;
    const reasons = new Set<string>();
    for (const module of modules) {
      if (module.errors().length > 0) failed += 1;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failed += 1;
        else {
          skipped += 1;
          const reason = /\[skipped: ([^\]]+)\]/.exec(test.fullName)?.[1];
          reasons.add(reason ?? test.fullName);
        }
      }
    }
    const wrongly = existsSync(shared) ? [...reasons].filter((reason) => reason.includes('"shared"')) : [];
    if (wrongly.length > 0) {
      failed += wrongly.length;
      process.exitCode = 1;
    }
    // The default reporter prints its summary in the same hook; ours must come after it.
    process.on('exit', () => {
      for (const reason of reasons) process.stdout.write(`skipped: ${reason}\n`);
      for (const reason of wrongly) process.stdout.write(`failed: skipped although "shared" is there: ${reason}\n`);
      process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
    });
  }
}
