import { canonicalJson } from '../results/canonical-json.js';
import { oneLine, renderTable } from '../results/text-table.js';
import type { GateReport } from './gate.js';
import { markdownTable, markdownText } from './markdown.js';

const COLUMNS = [{ title: 'check' }, { title: 'verdict' }, { title: 'what was found' }];
const rowsOf = ({ checks }: GateReport) => checks.map(({ name, verdict, text }) => [name, verdict, text]);
const headline = ({ run, against, verdict }: GateReport) => `${verdict}: ${run} against ${against}`;

/** What a reader of the table has to know beside it. */
function remarks({ against, settings, differs }: GateReport): string[] {
  if (settings === null) return [];
  const { resamples, seed, confidence } = settings;
  return [
    differs.length === 0
      ? `no setting, version or model file differs from ${against}`
      : `differs from ${against} in: ${differs.join('; ')}`,
    `confidence ${confidence}, ${resamples} resamples, seed ${seed}`,
  ];
}

function gateText(report: GateReport): string {
  const table = renderTable(COLUMNS, [rowsOf(report)], 'plain');
  return `${table}\n${remarks(report)
    .map((line) => `${oneLine(line)}\n`)
    .join('')}${oneLine(headline(report))}\n`;
}

function gateMarkdown(report: GateReport): string {
  const notes = remarks(report).map((line) => `\n${markdownText(line)}\n`);
  return `### jmteb check: ${markdownText(headline(report))}\n\n${markdownTable(COLUMNS, rowsOf(report))}${notes.join('')}`;
}

/** JUnit XML: what failed is a failure, what is not there an error, what has no verdict skipped. */
function gateJunit({ run, checks }: GateReport): string {
  const count = (wanted: string) => checks.filter(({ verdict }) => verdict === wanted).length;
  const cases = checks.map(({ name, verdict, text }) => {
    const message = `message="${xml(text)}"`;
    const body = {
      passed: '',
      failed: `<failure ${message}/>`,
      incomplete: `<error ${message}/>`,
      none: `<skipped ${message}/>`,
    }[verdict];
    return `    <testcase classname="jmteb.check" name="${xml(name)}" time="0">${body}</testcase>\n`;
  });
  const counts = `tests="${checks.length}" failures="${count('failed')}" errors="${count('incomplete')}"`;
  const suite = `  <testsuite name="${xml(run)}" ${counts} skipped="${count('none')}" time="0">\n${cases.join('')}  </testsuite>\n`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suite}</testsuites>\n`;
}

function xml(text: string): string {
  const signs: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
  };
  return oneLine(text)
    .replace(/[\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
    .replace(/[&<>"']/g, (sign) => signs[sign]);
}

/** Workflow commands of GitHub Actions. */
function gateGithub(report: GateReport): string {
  const lines = report.checks
    .filter(({ verdict }) => verdict === 'failed' || verdict === 'incomplete')
    .map(({ name, text }) => `::error title=${property(`jmteb: ${name}`)}::${data(text)}\n`);
  const level = report.verdict === 'passed' ? 'notice' : 'error';
  return `${lines.join('')}::${level} title=jmteb check::${data(headline(report))}\n`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** How a report is written, by name. */
export const REPORTERS = {
  default: gateText,
  json: (report) => canonicalJson(report, 'the report'),
  junit: gateJunit,
  github: gateGithub,
  markdown: gateMarkdown,
} satisfies Record<string, (report: GateReport) => string>;

export type ReporterName = keyof typeof REPORTERS;
