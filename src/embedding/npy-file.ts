import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { FileFault } from '../datasets/file-fault.js';

/** Where the rows of an `.npy` file lie. */
export interface NpyRows {
  readonly offset: number;
  readonly rows: number;
  readonly dims: number;
  readonly type: 'float32' | 'float64';
}

const MAGIC = '\x93NUMPY';
const LARGEST_HEADER = 1 << 20;
const TYPES = { '<f4': 'float32', '<f8': 'float64', '=f4': 'float32', '=f8': 'float64' } as const;

/**
 * Reads the header of an `.npy` file that holds a matrix of float32 or float64 in C order.
 *
 * @throws FileFault that says what is wrong
 * Source: the description of the format in NumPy's documentation.
 */
export function readNpyHeader(path: string): NpyRows {
  const size = statSync(path).size;
  const descriptor = openSync(path, 'r');
  try {
    const start = read(descriptor, 0, Math.min(12, size));
    if (start.length < 12 || start.toString('latin1', 0, 6) !== MAGIC) throw new FileFault('it is no .npy file.');
    const wide = start[6] >= 2;
    if (start[6] < 1 || start[6] > 3) throw new FileFault(`its format has version ${start[6]}, which is not known.`);
    const length = wide ? start.readUInt32LE(8) : start.readUInt16LE(8);
    const offset = (wide ? 12 : 10) + length;
    if (length > LARGEST_HEADER || offset > size) throw new FileFault('its header is longer than the file.');
    const rows = parseHeader(read(descriptor, wide ? 12 : 10, length).toString('latin1'));
    const bytes = rows.rows * rows.dims * (rows.type === 'float32' ? 4 : 8);
    if (!Number.isSafeInteger(bytes) || size - offset !== bytes) {
      const shape = `(${rows.rows}, ${rows.dims})`;
      throw new FileFault(`its shape ${shape} of ${rows.type} takes ${bytes} bytes, but ${size - offset} are there.`);
    }
    return { ...rows, offset };
  } finally {
    closeSync(descriptor);
  }
}

function parseHeader(header: string): Omit<NpyRows, 'offset'> {
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape'\s*:\s*\(\s*(\d{1,15})\s*,\s*(\d{1,9})\s*,?\s*\)/.exec(header);
  const any = /'shape'\s*:\s*(\([^)]*\))/.exec(header)?.[1];
  if (descr === undefined || order === undefined || any === undefined)
    throw new FileFault('its header cannot be read.');
  if (!Object.hasOwn(TYPES, descr)) {
    throw new FileFault(`its numbers are of type ${descr}.`, 'save them as float32: np.save(path, a.astype("<f4")).');
  }
  if (order === 'True') throw new FileFault('it is in Fortran order.', 'save np.ascontiguousarray(a).');
  if (shape === null) throw new FileFault(`its shape is ${any}; expected rows and dimensions.`);
  const [rows, dims] = [Number(shape[1]), Number(shape[2])];
  if (dims < 1) throw new FileFault('its vectors have no dimensions.');
  return { rows, dims, type: TYPES[descr as keyof typeof TYPES] };
}

function read(descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const got = readSync(descriptor, bytes, done, length - done, position + done);
    if (got === 0) throw new FileFault('it ends inside its header.');
    done += got;
  }
  return bytes;
}
