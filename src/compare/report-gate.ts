import { canonicalJson } from '../results/canonical-json.js';
import { oneLine, renderTable } from '../results/text-table.js';
import type { GateReport } from './gate.js';
import { markdownTable, markdownText } from './markdown.js';

const COLUMNS = [{ title: 'check' }, { title: 'verdict' }, { title: 'what was found' }];
const rowsOf = ({ checks }: GateReport) => checks.map(({ name, verdict, text }) => [name, verdict, text]);
const headline = ({ run, against, verdict }: GateReport) => `${verdict}: ${run} against ${against}`;

/** What a reader of the table has to know beside it. */
function remarks({ settings, differs }: GateReport): string[] {
  if (settings === null) return [];
  const { resamples, seed, confidence } = settings;
  return [
    differs.length === 0
      ? 'no setting, version or model file differs from the baseline'
      : `differs from the baseline in: ${differs.join('; ')}`,
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

/**
 * JUnit XML: what failed is a failure, what is not there an error, what has no verdict skipped.
 *
 * Fits the schema of Ant's reports, which asks for more than others do, and that of Jenkins.
 * Source: JUnit.xsd of windyroad/JUnit-Schema; junit-10.xsd of jenkinsci/xunit-plugin.
 */
function gateJunit(report: GateReport): string {
  const { run, against, runFinished, checks } = report;
  const count = (wanted: string) => checks.filter(({ verdict }) => verdict === wanted).length;
  const cases = checks.map(({ name, verdict, text }) => {
    const element = JUNIT_ELEMENTS[verdict];
    const body = element === null ? '' : `<${element} ${attributes({ type: verdict, message: text })}/>`;
    return `    <testcase ${attributes({ classname: 'jmteb.check', name, time: '0' })}>${body}</testcase>\n`;
  });
  const suite = attributes({
    id: '0',
    package: 'jmteb',
    name: run,
    // Without a zone, as the schema asks; of the run, so that the same files give the same report.
    timestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.exec(runFinished ?? '')?.[0] ?? '1970-01-01T00:00:00',
    hostname: 'localhost',
    tests: String(checks.length),
    failures: String(count('failed')),
    errors: String(count('incomplete')),
    skipped: String(count('none')),
    time: '0',
  });
  const properties = [['against', against], ...remarks(report).map((line) => ['remark', line])]
    .map(([name, value]) => `      <property ${attributes({ name, value })}/>\n`)
    .join('');
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n',
    `  <testsuite ${suite}>\n    <properties>\n${properties}    </properties>\n`,
    ...cases,
    '    <system-out/>\n    <system-err/>\n  </testsuite>\n</testsuites>\n',
  ].join('');
}

const JUNIT_ELEMENTS = { passed: null, failed: 'failure', incomplete: 'error', none: 'skipped' } as const;

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${xml(value)}"`)
    .join(' ');
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

/** Workflow commands of GitHub Actions: errors, and warnings of losses that have no verdict. */
function gateGithub(report: GateReport): string {
  const levels = { passed: null, failed: 'error', incomplete: 'error', none: 'warning' } as const;
  const lines = report.checks.map(({ name, verdict, text, difference }) => {
    const level = levels[verdict];
    const isQuiet = level === null || (verdict === 'none' && !(difference !== undefined && difference < 0));
    return isQuiet ? '' : `::${level} title=${property(`jmteb: ${name}`)}::${data(text)}\n`;
  });
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
