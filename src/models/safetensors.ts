import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseJsonText } from '../definitions/json-text.js';
import type { Problem } from '../errors.js';
import { UserError, messageOf } from '../errors.js';
import { isJsonObject } from './read-json-object.js';
import { readTorchFile } from './torch-file.js';

/** Bytes of one element by the format's type names; only those that weights are stored in can be read by a graph. */
const DTYPE_BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
};

/** The format's own limit for the header. */
const LARGEST_HEADER = 100_000_000;
const MAX_RANK = 8;

/** One tensor as it lies in a file: nothing of it is in memory. */
export interface StoredTensor {
  readonly name: string;
  /** The format's name: `F32`, `F16`, `BF16`, ... */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Absolute path of the file. */
  readonly file: string;
  /** First byte in the file. */
  readonly offset: number;
  /** In bytes: the product of the shape times the element's size. */
  readonly length: number;
}

/**
 * The tensors of one safetensors file, by name.
 *
 * Only the header is read, and held to the format's rules: every tensor as long as its type and shape say, tensors side by
 * side without gap or overlap up to the end of the file, no name twice.
 *
 * @param where the name that messages show
 * @throws UserError when the file breaks a rule or cannot be read
 * Source: the format's description in the safetensors project.
 */
export function readSafetensors(file: string, where: string): Map<string, StoredTensor> {
  const { header, dataStart, dataBytes } = readHeader(file, where);
  const parsed = parseJsonText(header);
  if (!parsed.ok) throw broken(where, `the header is not valid JSON: ${parsed.fault.what}`);
  if (!isJsonObject(parsed.value)) throw broken(where, 'the header is not a JSON object');
  const tensors: StoredTensor[] = [];
  for (const [name, entry] of Object.entries(parsed.value)) {
    if (name === '__metadata__') continue;
    tensors.push(tensorOf(name, entry, file, where, dataStart));
  }
  checkCoverage(tensors, dataStart, dataBytes, where);
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

/**
 * The tensors of one file (safetensors, or PyTorch's where its name ends in .bin), or of all files of an index: a tensor is taken from the file that the index names.
 *
 * @param folder absolute path
 * @param where the folder's name in messages
 * @throws UserError with every problem of the files
 */
export function readWeights(folder: string, files: WeightFiles, where: string): Map<string, StoredTensor> {
  const read = (name: string): Map<string, StoredTensor> =>
    (name.endsWith('.bin') ? readTorchFile : readSafetensors)(join(folder, name), join(where, name));
  if (files.index === undefined) return read(files.names[0]);
  const tensors = new Map<string, StoredTensor>();
  const problems: Problem[] = [];
  for (const name of files.names) {
    try {
      for (const [key, tensor] of read(name)) {
        if (files.index.get(key) === name) tensors.set(key, tensor);
      }
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
      problems.push(...thrown.problems);
    }
  }
  if (problems.length === 0) {
    for (const [key, name] of files.index) {
      if (tensors.has(key)) continue;
      problems.push({
        where: join(where, name),
        what: `has no tensor "${key}", which the index says is there`,
        fix: 'take the index and all its files again from where the model was published',
      });
      if (problems.length > 4) break;
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  return tensors;
}

/** Which files hold a folder's weights; `index` says which file has which tensor when they are several. */
export interface WeightFiles {
  readonly names: readonly string[];
  readonly index?: ReadonlyMap<string, string>;
}

/**
 * Reads the object of `model.safetensors.index.json` or `pytorch_model.bin.index.json`.
 *
 * @param ending what the names of its files end in
 * @throws UserError when it is no index or names a file outside its folder
 */
export function weightFilesOfIndex(
  index: unknown,
  where: string,
  ending: '.safetensors' | '.bin' = '.safetensors',
): WeightFiles {
  const map = isJsonObject(index) ? index.weight_map : undefined;
  if (!isJsonObject(map)) throw broken(where, 'has no "weight_map" that gives a file for each tensor');
  const byTensor = new Map<string, string>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !/^[^/\\]+$/.test(file) || !file.endsWith(ending)) {
      throw broken(where, `gives ${JSON.stringify(file)} as the file of "${tensor}", not a ${ending} file beside it`);
    }
    byTensor.set(tensor, file);
  }
  if (byTensor.size === 0) throw broken(where, 'names no tensor');
  return { names: [...new Set(byTensor.values())].sort(), index: byTensor };
}

function readHeader(file: string, where: string): { header: string; dataStart: number; dataBytes: number } {
  let descriptor: number;
  try {
    // A pipe would be waited for.
    if (!statSync(file).isFile()) throw new Error('it is no regular file');
    descriptor = openSync(file, 'r');
  } catch (thrown) {
    throw new UserError({ where, what: `cannot be opened (${messageOf(thrown)})` });
  }
  try {
    const stat = fstatSync(descriptor);
    if (stat.size < 8) throw broken(where, `has ${stat.size} bytes, too few for a header`);
    const size = readBytes(descriptor, 0, 8, where).readBigUInt64LE();
    if (size > BigInt(LARGEST_HEADER) || size > BigInt(stat.size - 8)) {
      throw broken(where, `says that its header has ${size} bytes, but the file has ${stat.size}`);
    }
    const bytes = readBytes(descriptor, 8, Number(size), where);
    let header: string;
    try {
      header = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw broken(where, 'the header is not UTF-8 text');
    }
    const dataStart = 8 + bytes.length;
    return { header, dataStart, dataBytes: stat.size - dataStart };
  } finally {
    closeSync(descriptor);
  }
}

function readBytes(descriptor: number, from: number, length: number, where: string): Buffer {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const read = readSync(descriptor, bytes, done, length - done, from + done);
    if (read === 0) throw broken(where, 'ends inside its header');
    done += read;
  }
  return bytes;
}

