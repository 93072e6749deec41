/**
 * Entry of a thread that ends its process once the parent is gone, however busy the other thread is: the news that comes
 * over the channel waits there until a long computation is done.
 */
import { workerData } from 'node:worker_threads';
import { isAlive } from '../write-atomically.js';

const WATCH_MS = 500;

/** As it was when the process began: it may be gone by now. */
const parent = workerData as number;

setInterval(() => {
  // Elsewhere than on Windows an orphan gets another parent at once.
  if (process.ppid !== parent || !isAlive(parent)) process.kill(process.pid, 'SIGKILL');
}, WATCH_MS);
