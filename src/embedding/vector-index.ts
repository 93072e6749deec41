import { throwProblems, UserError, type Problem } from '../errors.js';
import { vectorsInRegions } from '../vectors/vector-regions.js';
import { shownText } from './token-embedder.js';
import { asProblem, openRegions, type VectorFile } from './vector-files.js';

/** Rows that are looked at together. */
const BLOCK_ROWS = 4096;
/** Faults of one kind that are told. */
const TOLD = 20;

/** Row of each text; rows count through all files. */
export type VectorIndex = ReadonlyMap<string, number>;

/**
 * Reads the texts of all files, and looks at every vector once.
 *
 * @throws UserError for numbers that are not finite, for a text that has two different vectors, and for texts that do not
 * belong to the rows
 */
export async function indexVectors(files: readonly VectorFile[]): Promise<VectorIndex> {
  const { regions, close } = openRegions(files);
  try {
    const dims = files[0].dims;
    const source = vectorsInRegions(regions, dims);
    const problems = await nonFinite(source, files, dims);
    const { index, repeats } = await readTexts(files);
    problems.push(...(await contradictions(source, repeats, files, dims)));
    throwProblems(problems);
    return index;
  } finally {
    close();
  }
}

type Source = ReturnType<typeof vectorsInRegions>;
type Repeat = { readonly text: string; readonly first: number; readonly again: number };

async function nonFinite(source: Source, files: readonly VectorFile[], dims: number): Promise<Problem[]> {
  const problems: Problem[] = [];
  for await (const { start, rows, data } of source.blocks(BLOCK_ROWS)) {
    if (data.every(Number.isFinite)) continue;
    for (let row = 0; row < rows && problems.length < TOLD; row++) {
      const bad = data.subarray(row * dims, (row + 1) * dims).findIndex((value) => !Number.isFinite(value));
      if (bad === -1) continue;
      const what = `component ${bad + 1} is ${data[row * dims + bad]} as float32.`;
      problems.push({
        where: placeOf(start + row, files),
        what,
        fix: 'make the vectors again; all numbers have to be finite.',
      });
    }
  }
  return problems;
}

async function readTexts(files: readonly VectorFile[]): Promise<{ index: Map<string, number>; repeats: Repeat[] }> {
  const index = new Map<string, number>();
  const repeats: Repeat[] = [];
  let start = 0;
  for (const file of files) {
    const textFile = file.files.at(-1) as string;
    const where = file.where.slice(0, file.where.length - file.name.length) + textFile;
    let row = 0;
    try {
      for await (const texts of file.texts()) {
        for (const text of texts) {
          const first = index.get(text);
          if (first === undefined) index.set(text, start + row);
          else repeats.push({ text, first, again: start + row });
          row++;
        }
      }
    } catch (thrown) {
      throw thrown instanceof UserError ? thrown : new UserError(asProblem(thrown, where));
    }
    if (row !== file.rows) {
      const what = `has ${row} texts, but ${file.name} has ${file.rows} vectors.`;
      throw new UserError({ where, what, fix: 'write one text for each vector, in the same order.' });
    }
    start += file.rows;
  }
  return { index, repeats };
}

async function contradictions(
  source: Source,
  repeats: readonly Repeat[],
  files: readonly VectorFile[],
  dims: number,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (let at = 0; at < repeats.length && problems.length < TOLD; at += BLOCK_ROWS) {
    const some = repeats.slice(at, at + BLOCK_ROWS);
    const first = await source.gather(Int32Array.from(some, (repeat) => repeat.first));
    const again = await source.gather(Int32Array.from(some, (repeat) => repeat.again));
    for (const [i, repeat] of some.entries()) {
      const differs = first.subarray(i * dims, (i + 1) * dims).some((value, j) => value !== again[i * dims + j]);
      if (!differs || problems.length >= TOLD) continue;
      const what = `the text ${shownText(repeat.text)} has another vector than in ${placeOf(repeat.first, files)}.`;
      problems.push({ where: placeOf(repeat.again, files), what, fix: 'keep one of the two rows.' });
    }
  }
  return problems;
}

/** File and row (from 1) of a row that counts through all files. */
function placeOf(row: number, files: readonly VectorFile[]): string {
  let rest = row;
  for (const file of files) {
    if (rest < file.rows) return `${file.where}, row ${rest + 1}`;
    rest -= file.rows;
  }
  throw new RangeError(`row ${row} is in no file`);
}
