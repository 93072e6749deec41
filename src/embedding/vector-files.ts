import { closeSync, existsSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FileFault } from '../datasets/file-fault.js';
import { readJsonLines } from '../datasets/json-lines.js';
import { RandomFile } from '../datasets/random-file.js';
import { RowFaults } from '../datasets/row-faults.js';
import { MachineError, UserError, messageOf, throwProblems, type Problem } from '../errors.js';
import { ArrowFault } from '../vectors/arrow-fault.js';
import { openArrow, type VectorRegion } from '../vectors/arrow-reader.js';
import { readNpyHeader } from './npy-file.js';

/** One source of vectors in a folder: an Arrow file, or an `.npy` with its `.jsonl`. */
export interface VectorFile {
  /** Name of the file that holds the vectors. */
  readonly name: string;
  readonly where: string;
  /** Names of all its files. */
  readonly files: readonly string[];
  readonly regions: readonly VectorRegion[];
  readonly rows: number;
  readonly dims: number;
  /** The texts of its rows, in order, in batches. */
  texts(): AsyncGenerator<string[]>;
}

/**
 * The vector files of a folder, in the order of their names; headers are read, and nothing else.
 *
 * @throws UserError with everything that is wrong
 */
export async function listVectorFiles(folder: string): Promise<VectorFile[]> {
  const names = readdirSync(folder).sort();
  const problems: Problem[] = [];
  const files: VectorFile[] = [];
  for (const name of names) {
    const where = join(folder, name);
    try {
      if (name.endsWith('.arrow')) files.push(await arrowFile(folder, name));
      else if (name.endsWith('.npy')) files.push(npyFile(folder, name));
      else if (name.endsWith('.jsonl') && !names.includes(name.replace(/\.jsonl$/, '.npy'))) {
        problems.push({
          where,
          what: `the vectors of its texts are missing: there is no ${name.replace(/jsonl$/, 'npy')}.`,
        });
      }
    } catch (thrown) {
      problems.push(asProblem(thrown, where));
    }
  }
  if (files.length === 0 && problems.length === 0) {
    const fix = 'put *.arrow files with the columns text and embedding there, or pairs of <name>.npy and <name>.jsonl.';
    problems.push({ where: folder, what: 'holds no vectors.', fix });
  }
  const first = files[0];
  for (const file of files) {
    if (file.dims === first.dims) continue;
    problems.push({
      where: file.where,
      what: `has vectors of ${file.dims} dimensions, but ${first.name} of ${first.dims}.`,
    });
  }
  throwProblems(problems);
  return files;
}

async function arrowFile(folder: string, name: string): Promise<VectorFile> {
  const where = join(folder, name);
  const reader = await openArrow(where);
  try {
    const regions = reader.vectorRegions('embedding');
    if (!reader.columns.includes('text')) {
      throw new ArrowFault(`it has no column "text"; its columns are ${reader.columns.join(', ')}`);
    }
    const rows = regions.reduce((sum, region) => sum + region.rows, 0);
    if (regions.length === 0) throw new ArrowFault('it has no rows');
    return { name, where, files: [name], regions, rows, dims: regions[0].dims, texts: () => arrowTexts(where) };
  } finally {
    await reader.close();
  }
}

async function* arrowTexts(where: string): AsyncGenerator<string[]> {
  const reader = await openArrow(where);
  try {
    yield* reader.texts('text');
  } finally {
    await reader.close();
  }
}

function npyFile(folder: string, name: string): VectorFile {
  const where = join(folder, name);
  const lines = name.replace(/\.npy$/, '.jsonl');
  const region = readNpyHeader(where);
  if (!existsSync(join(folder, lines))) {
    throw new FileFault(
      `the texts of its rows are missing: there is no ${lines}.`,
      'write {"text": ...} a line, in the same order.',
    );
  }
  const { rows, dims } = region;
  return {
    name,
    where,
    files: [name, lines],
    regions: [region],
    rows,
    dims,
    texts: () => lineTexts(join(folder, lines)),
  };
}

async function* lineTexts(where: string): AsyncGenerator<string[]> {
  const file = await RandomFile.open(where, where);
  const faults = new RowFaults();
  let line = 0;
  try {
    for await (const rows of readJsonLines(file, { name: where, faults })) {
      const texts = rows.map((row) => {
        line++;
        if (typeof row.text === 'string') return row.text;
        if (Object.keys(row).length > 0 || faults.length === 0) {
          faults.add(`${where}, row ${line}`, () => 'has no "text".', 'write {"text": "..."} a line.');
        }
        return '';
      });
      throwProblems(faults.problems());
      yield texts;
    }
  } finally {
    await file.close();
  }
}

/** Opens the files' regions for reading; `close` gives them back. */
export function openRegions(files: readonly VectorFile[]): {
  readonly regions: readonly (VectorRegion & { readonly fd: number; readonly path: string })[];
  close(): void;
} {
  const descriptors: number[] = [];
  const close = (): void => {
    for (const fd of descriptors.splice(0)) closeSync(fd);
  };
  try {
    const regions = files.flatMap((file) => {
      const fd = openSync(file.where, 'r');
      descriptors.push(fd);
      return file.regions.map((region) => ({ ...region, fd, path: file.where }));
    });
    return { regions, close };
  } catch (thrown) {
    close();
    throw new MachineError({ where: 'vectors', what: `cannot be opened (${messageOf(thrown)})` }, { cause: thrown });
  }
}

/** What was thrown at reading a file as a problem of it; failures of the machine and our own go on. */
export function asProblem(thrown: unknown, where: string): Problem {
  if (thrown instanceof UserError) return thrown.problems[0];
  if (thrown instanceof FileFault) return { where, what: thrown.message, fix: thrown.fix };
  if (thrown instanceof ArrowFault) return { where, what: `is no Arrow file that can be used: ${thrown.message}.` };
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'EISDIR' || code === 'EACCES' || code === 'ENOENT') return { where, what: `cannot be read (${code}).` };
  throw thrown;
}
