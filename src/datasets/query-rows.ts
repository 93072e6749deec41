import type { Problem } from '../errors.js';
import { RowFaults } from './row-faults.js';
import { rowPlace, type FileRows } from './task-rows.js';
import type { CandidateRows, DocumentId, QueryRows } from './types.js';

/** Rows, and what was noticed while they were made. */
export interface Made<Rows> {
  readonly rows: Rows;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Queries with their candidates; a query has as many grades as candidates. */
export function candidateRows(file: FileRows): Made<CandidateRows> {
  const { query = [], queryId, candidates = [], grades = [] } = file.columns;
  const faults = new RowFaults();
  candidates.forEach((list, i) => {
    if (list.length !== grades[i].length)
      faults.add(
        rowPlace(file, i),
        () => `has ${list.length} candidates and ${grades[i].length} grades; each candidate needs one grade.`,
      );
  });
  return { rows: { query, queryId, candidates, grades }, problems: faults.problems(), warnings: [] };
}

/**
 * Queries and judgements in two files, as mteb keeps them.
 *
 * The queries of the split are those that have a judgement in its file, in the order of the file of queries. Relevant are
 * the documents with a grade above 0, in the order of the judgements; of two judgements of one pair the later one counts.
 * Ids of queries are compared as text, ids of documents keep their type.
 */
export function judgedQueries(queries: FileRows, qrels: FileRows): Made<QueryRows> {
  const { queryId = [], query = [] } = queries.columns;
  const { qrelQuery = [], qrelDocument = [], grade = [] } = qrels.columns;
  const faults = new RowFaults();
  const warnings: string[] = [];
  const judged = new Map<string, Map<DocumentId, number>>();
  let repeated = 0;
  qrelQuery.forEach((id, i) => {
    const key = String(id);
    const grades = judged.get(key) ?? new Map<DocumentId, number>();
    if (grades.has(qrelDocument[i])) repeated++;
    judged.set(key, grades.set(qrelDocument[i], grade[i]));
  });
  const seen = new Set<string>();
  const places: number[] = [];
  queryId.forEach((id, i) => {
    const key = String(id);
    if (!judged.has(key)) return;
    if (seen.has(key))
      faults.add(
        rowPlace(queries, i),
        () => `repeats the query id ${JSON.stringify(id)}, so its judgements could be of either query.`,
      );
    else places.push(i);
    seen.add(key);
  });
  const name = qrels.taskFiles[0].name;
  const unknown = [...judged.keys()].filter((key) => !seen.has(key));
  if (unknown.length > 0)
    warnings.push(
      `${name}: judges ${unknown.length} ${unknown.length === 1 ? 'query' : 'queries'} that the file of queries lacks, for example ${JSON.stringify(unknown[0])}; they are left out.`,
    );
  if (repeated > 0)
    warnings.push(`${name}: judges ${repeated} pairs of query and document more than once; the last grade counts.`);
  const relevantOf = (id: DocumentId): DocumentId[] =>
    [...(judged.get(String(id)) as Map<DocumentId, number>)].filter(([, value]) => value > 0).map(([doc]) => doc);
  const ids = places.map((i) => queryId[i]);
  return {
    rows: { query: places.map((i) => query[i]), queryId: ids, relevant: ids.map(relevantOf) },
    problems: faults.problems(),
    warnings,
  };
}
