/** An inference process that is killed when it starts for the first time: while a file is not there. */
import { existsSync, writeFileSync } from 'node:fs';
import process from 'node:process';

const mark = process.env.DIES_ONCE;
if (!existsSync(mark)) {
  writeFileSync(mark, '');
  process.kill(process.pid, 'SIGKILL');
}
await import('../../dist/run/inference-child.js');
