import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { goldenPath } from '../shared.js';

/** Puts the small dictionary of the goldens into a new folder. */
export function writeTinyDictionary(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of ['dicrc', 'matrix.bin', 'sys.dic', 'unk.dic']) {
    copyFileSync(goldenPath('mecab', name), join(folder, name));
  }
  writeFileSync(join(folder, 'char.bin'), gunzipSync(readFileSync(goldenPath('mecab', 'char.bin.gz'))));
  return folder;
}
