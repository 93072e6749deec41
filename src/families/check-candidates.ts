import type { CandidateRows, RerankingData } from '../datasets/types.js';
import type { Problem } from '../errors.js';
import { candidateRows, type CandidateIndex } from './candidate-rows.js';
import { splitFile } from './split-file.js';
import { showId } from './show-id.js';

/** Problems of one kind that are named one by one; the last of them says how many there are. */
const NAMED = 5;
const LONGEST_QUERY = 60;

/**
 * What is wrong with the rows of a reranking task: no queries, no candidates, grades that are no whole numbers from 0 on,
 * queries whose grades are all 0, candidates that the corpus does not have.
 */
export function checkCandidates(data: RerankingData): Problem[] {
  const { validation, test } = data.splits;
  const problems: Problem[] = [];
  if (data.corpus.ids.length === 0) {
    problems.push({ where: splitFile(data.files, 'corpus'), what: 'the corpus has no documents.', fix: 'add some.' });
  }
  const index = candidateRows(data.corpus.ids, validation === null ? [test] : [test, validation]);
  for (const [split, rows] of [['validation', validation] as const, ['test', test] as const]) {
    if (rows !== null) problems.push(...checkSplit(splitFile(data.files, split), rows, index));
  }
  const unknown = problems.some(({ what }) => what.includes(NOT_IN_CORPUS));
  return unknown ? withOtherTypes(problems, data) : problems;
}

const NOT_IN_CORPUS = 'is not in the corpus';

function checkSplit(where: string, rows: CandidateRows, index: CandidateIndex): Problem[] {
  if (rows.query.length === 0) return [{ where, what: 'the split has no queries.', fix: 'add some.' }];
  const kinds = [emptyList, unequalLists, badGrade, allZero, unknownCandidate(index)];
  return kinds.flatMap((fault) => {
    const found: Problem[] = [];
    let count = 0;
    for (let q = 0; q < rows.query.length; q++) {
      const problem = fault(rows, q);
      if (problem === undefined) continue;
      count += 1;
      if (found.length < NAMED) found.push({ where: `${where}, row ${q + 1}`, ...problem });
    }
    if (count > NAMED) {
      const last = found[NAMED - 1];
      found[NAMED - 1] = { ...last, what: `${last.what} (${count} rows have this fault; ${NAMED} are named)` };
    }
    return found;
  });
}

type Fault = (rows: CandidateRows, q: number) => { readonly what: string; readonly fix: string } | undefined;

const emptyList: Fault = (rows, q) =>
  rows.candidates[q].length > 0
    ? undefined
    : { what: `${queryOf(rows, q)} has no candidate documents.`, fix: 'give it some, or remove the row.' };

const unequalLists: Fault = (rows, q) => {
  const [documents, grades] = [rows.candidates[q].length, rows.grades[q].length];
  if (documents === grades) return undefined;
  const what = `${queryOf(rows, q)} has ${documents} candidate documents and ${grades} grades.`;
  return { what, fix: 'give each candidate one grade.' };
};

const badGrade: Fault = (rows, q) => {
  const i = rows.grades[q].findIndex((grade) => !(Number.isSafeInteger(grade) && grade >= 0));
  if (i < 0) return undefined;
  const what = `${queryOf(rows, q)}: grade ${i + 1} is ${rows.grades[q][i]}, expected a whole number >= 0.`;
  return { what, fix: 'use whole grades, 0 for not relevant.' };
};

const allZero: Fault = (rows, q) =>
  rows.grades[q].length === 0 || rows.grades[q].some((grade) => grade !== 0)
    ? undefined
    : {
        what: `${queryOf(rows, q)} has only grades of 0, so its nDCG is 0 divided by 0.`,
        fix: 'remove the row: no order of its candidates is better than another.',
      };

function unknownCandidate(index: CandidateIndex): Fault {
  return (rows, q) => {
    const unknown = rows.candidates[q].filter((id) => index.rowOf(id) < 0);
    if (unknown.length === 0) return undefined;
    const more = unknown.length > 1 ? `, nor are ${unknown.length - 1} more of its candidates` : '';
    const what = `${queryOf(rows, q)}: the candidate ${showId(unknown[0])} ${NOT_IN_CORPUS}${more}.`;
    return { what, fix: 'add the document to the corpus, or remove it from the list.' };
  };
}

/** Says where ids are missing only because they are texts on one side and numbers on the other. */
function withOtherTypes(problems: readonly Problem[], { corpus, splits }: RerankingData): Problem[] {
  const types = new Set<string>();
  for (const id of corpus.ids) types.add(typeof id);
  const listed = [splits.validation, splits.test].flatMap((rows) => rows?.candidates.flat() ?? []);
  const [candidate] = listed.filter((id) => !types.has(typeof id));
  if (candidate === undefined || corpus.ids.length === 0) return [...problems];
  const fix = `ids keep their type: ${showId(candidate)} does not match ids such as ${showId(corpus.ids.at(0))}; write both as texts or both as numbers.`;
  return problems.map((problem) => (problem.what.includes(NOT_IN_CORPUS) ? { ...problem, fix } : problem));
}

function queryOf(rows: CandidateRows, q: number): string {
  const characters = Array.from(rows.query[q]);
  const text =
    characters.length > LONGEST_QUERY ? `${characters.slice(0, LONGEST_QUERY).join('')}...` : characters.join('');
  const id = rows.queryId?.[q];
  return `query ${id === undefined ? '' : `${id} `}"${text}"`;
}
