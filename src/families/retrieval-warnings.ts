import type { DocumentId, QueryRows, RetrievalData } from '../datasets/types.js';
import type { Protocol } from '../definitions/types.js';
import { RETRIEVED } from './rank-documents.js';
import { idKeyOf, idsOfOtherType } from './relevant-documents.js';
import type { RepeatedIds } from '../datasets/repeated-ids.js';
import { showId } from './show-id.js';

/** What is unusual about the rows of a retrieval task, and what the protocol makes of it. */
export function retrievalWarnings(
  data: RetrievalData,
  repeats: RepeatedIds,
  missing: ReadonlySet<DocumentId>,
  protocol: Protocol,
): string[] {
  const countsOnce = protocol.deviations.has('retrieval-duplicate-ids');
  const warnings: string[] = [];
  if (repeats.extra > 0) {
    warnings.push(
      `corpus: ${count(repeats.extra, 'document')} with the id of an earlier one, for example ${showId(repeats.example)}; ` +
        (countsOnce ? 'an id counts once, where its best vector ranks' : 'each of them counts'),
    );
  }
  const otherType = protocol.deviations.has('retrieval-id-types')
    ? new Set<DocumentId>()
    : idsOfOtherType(data.corpus.ids, missing);
  for (const split of ['validation', 'test'] as const) {
    const rows = data.splits[split];
    if (rows !== null) warnings.push(...splitWarnings(split, rows, { missing, otherType, countsOnce, protocol }));
  }
  return warnings;
}

interface Findings {
  readonly missing: ReadonlySet<DocumentId>;
  readonly otherType: ReadonlySet<DocumentId>;
  readonly countsOnce: boolean;
  readonly protocol: Protocol;
}

function splitWarnings(
  split: string,
  rows: QueryRows,
  { missing, otherType, countsOnce, protocol }: Findings,
): string[] {
  const key = idKeyOf(protocol);
  const warnings: string[] = [];
  const all = rows.relevant.flat();
  const absent = all.filter((id) => missing.has(key(id)));
  if (absent.length > 0) {
    warnings.push(
      `${split}: ${absent.length} of ${count(all.length, 'relevant id')} not in the corpus, for example ${showId(absent[0])}; ` +
        'they are never found and count in the ideal DCG',
    );
  }
  const mistyped = all.filter((id) => otherType.has(id));
  if (mistyped.length > 0) {
    const [id] = mistyped;
    const other = typeof id === 'number' ? `the text "${id}"` : `the number ${id}`;
    warnings.push(
      `${split}: ${mistyped.length} of ${count(all.length, 'relevant id')} in the corpus only with another type, for example ` +
        `${showId(id)} for ${other}; they do not match under ${protocol.name} (they do with retrieval-id-types)`,
    );
  }
  const listedTwice = rows.relevant.filter((ids) => new Set(ids.map(key)).size < ids.length).length;
  if (listedTwice > 0) {
    const effect = countsOnce ? 'it counts once' : 'each time enlarges the ideal DCG';
    warnings.push(
      `${split}: ${count(listedTwice, 'query', 'queries')} with a relevant id listed more than once; ${effect}`,
    );
  }
  const without = rows.relevant.filter((ids) => ids.length === 0).length;
  if (without > 0) {
    warnings.push(`${split}: ${count(without, 'query', 'queries')} without relevant documents; 0 in every mean`);
  }
  const queries = rows.query.length;
  if (queries < RETRIEVED && !protocol.deviations.has('retrieval-few-queries')) {
    warnings.push(
      `${split}: only ${count(queries, 'query', 'queries')}, so the ranking is cut after ${count(queries, 'document')} in place of ${RETRIEVED}, ` +
        'as the reference does (not with retrieval-few-queries)',
    );
  }
  return warnings;
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
