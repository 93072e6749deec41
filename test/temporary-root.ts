import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * One folder for everything that a test run writes; it is removed with all that tests and killed processes left there. And no
 * network: tests of the Hub name one of their own.
 */
export default function setup(): () => void {
  const root = mkdtempSync(join(tmpdir(), 'jmteb-tests-'));
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = root;
  process.env.HF_HUB_OFFLINE = '1';
  return () => rmSync(root, { recursive: true, force: true });
}