function tensorOf(name: string, entry: unknown, file: string, where: string, dataStart: number): StoredTensor {
  const at = `${where}, tensor "${name}"`;
  if (!isJsonObject(entry)) throw broken(at, 'is not described by an object');
  const { dtype, shape, data_offsets: offsets } = entry;
  const bytes = typeof dtype === 'string' && Object.hasOwn(DTYPE_BYTES, dtype) ? DTYPE_BYTES[dtype] : undefined;
  if (typeof dtype !== 'string' || bytes === undefined)
    throw broken(at, `has the unknown type ${JSON.stringify(dtype)}`);
  if (!isSizes(shape) || shape.length > MAX_RANK) throw broken(at, `has the shape ${JSON.stringify(shape)}`);
  if (!isSizes(offsets) || offsets.length !== 2) throw broken(at, `has the offsets ${JSON.stringify(offsets)}`);
  const [begin, end] = offsets;
  const length = shape.reduce((product, size) => product * size, bytes);
  if (!Number.isSafeInteger(length) || end - begin !== length) {
    throw broken(at, `spans bytes ${begin} to ${end}, but ${dtype} [${shape.join(', ')}] takes ${length}`);
  }
  return { name, dtype, shape, file, offset: dataStart + begin, length };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

function checkCoverage(tensors: readonly StoredTensor[], dataStart: number, dataBytes: number, where: string): void {
  const inOrder = [...tensors].sort((a, b) => a.offset - b.offset || a.length - b.length);
  let at = dataStart;
  for (const tensor of inOrder) {
    if (tensor.offset + tensor.length > dataStart + dataBytes) {
      throw broken(
        `${where}, tensor "${tensor.name}"`,
        `ends behind the end of the file (${dataStart + dataBytes} bytes)`,
      );
    }
    if (tensor.offset < at) throw broken(`${where}, tensor "${tensor.name}"`, 'overlaps the tensor before it');
    if (tensor.offset > at) throw broken(`${where}, tensor "${tensor.name}"`, 'leaves a gap to the tensor before it');
    at += tensor.length;
  }
  if (at !== dataStart + dataBytes) {
    throw broken(where, `has ${dataStart + dataBytes - at} bytes behind its last tensor`);
  }
}

function broken(where: string, what: string): UserError {
  return new UserError({ where, what, fix: 'take the file again from where the model was published' });
}
