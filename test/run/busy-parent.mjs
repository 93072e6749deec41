/** Starts a child that never pauses once it has said so, and tells its number. */
import process from 'node:process';
import { join } from 'node:path';
import { ChildProcess } from '../../dist/run/child-process.js';

const child = new ChildProcess(join(import.meta.dirname, 'busy-child.mjs'));
await child.call('are you there?');
void child.call('be busy');
process.stdout.write(`${child.pid}\n`);
