import type { Problem } from '../errors.js';
import { nearestName } from './nearest-name.js';
import type { Deviation, Protocol } from './types.js';
import { DEVIATIONS } from './types.js';

/** What each deviation from JMTEB 1.3.3 does instead. A new one needs its name in `DEVIATIONS` and its line here. */
export const DEVIATION_TEXTS = {
  'sts-euclidean': 'STS: the Euclidean distance is the Euclidean distance, not the Manhattan one a second time',
  'pair-cosine-direction':
    'pair classification: the cosine counts as a similarity when thresholds are searched and applied',
  'retrieval-ideal-cut': 'retrieval: the ideal DCG is cut at 10 documents like the DCG itself',
  'retrieval-few-queries': 'retrieval: 10 documents are kept for a query, however few queries there are',
  'retrieval-duplicate-ids': 'retrieval: an id that occurs twice in the corpus or among the relevant ones counts once',
  'retrieval-id-types': 'retrieval: ids are compared as text, so that the number 1 is the text "1"',
  'rerank-duplicate-ids': 'reranking: each occurrence of an id among the candidates has its own grade',
  'shared-label-map': 'classification: labels that are texts are numbered once for all splits, not split by split',
} as const satisfies Record<Deviation, string>;

/** The empty set: bug for bug what the published scores were computed with. */
export const PUBLISHED: Protocol = protocolOf([]);
/** All deviations. */
export const CORRECTED: Protocol = protocolOf(DEVIATIONS);

/** The protocol with these deviations under its canonical name. */
export function protocolOf(deviations: Iterable<Deviation>): Protocol {
  const set = new Set(deviations);
  const names = DEVIATIONS.filter((name) => set.has(name));
  const name =
    names.length === 0
      ? 'published'
      : names.length === DEVIATIONS.length
        ? 'corrected'
        : `published+${names.join(',')}`;
  return { name, deviations: new Set(names) };
}

/**
 * A protocol from its name: `published`, `corrected`, `published+a,b` or `corrected-a,b`, in any order and with either
 * `-` or `_` in the names.
 *
 * @param where what messages name, for example the option
 * @returns the protocol, or every name in it that is not known
 */
export function parseProtocol(
  text: string,
  where = '--protocol',
): { readonly protocol?: Protocol; readonly problems: readonly Problem[] } {
  const match = /^(published|corrected)(?:([+-])(.*))?$/su.exec(text.trim().toLowerCase());
  if (match === null) {
    const base = nearestName(text.trim().split(/[+]|-(?=[a-z])/u)[0], ['published', 'corrected']);
    const what = `"${text}" is no protocol.`;
    const fix = 'write "published", "corrected", "published+<deviation>,..." or "corrected-<deviation>,...".';
    return { problems: [{ where, what, fix: base === undefined ? fix : `did you mean "${base}"? Otherwise ${fix}` }] };
  }
  const [, base, sign, list] = match;
  if (sign === undefined) return { protocol: base === 'published' ? PUBLISHED : CORRECTED, problems: [] };
  if ((base === 'published') !== (sign === '+')) {
    const fix = base === 'published' ? 'deviations are added with "+".' : 'deviations are taken away with "-".';
    return { problems: [{ where, what: `"${text}": "${base}" cannot be followed by "${sign}".`, fix }] };
  }
  const problems: Problem[] = [];
  const chosen = new Set<Deviation>();
  for (const item of list.split(',')) {
    const name = item.trim().replaceAll('_', '-');
    const known = DEVIATIONS.find((deviation) => deviation === name);
    if (known !== undefined) chosen.add(known);
    else {
      const nearest = nearestName(name, DEVIATIONS);
      const what = name === '' ? `"${text}" names no deviation after "${sign}" or ",".` : `"${name}" is no deviation.`;
      const all = `use one of ${DEVIATIONS.join(', ')}.`;
      problems.push({ where, what, fix: nearest === undefined ? all : `did you mean "${nearest}"?` });
    }
  }
  if (problems.length > 0) return { problems };
  const deviations = base === 'published' ? chosen : DEVIATIONS.filter((name) => !chosen.has(name));
  return { protocol: protocolOf(deviations), problems: [] };
}
