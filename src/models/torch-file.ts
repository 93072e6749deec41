import { crc32 } from 'node:zlib';
import { UserError } from '../errors.js';
import { shown } from './config-reader.js';
import { PickleFault, PickledName, PickledTuple, readPickle, type PickleRules } from './pickle.js';
import type { StoredTensor } from './safetensors.js';
import { ZipArchive, brokenArchive, type ZipEntry } from './zip-entries.js';

/** Storages of PyTorch: the name of the type in safetensors, and the bytes of one element. */
const STORAGES: Readonly<Record<string, readonly [string, number]>> = {
  FloatStorage: ['F32', 4],
  HalfStorage: ['F16', 2],
  BFloat16Storage: ['BF16', 2],
  DoubleStorage: ['F64', 8],
  LongStorage: ['I64', 8],
  IntStorage: ['I32', 4],
  ShortStorage: ['I16', 2],
  CharStorage: ['I8', 1],
  ByteStorage: ['U8', 1],
  BoolStorage: ['BOOL', 1],
};
const DICTIONARY = 'collections.OrderedDict';
const TENSOR = 'torch._utils._rebuild_tensor_v2';
const PARAMETER = 'torch._utils._rebuild_parameter';
/** A description of tensors takes some hundred bytes for each. */
const LARGEST_PICKLE = 16 << 20;
const MAX_RANK = 8;

class Storage {
  constructor(
    readonly dtype: string,
    readonly bytes: number,
    readonly entry: ZipEntry,
    readonly elements: number,
  ) {}
}

class Tensor {
  constructor(
    readonly storage: Storage,
    readonly first: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/**
 * The tensors of a file that `torch.save` wrote (`pytorch_model.bin`), by name; they are read where they lie.
 *
 * The file describes its tensors by a pickle, which could ask for any code to be run. Here it is only data: a pickle that
 * asks for anything but tensors is refused.
 *
 * @param where the name that messages show
 * @throws UserError when the file is damaged, older than PyTorch 1.6, or no table of tensors
 */
export function readTorchFile(file: string, where: string): Map<string, StoredTensor> {
  const archive = new ZipArchive(file, where);
  try {
    return readTensors(archive, where);
  } catch (thrown) {
    if (!(thrown instanceof PickleFault)) throw thrown;
    throw new UserError({
      where,
      what: `is not read: ${thrown.message}.`,
      fix: 'take model.safetensors where the model has it, or save the model again with save_pretrained.',
    });
  } finally {
    archive.close();
  }
}

function readTensors(archive: ZipArchive, where: string): Map<string, StoredTensor> {
  if (archive.size < 4 || archive.read(0, 2).toString('latin1') !== 'PK') {
    throw new PickleFault('it is no ZIP archive, as PyTorch 1.6 and later write');
  }
  const entries = archive.entries();
  const name = [...entries.keys()].find((key) => /^[^/]+\/data\.pkl$/.test(key));
  if (name === undefined) throw brokenArchive(where, 'has no data.pkl, which describes its tensors');
  const folder = name.slice(0, -'data.pkl'.length);
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && archive.read(order.offset, Math.min(order.length, 8)).toString() !== 'little') {
    throw new PickleFault('its numbers have their highest byte first');
  }
  const entry = entries.get(name) as ZipEntry;
  if (entry.length > LARGEST_PICKLE) throw brokenArchive(where, `describes its tensors by ${entry.length} bytes`);
  const pickle = archive.read(entry.offset, entry.length);
  if (crc32(pickle) !== entry.crc32) throw brokenArchive(where, 'data.pkl has another check sum than it should have');
  const table = readPickle(pickle, rulesFor(entries, folder));
  if (!(table instanceof Map)) throw new PickleFault('it is no table of tensors');
  const tensors = new Map<string, StoredTensor>();
  for (const [key, value] of table as Map<unknown, unknown>) {
    if (typeof key !== 'string') throw new PickleFault('it has a tensor without a name');
    if (!(value instanceof Tensor)) throw new PickleFault(`its entry ${shown(key)} is no tensor`);
    tensors.set(key, storedTensor(key, value, archive.file));
  }
  return tensors;
}

function rulesFor(entries: ReadonlyMap<string, ZipEntry>, folder: string): PickleRules {
  return {
    allows: (name) => [DICTIONARY, TENSOR, PARAMETER].includes(name) || storageType(name) !== undefined,
    call(name, values) {
      if (name === DICTIONARY && values.length === 0) return new Map();
      if (name === TENSOR) return tensorOf(values);
      if (name === PARAMETER && values[0] instanceof Tensor) return values[0];
      throw new PickleFault(`it calls ${name} in a way that is not known`);
    },
    refer(id) {
      const parts = id instanceof PickledTuple ? id.items : [];
      const [kind, type, key, , elements] = parts;
      const stored = type instanceof PickledName ? storageType(type.name) : undefined;
      if (kind !== 'storage' || stored === undefined || typeof key !== 'string' || !isSize(elements)) {
        throw new PickleFault('it refers to what is no storage of numbers');
      }
      const entry = entries.get(`${folder}data/${key}`);
      const [dtype, bytes] = stored;
      if (entry === undefined) throw new PickleFault(`the numbers ${shown(key)} are not in the file`);
      if (entry.length !== elements * bytes) {
        throw new PickleFault(
          `the numbers ${shown(key)} take ${entry.length} bytes, but ${elements * bytes} are needed`,
        );
      }
      return new Storage(dtype, bytes, entry, elements);
    },
  };
}

function storageType(name: string): readonly [string, number] | undefined {
  const short = /^torch\.(\w+)$/.exec(name)?.[1];
  return short !== undefined && Object.hasOwn(STORAGES, short) ? STORAGES[short] : undefined;
}

function tensorOf([storage, first, shape, strides]: readonly unknown[]): Tensor {
  const sizes = sizesOf(shape);
  const steps = sizesOf(strides);
  if (!(storage instanceof Storage) || !isSize(first) || sizes === undefined || steps?.length !== sizes.length) {
    throw new PickleFault('it describes a tensor in a way that is not known');
  }
  return new Tensor(storage, first, sizes, steps);
}

function sizesOf(value: unknown): number[] | undefined {
  const isList = value instanceof PickledTuple && value.items.length <= MAX_RANK && value.items.every(isSize);
  return isList ? (value.items as number[]) : undefined;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function storedTensor(name: string, { storage, first, shape, strides }: Tensor, file: string): StoredTensor {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (!isSize(elements) || first + elements > storage.elements) {
    throw new PickleFault(`the tensor ${shown(name)} reaches behind its numbers`);
  }
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (elements > 0 && shape[axis] > 1 && strides[axis] !== step) {
      throw new PickleFault(`the numbers of the tensor ${shown(name)} do not lie one behind the other`);
    }
    step *= shape[axis];
  }
  const { dtype, bytes, entry } = storage;
  return { name, dtype, shape, file, offset: entry.offset + first * bytes, length: elements * bytes };
}
