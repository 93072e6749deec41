import { crc32 } from 'node:zlib';
import type { NewTensor } from './write-safetensors.js';

const STORAGES = {
  F32: ['FloatStorage', 4],
  F16: ['HalfStorage', 2],
  BF16: ['BFloat16Storage', 2],
  I64: ['LongStorage', 8],
} as const;

/** Parts of a pickle. */
export const op = {
  name: (module: string, name: string): Buffer => Buffer.from(`c${module}\n${name}\n`),
  text(value: string): Buffer {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return Buffer.concat([Buffer.from('X'), length, bytes]);
  },
  int(value: number): Buffer {
    const bytes = Buffer.alloc(5);
    bytes.write('J');
    bytes.writeInt32LE(value, 1);
    return bytes;
  },
  tuple: (...items: Buffer[]): Buffer => Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]),
  call: (name: Buffer, given: Buffer): Buffer => Buffer.concat([name, given, Buffer.from('R')]),
  dictionary: (...items: Buffer[]): Buffer => Buffer.concat([Buffer.from('}('), ...items, Buffer.from('u')]),
  pickle: (value: Buffer): Buffer => Buffer.concat([Buffer.from([0x80, 2]), value, Buffer.from('.')]),
  no: Buffer.from([0x89]),
};

/** How a tensor lies in its storage. */
export interface TensorPlace {
  readonly storage: string;
  readonly type: string;
  readonly elements: number;
  readonly first?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** The description of one tensor, as `torch.save` writes it. */
export function pickledTensor({ storage, type, elements, first = 0, shape, strides }: TensorPlace): Buffer {
  const parts = [op.text('storage'), op.name('torch', type), op.text(storage), op.text('cpu'), op.int(elements)];
  const reference = Buffer.concat([op.tuple(...parts), Buffer.from('Q')]);
  const hooks = op.call(op.name('collections', 'OrderedDict'), Buffer.from(')'));
  const given = [
    reference,
    op.int(first),
    op.tuple(...shape.map(op.int)),
    op.tuple(...strides.map(op.int)),
    op.no,
    hooks,
  ];
  return op.call(op.name('torch._utils', '_rebuild_tensor_v2'), op.tuple(...given));
}

/** Bytes of a file as `torch.save` writes them. */
export function torchFile(tensors: ReadonlyMap<string, NewTensor>): Buffer {
  const files = new Map<string, Uint8Array>();
  const items: Buffer[] = [];
  for (const [i, [name, { dtype, shape, bytes }]] of [...tensors].entries()) {
    const [type, size] = STORAGES[dtype];
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
    const place = { storage: String(i), type, elements: bytes.length / size, shape, strides };
    items.push(op.text(name), pickledTensor(place));
    files.set(`archive/data/${i}`, bytes);
  }
  return zip(
    new Map([
      ['archive/data.pkl', op.pickle(op.dictionary(...items))],
      ['archive/byteorder', Buffer.from('little')],
      ...files,
    ]),
  );
}

/** A ZIP archive of files as they are; `method` is what its table says about them. */
export function zip(files: ReadonlyMap<string, Uint8Array>, method = 0): Buffer {
  const parts: Buffer[] = [];
  const table: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of files) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(crc32(bytes), 16);
    central.writeUInt32LE(bytes.length, 20);
    central.writeUInt32LE(bytes.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(at, 42);
    table.push(central, Buffer.from(name));
    const entry = Buffer.concat([local, Buffer.from(name), bytes]);
    parts.push(entry);
    at += entry.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(files.size, 8);
  end.writeUInt16LE(files.size, 10);
  end.writeUInt32LE(Buffer.concat(table).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...table, end]);
}
