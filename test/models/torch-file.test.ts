import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import type { StoredTensor } from '../../src/models/safetensors.js';
import { readTorchFile } from '../../src/models/torch-file.js';
import { TINY_CONFIG, slowBert, tinyTensors } from './tiny-bert.js';
import { expectMean, expectRefused, tinyFolders } from './tiny-model.js';
import { float32Tensor, writeSafetensors } from './write-safetensors.js';
import { op, pickledTensor, torchFile, zip, type TensorPlace } from './write-torch-file.js';

const root = mkdtempSync(join(tmpdir(), 'jmteb-torch-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const folders = tinyFolders();

function read(bytes: Uint8Array): Map<string, StoredTensor> {
  const file = join(root, 'pytorch_model.bin');
  writeFileSync(file, bytes);
  return readTorchFile(file, 'model/pytorch_model.bin');
}

/** An archive with a pickle and eight numbers. */
const archive = (pickle: Buffer): Buffer =>
  zip(
    new Map<string, Uint8Array>([
      ['a/data.pkl', pickle],
      ['a/data/0', new Uint8Array(32)],
    ]),
  );
const PLACE: TensorPlace = { storage: '0', type: 'FloatStorage', elements: 8, shape: [2, 4], strides: [4, 1] };
const one = (change: Partial<TensorPlace>): Buffer =>
  archive(op.pickle(op.dictionary(op.text('w'), pickledTensor({ ...PLACE, ...change }))));

describe('weights that torch.save wrote', () => {
  it('are read where they lie, in float32 and bfloat16', async () => {
    for (const dtype of ['F32', 'BF16'] as const) {
      const folder = folders.write(TINY_CONFIG, null);
      writeFileSync(join(folder, 'pytorch_model.bin'), torchFile(tinyTensors((name) => `bert.${name}`, dtype)));
      await expectMean(folder, (ids) => slowBert(ids));
    }
  });

  it('are read from several files by their index, which names files beside it', async () => {
    const tensors = [...tinyTensors()];
    const parts = [new Map(tensors.slice(0, 10)), new Map(tensors.slice(10))];
    const map = Object.fromEntries(parts.flatMap((part, i) => [...part.keys()].map((name) => [name, `p${i}.bin`])));
    const index = 'pytorch_model.bin.index.json';
    const folder = folders.write(TINY_CONFIG, null, { [index]: { weight_map: map } });
    for (const [i, part] of parts.entries()) writeFileSync(join(folder, `p${i}.bin`), torchFile(part));
    await expectMean(folder, (ids) => slowBert(ids));
    rmSync(join(folder, 'p1.bin'));
    await expectRefused(folder, 'p1.bin', 'cannot be opened');
    writeFileSync(join(folder, 'p1.bin'), torchFile(new Map([...parts[1]].slice(1))));
    await expectRefused(folder, `has no tensor "${[...parts[1].keys()][0]}", which the index says is there`);
    const outside = folders.write(TINY_CONFIG, null, { [index]: { weight_map: { a: '../p0.bin' } } });
    await expectRefused(outside, 'not a .bin file beside it');
  });

  it('stay aside where there is a safetensors file', async () => {
    const folder = folders.write(TINY_CONFIG, tinyTensors());
    writeFileSync(join(folder, 'pytorch_model.bin'), 'no weights at all');
    await expectMean(folder, (ids) => slowBert(ids));
  });

  it('may be parts of one storage, and have any step along axes of one', () => {
    const tensor = read(one({ first: 3, shape: [1, 4, 1], strides: [99, 1, 7] })).get('w') as StoredTensor;
    const whole = read(one({ shape: [1, 8, 1], strides: [8, 1, 1] })).get('w') as StoredTensor;
    expect(tensor).toMatchObject({ dtype: 'F32', shape: [1, 4, 1], length: 16 });
    expect(tensor.offset - whole.offset).toBe(12);
  });

  it('are refused where they reach behind their numbers or do not lie one behind the other', () => {
    expect(() => read(one({ shape: [4, 2], strides: [1, 4] }))).toThrow(/"w" do not lie one behind the other/);
    expect(() => read(one({ first: 1 }))).toThrow(/"w" reaches behind/);
    expect(() => read(one({ shape: [1 << 30, 1 << 30], strides: [1, 1] }))).toThrow(/"w" reaches behind/);
    expect(() => read(one({ shape: [-1, 4] }))).toThrow(/in a way that is not known/);
    expect(() => read(one({ strides: [1] }))).toThrow(/in a way that is not known/);
    expect(() => read(one({ elements: 9 }))).toThrow(/take 32 bytes, but 36 are needed/);
    expect(() => read(one({ type: 'DoubleStorage' }))).toThrow(/take 32 bytes, but 64 are needed/);
    expect(() => read(one({ storage: '../x' }))).toThrow(/"\.\.\/x" are not in the file/);
  });

  it('run no code: whatever a pickle asks for besides tensors is refused by name', () => {
    const command = op.tuple(op.text('touch /tmp/never'));
    for (const [module, name] of [
      ['os', 'system'],
      ['posix', 'system'],
      ['builtins', 'eval'],
      ['torch', 'load'],
      ['torch._utils', '_rebuild_tensor_v3'],
      ['torch', '__proto__'],
      ['torch', 'constructor'],
    ]) {
      const hostile = archive(op.pickle(op.call(op.name(module, name), command)));
      expect(() => read(hostile)).toThrow(`it asks for ${module}.${name}, which weights do not need`);
      const stacked = Buffer.concat([op.text(module), op.text(name), Buffer.from([0x93]), command, Buffer.from('R')]);
      expect(() => read(archive(op.pickle(stacked)))).toThrow(`it asks for ${module}.${name}`);
    }
    const known = op.call(op.name('collections', 'OrderedDict'), command);
    expect(() => read(archive(op.pickle(known)))).toThrow(/calls collections\.OrderedDict in a way/);
    // Instructions that make objects of classes: INST, OBJ, NEWOBJ, EXT1.
    for (const code of [0x69, 0x6f, 0x81, 0x82]) {
      expect(() => read(archive(op.pickle(Buffer.from([code]))))).toThrow(/an instruction that weights do not need/);
    }
  });

  it('are refused where they are no table of tensors, each with its reason', () => {
    const refused = (value: Buffer, reason: RegExp): void => expect(() => read(archive(value))).toThrow(reason);
    refused(op.pickle(op.int(1)), /no table of tensors/);
    refused(op.pickle(op.dictionary(op.text('state_dict'), op.dictionary())), /"state_dict" is no tensor/);
    refused(op.pickle(op.dictionary(op.int(1), pickledTensor(PLACE))), /without a name/);
    refused(Buffer.from('}('), /ends too early/);
    refused(Buffer.from('X\xff\xff\xff\xff', 'latin1'), /ends too early/);
    refused(Buffer.from('cos'), /ends too early/);
    refused(Buffer.from('t.'), /a mark that is not there/);
    refused(Buffer.from('R.'), /a value that is not there/);
    refused(Buffer.from('h\x01.'), /was not kept/);
    refused(Buffer.alloc(2_000_000, '}'), /more than 1000000 instructions/);
    // A list that holds itself, as a name, as a key, and as what is called.
    refused(Buffer.from(']q\x00h\x00ah\x00h\x00\x93.', 'latin1'), /no name/);
    refused(Buffer.from('}]q\x00h\x00ah\x00s.', 'latin1'), /without a name/);
    refused(Buffer.from(']q\x00h\x00ah\x00R.', 'latin1'), /no function/);
    expect(() => read(Buffer.from('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.', 'latin1'))).toThrow(/PyTorch 1\.6/);
    expect(() => read(zip(new Map([['a/b', new Uint8Array(1)]])))).toThrow(/no data\.pkl/);
    expect(() => read(zip(new Map([['a/data.pkl', op.pickle(op.dictionary())]]), 8))).toThrow(/compressed/);
    const big = new Map([
      ['a/data.pkl', op.pickle(op.dictionary())],
      ['a/byteorder', Buffer.from('big')],
    ]);
    expect(() => read(zip(big))).toThrow(/highest byte first/);
  });

  it('give tensors within the file or an error of the reader, wherever a file ends or a byte is wrong', () => {
    const whole = torchFile(new Map([['w', float32Tensor([2, 2], new Float32Array(4))]]));
    const check = (bytes: Buffer): boolean => {
      try {
        for (const { offset, length } of read(bytes).values())
          expect(offset + length).toBeLessThanOrEqual(bytes.length);
        return true;
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(UserError);
        return false;
      }
    };
    expect(check(whole)).toBe(true);
    for (let length = 0; length < whole.length; length++) expect(check(whole.subarray(0, length))).toBe(false);
    for (let at = 0; at < whole.length; at++) {
      const wrong = Buffer.from(whole);
      wrong[at] = at % 4 === 0 ? 0xff : wrong[at] ^ (1 << (at % 8));
      check(wrong);
    }
  });
});

describe('weights in several safetensors files', () => {
  it('are refused where the index names files that are missing or outside, or tensors that are not there', async () => {
    const index = 'model.safetensors.index.json';
    const names = [...tinyTensors().keys()];
    const all = (file: string): object => ({ weight_map: Object.fromEntries(names.map((name) => [name, file])) });
    const write = (content: unknown): string => folders.write(TINY_CONFIG, null, { [index]: content });
    await expectRefused(write(all('part.safetensors')), 'part.safetensors', 'cannot be opened');
    for (const outside of ['../part.safetensors', '/etc/part.safetensors', 'a/part.safetensors', 'part.bin', '..', 7]) {
      await expectRefused(write(all(outside as string)), 'not a .safetensors file beside it');
    }
    await expectRefused(write({ weight_map: {} }), 'names no tensor');
    await expectRefused(write([]), 'holds no JSON object');
    const folder = write(all('part.safetensors'));
    const some = tinyTensors();
    some.delete(names[3]);
    writeSafetensors(join(folder, 'part.safetensors'), some);
    await expectRefused(folder, `has no tensor "${names[3]}", which the index says is there`);
  });
});
