import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { Mecab } from '../../src/tokenization/mecab.js';
import { DICTIONARY_FILES, readMecabDictionary } from '../../src/tokenization/mecab-dictionary.js';
import { writeTinyDictionary } from './vendored-dictionary.js';

let root: string;
let sound: string;
let count = 0;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'jmteb-dictionary-'));
  sound = writeTinyDictionary(join(root, 'sound'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** A copy of the sound dictionary with one file changed. */
function changed(name: string, change: (bytes: Buffer) => Uint8Array): string {
  const folder = join(root, String(count++));
  cpSync(sound, folder, { recursive: true });
  writeFileSync(join(folder, name), change(readFileSync(join(sound, name))));
  return folder;
}

function faultOf(folder: string): string {
  try {
    readMecabDictionary(folder);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(UserError);
    return (thrown as UserError).message;
  }
  return 'none';
}

/** The size of a file is written at its head. */
function withSize(bytes: Buffer): Buffer {
  bytes.writeUInt32LE((bytes.length ^ 0xef718f77) >>> 0, 0);
  return bytes;
}

describe('readMecabDictionary', () => {
  it('keeps a dictionary that it has read', () => {
    expect(readMecabDictionary(sound)).toBe(readMecabDictionary(sound));
  });

  it('names the files that are missing, and folders in their place', () => {
    const folder = join(root, 'half');
    mkdirSync(join(folder, 'sys.dic'), { recursive: true });
    expect(faultOf(folder)).toContain('char.bin, dicrc, matrix.bin, sys.dic, unk.dic are missing');
    rmSync(
      join(
        changed('dicrc', (bytes) => bytes),
        'dicrc',
      ),
    );
    expect(faultOf(join(root, String(count - 1)))).toContain('dicrc is missing');
  });

  it.each(DICTIONARY_FILES.filter((name) => name !== 'dicrc'))(
    'refuses %s that was cut, anywhere, and names it',
    (name) => {
      const { length } = readFileSync(join(sound, name));
      for (const kept of [0, 3, 71, Math.floor(length / 2), length - 1]) {
        if (kept >= length) continue;
        expect(faultOf(changed(name, (bytes) => bytes.subarray(0, kept)))).toContain(name);
      }
    },
  );

  it('refuses other charsets, versions, kinds and foreign files', () => {
    const eucJp = changed('sys.dic', (bytes) => Buffer.from(bytes).fill(0, 40, 72).fill('EUC-JP', 40, 46));
    expect(faultOf(eucJp)).toContain('its words are in EUC-JP');
    expect(faultOf(changed('sys.dic', (bytes) => (bytes.writeUInt32LE(101, 4), bytes)))).toContain('version 101');
    expect(faultOf(changed('sys.dic', () => readFileSync(join(sound, 'unk.dic'))))).toContain('no system dictionary');
    expect(faultOf(changed('matrix.bin', (bytes) => (bytes.writeUInt32LE(0x000a000b, 0), bytes)))).toContain(
      'matrix.bin',
    );
    expect(faultOf(changed('char.bin', () => Buffer.alloc(262_496)))).toContain('char.bin');
    for (const name of DICTIONARY_FILES.filter((file) => file !== 'dicrc')) {
      expect(faultOf(changed(name, () => Buffer.from('<html>not found</html>'.repeat(10))))).toContain(name);
    }
  });

  it('refuses claims of absurd sizes', () => {
    for (const at of [24, 28, 32]) {
      for (const claim of [0, 7, 0x7fffffff, 0xffffffff]) {
        expect(faultOf(changed('sys.dic', (bytes) => (bytes.writeUInt32LE(claim, at), bytes)))).toContain('sys.dic');
      }
    }
  });

  it('refuses entries with ids that the matrix lacks, and words with entries that are not there', () => {
    const tokens = (bytes: Buffer): number => 72 + bytes.readUInt32LE(24);
    expect(faultOf(changed('sys.dic', (bytes) => (bytes.writeUInt16LE(11, tokens(bytes)), bytes)))).toContain('id');
    const fewer = changed('sys.dic', (bytes) => {
      const [at, size] = [tokens(bytes), bytes.readUInt32LE(28)];
      const cut = Buffer.concat([bytes.subarray(0, at + 16), bytes.subarray(at + size)]);
      cut.writeUInt32LE(16, 28);
      return withSize(cut);
    });
    expect(faultOf(fewer)).toContain('entries that are not there');
  });

  it('takes the longest group from dicrc', () => {
    const folder = changed('dicrc', (bytes) => Buffer.concat([bytes, Buffer.from('\nmax-grouping-size = 3\n')]));
    expect(readMecabDictionary(folder).longestGroup).toBe(3);
    expect(readMecabDictionary(sound).longestGroup).toBe(24);
  });

  it('survives any changed byte: an error that names the file, or words', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    const text = '今日は東京でﾊﾟｿｺﾝをNew York 12𠮷ーー見る。';
    let cut = 0;
    for (let i = 0; i < 150; i++) {
      const name = ['sys.dic', 'unk.dic', 'matrix.bin', 'char.bin'][i % 4];
      const folder = changed(name, (bytes) => {
        for (let n = 0; n < 20; n++) bytes[random(i % 2 === 0 ? bytes.length : 2000) % bytes.length] = random(256);
        // Half of them are whole to the eye.
        return name.endsWith('.dic') && i % 8 > 3 ? withSize(bytes) : bytes;
      });
      try {
        const words = new Mecab(readMecabDictionary(folder)).words(text);
        expect(words.join('').length).toBeLessThanOrEqual(text.length);
        cut += 1;
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(UserError);
        expect((thrown as UserError).message).toContain(name);
      }
      rmSync(folder, { recursive: true });
    }
    expect(cut).toBeGreaterThan(10);
  });
});
