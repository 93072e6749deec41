import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MachineError } from '../src/errors.js';
import { clearTemporaryFiles, writeAtomically, type FileOperations } from '../src/write-atomically.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jmteb-write-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const fault = (code: string) => Object.assign(new Error(`${code}: made up`), { code });
const STEPS = ['mkdir', 'create', 'writeFile', 'sync', 'close', 'rename'] as const;
type Step = (typeof STEPS)[number];

/** The real disk until `failing`, where it fails; what was written of the bytes by then stays written. */
function failingDisk(failing: Step, code: string, isDead = false): FileOperations {
  let down = false;
  const at = async (step: Step) => {
    // A killed process does nothing more, not even its cleaning up.
    if (down && isDead) throw fault('DEAD');
    if (step === failing) {
      down = true;
      throw fault(code);
    }
  };
  return {
    mkdir: async (path) => {
      await at('mkdir');
      await mkdir(path, { recursive: true });
    },
    create: async (path) => {
      await at('create');
      const file = await open(path, 'wx');
      return {
        writeFile: async (bytes) => {
          if (failing === 'writeFile') await file.write(bytes.subarray(0, Math.floor(bytes.length / 2)));
          await at('writeFile');
          await file.writeFile(bytes);
        },
        sync: () => at('sync'),
        close: async () => {
          await file.close();
          await at('close');
        },
      };
    },
    rename: async (from, to) => {
      await at('rename');
      await rename(from, to);
    },
    unlink: async (path) => {
      if (down && isDead) throw fault('DEAD');
      await unlink(path);
    },
    syncFolder: async () => undefined,
  };
}

describe('an atomic write', () => {
  it('writes the bytes, makes missing folders and leaves nothing beside them', async () => {
    const path = join(folder, 'a', 'b', '結果.json');
    await writeAtomically(path, '日本\n');
    expect(await readFile(path, 'utf8')).toBe('日本\n');
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['結果.json']);
  });

  it('replaces what was there', async () => {
    const path = join(folder, 'x');
    await writeAtomically(path, 'a longer text than the next');
    await writeAtomically(path, Uint8Array.of(1, 2));
    expect([...(await readFile(path))]).toEqual([1, 2]);
  });

  it.each(STEPS.flatMap((step) => ['ENOSPC', 'EACCES', 'EIO'].map((code) => [step, code] as const)))(
    'that fails at %s with %s keeps the old file, leaves nothing behind and says what happened',
    async (step, code) => {
      const path = join(folder, 'result.json');
      await writeFile(path, 'old');
      const failed = await writeAtomically(path, 'new', failingDisk(step, code)).catch((thrown: unknown) => thrown);
      expect(failed).toBeInstanceOf(MachineError);
      expect((failed as Error).message).toContain(path);
      expect((failed as Error).message).toMatch(/Fix: /);
      expect((failed as MachineError).cause).toMatchObject({ code });
      expect(await readFile(path, 'utf8')).toBe('old');
      expect(await readdir(folder)).toEqual(['result.json']);
    },
  );

  it.each(STEPS)('that is killed at %s never shows half a file under its name', async (step) => {
    const path = join(folder, 'result.json');
    await writeAtomically(path, 'new', failingDisk(step, 'KILLED', true)).catch(() => undefined);
    expect((await readdir(folder)).filter((name) => name.endsWith('.json'))).toEqual([]);
  });

  it('says that the room is used up', async () => {
    const failed = writeAtomically(join(folder, 'x'), 'new', failingDisk('writeFile', 'ENOSPC'));
    await expect(failed).rejects.toThrow(/no room left on the device \(ENOSPC\)\n {2}Fix: make room/);
  });

  it('says that a file stands where a folder should be, and that a folder stands where the file should be', async () => {
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'taken', 'inner'), { recursive: true });
    await expect(writeAtomically(join(folder, 'file', 'x'), '')).rejects.toThrow(/something else stands at this path/);
    await expect(writeAtomically(join(folder, 'taken'), '')).rejects.toThrow(/something else stands at this path/);
    expect((await readdir(folder)).sort()).toEqual(['file', 'taken']);
  });

  it('is not disturbed by others that write the same file at the same time', async () => {
    const path = join(folder, 'x');
    const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(texts.map((text) => writeAtomically(path, text)));
    expect(texts).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['x']);
  });

  it('goes on when somebody takes its temporary file away', async () => {
    const path = join(folder, 'x');
    let taken = 0;
    const disk: FileOperations = {
      ...failingDisk('mkdir', ''),
      mkdir: async () => undefined,
      rename: async (from, to) => {
        if (taken++ === 0) await unlink(from);
        await rename(from, to);
      },
    };
    await writeAtomically(path, 'new', disk);
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('works for names as long as the file system allows', async () => {
    const path = join(folder, '長'.repeat(85));
    await writeAtomically(path, 'x');
    expect(await readFile(path, 'utf8')).toBe('x');
  });
});

describe('clearing temporary files', () => {
  it('removes those of dead processes and keeps those of living ones and everything else', async () => {
    // The largest process number of Linux is 2^22.
    const dead = '.x.json.99999999-0123456789ab.tmp';
    const alive = `.x.json.${process.ppid}-0123456789ab.tmp`;
    const others = ['x.json', '.hidden', 'y.tmp', '.x.json.abc-0123456789ab.tmp'];
    for (const name of [dead, alive, ...others]) await writeFile(join(folder, name), '');
    expect(await clearTemporaryFiles(folder)).toEqual([dead]);
    expect((await readdir(folder)).sort()).toEqual([alive, ...others].sort());
  });

  it('of a process that ended and that nobody waits for are removed', async () => {
    // The shell gives its place to a program that never looks after its children.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30']);
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const name = `.x.json.${Number(line.toString())}-0123456789ab.tmp`;
      await writeFile(join(folder, name), '');
      await expect.poll(() => clearTemporaryFiles(folder)).toEqual([name]);
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('of an earlier process that had the number of this one are removed', async () => {
    const [own, old] = [1, 2].map((n) => `.x.json.${process.pid}-00000000000${n}.tmp`);
    for (const name of [own, old]) await writeFile(join(folder, name), '');
    const before = Date.now() / 1000 - process.uptime() - 60;
    await utimes(join(folder, old), before, before);
    expect(await clearTemporaryFiles(folder)).toEqual([old]);
  });

  it('are removed when the same file is written again, those of other files are not', async () => {
    const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
    const [same, other] = ['x.json', 'y.json'].map((name) => `.${name}.${dead}-0123456789ab.tmp`);
    for (const name of [same, other]) await writeFile(join(folder, name), '');
    await writeAtomically(join(folder, 'x.json'), '{}');
    expect((await readdir(folder)).sort()).toEqual([other, 'x.json'].sort());
  });

  it('has nothing to do in a folder that is not there', async () => {
    expect(await clearTemporaryFiles(join(folder, 'none'))).toEqual([]);
  });
});
