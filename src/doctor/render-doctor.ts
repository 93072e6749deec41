import { renderTable, type TableStyle } from '../results/text-table.js';
import { shown } from './find-causes.js';
import { oneLine } from '../results/text-table.js';
import type { BatchReport, DoctorReport, Finding, TokenReport, VectorReport } from './types.js';

/** Ids and characters of a text that are shown. */
const SHOWN_IDS = 12;
const SHOWN_TEXT = 40;
const SHOWN_WORST = 5;

/** The report as text: what was measured, what was found, and the verdict in the last line. */
export function renderDoctor(report: DoctorReport, style: TableStyle): string {
  const { model, reference, texts, tokens, vectors, thresholds, trials, batches, sanity } = report;
  const named = ({ id, dtype, dims }: typeof model): string => `${id}, ${dtype}, ${dims} dimensions`;
  const given = texts.given === 0 ? '' : ` and ${texts.given} given`;
  const facts = [
    ['model', named(model)],
    ['reference', reference === null ? 'none' : named(reference)],
    ['texts', `${texts.builtIn} built in${given}`],
    ...(tokens === null ? [] : [['token ids', tokenFact(tokens)]]),
    ...(vectors === null ? [] : vectorFacts(vectors)),
    ...(batches === null ? [] : [['batches', batchFact(batches)]]),
    ...(sanity.unknownShare === null ? [] : [['unknown tokens', `${(100 * sanity.unknownShare).toFixed(1)} %`]]),
    ...(sanity.truncated === null || sanity.truncated === 0 ? [] : [['texts cut', String(sanity.truncated)]]),
    ...(thresholds === null || vectors === null
      ? []
      : [
          [
            'expected',
            `median ${thresholds.median}, lowest twentieth ${thresholds.p5}, neighbours ${thresholds.overlapAt10} (${thresholds.of})`,
          ],
        ]),
    ...trials.map(({ what, median }) => [`tried ${what}`, `median cosine ${shown(median)}`]),
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const lines = facts.map(([name, fact]) => `${name.padEnd(width)}  ${oneLine(fact)}\n`);
  return [
    ...lines,
    ...(vectors === null ? [] : ['\n', bucketTable(vectors, style), '\n', worstTable(vectors, style)]),
    ...(report.findings.length === 0 ? [] : ['\n', ...report.findings.map(findingText)]),
    `\n${verdictText(report)}\n`,
  ].join('');
}

function tokenFact({ compared, different, first }: TokenReport): string {
  if (different === 0 || first === null) return `equal in all ${compared} texts`;
  const ids = (list: readonly number[]): string =>
    `${list.slice(0, SHOWN_IDS).join(' ')}${list.length > SHOWN_IDS ? ' ...' : ''}`;
  return `differ in ${different} of ${compared} texts; the first, ${cutText(first.text)}: ${ids(first.model)}; the reference: ${ids(first.reference)}`;
}

function vectorFacts({ cosine, normRatio, overlapAt10 }: VectorReport): string[][] {
  const { min, p1, p5, median, mean } = cosine;
  return [
    [
      'cosine',
      `median ${shown(median)}, mean ${shown(mean)}, lowest twentieth ${shown(p5)}, lowest hundredth ${shown(p1)}, lowest ${shown(min)}`,
    ],
    ['length ratio', `${ratio(normRatio.min)} to ${ratio(normRatio.max)}, median ${ratio(normRatio.median)}`],
    ...(overlapAt10 === null ? [] : [['neighbours', `${overlapAt10.toFixed(3)} of the ten nearest are the same`]]),
  ];
}

function ratio(value: number): string {
  return value.toPrecision(5);
}

function batchFact({ verdict, effects, policy, cacheSafe, advice }: BatchReport): string {
  const what = {
    same: 'make no difference',
    rounding: 'move vectors by rounding only',
    dependent: 'change vectors',
  }[verdict];
  const each = effects.map(({ way, minCosine }) => `${way} ${shown(minCosine)}`).join(', ');
  const safe = `${cacheSafe ? 'cache-safe' : 'not cache-safe'}${policy === null ? '' : ` with --batch-policy ${policy}`}`;
  const use = advice === null || advice === policy || cacheSafe ? '' : `; use ${advice}`;
  return `${what} (lowest cosine: ${each}): ${safe}${use}`;
}

function bucketTable({ buckets, lengthUnit }: VectorReport, style: TableStyle): string {
  const columns = [
    { title: lengthUnit },
    ...['texts', 'lowest cosine', 'median'].map((title) => ({ title, align: 'right' as const })),
  ];
  const rows = buckets.map(({ from, to, texts, min, median }) => [
    to === null ? `${from} and more` : `${from} to ${to}`,
    String(texts),
    shown(min),
    shown(median),
  ]);
  return renderTable(columns, [rows], style);
}

function worstTable({ worst }: VectorReport, style: TableStyle): string {
  const columns = [{ title: 'cosine', align: 'right' as const }, { title: 'about' }, { title: 'worst texts' }];
  const rows = worst.slice(0, SHOWN_WORST).map(({ cosine, about, text }) => [shown(cosine), about, cutText(text)]);
  return renderTable(columns, [rows], style);
}

function cutText(text: string): string {
  const characters = Array.from(text);
  return characters.length > SHOWN_TEXT
    ? `${JSON.stringify(characters.slice(0, SHOWN_TEXT).join(''))}...`
    : JSON.stringify(text);
}

function findingText({ code, severity, what, cause, fix }: Finding): string {
  const more = [...(cause === undefined ? [] : [`  Cause: ${cause}`]), ...(fix === undefined ? [] : [`  Fix: ${fix}`])];
  return [`${severity} ${code}: ${what}`, ...more].map((line) => `${oneLineKeepingIndent(line)}\n`).join('');
}

function oneLineKeepingIndent(line: string): string {
  const [indent] = /^ */.exec(line) as RegExpExecArray;
  return `${indent}${oneLine(line.slice(indent.length))}`;
}

function verdictText({ verdict, findings }: DoctorReport): string {
  const failures = findings.filter(({ severity }) => severity === 'failure').map(({ code }) => code);
  return verdict === 'passed' ? 'passed' : `failed: ${[...new Set(failures)].join(', ')}`;
}
