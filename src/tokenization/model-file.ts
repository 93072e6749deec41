import { readFileSync, statSync } from 'node:fs';
import { FileFault } from '../datasets/file-fault.js';
import { UserError, messageOf } from '../errors.js';

/** The largest vocabularies in use have a few megabytes. */
const LARGEST_FILE = 256 << 20;

/**
 * Reads a file of a tokenizer, and makes a problem that names it of whatever is wrong.
 *
 * @param where the file's name in messages
 * @param use makes something of the bytes; a FileFault says what is wrong with them
 * @throws UserError
 */
export function readModelFile<T>(path: string, where: string, use: (bytes: Uint8Array) => T): T {
  return namingFile(where, () => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) throw new FileFault('there is no such file.', 'take the model again from its publisher.');
    if (!stat.isFile()) throw new FileFault('it is no regular file.');
    if (stat.size > LARGEST_FILE) throw new FileFault(`it has ${stat.size} bytes; at most ${LARGEST_FILE} are read.`);
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(path);
    } catch (thrown) {
      throw new FileFault(`it cannot be read (${messageOf(thrown)}).`);
    }
    return use(bytes);
  });
}

/** Makes a problem that names the file of a fault that does not. */
export function namingFile<T>(where: string, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    if (!(thrown instanceof FileFault)) throw thrown;
    throw new UserError({ where, what: thrown.message, fix: thrown.fix });
  }
}
