import { describe, expect, it } from 'vitest';
import { csv } from '../../src/results/csv.js';
import { runCsv } from '../../src/results/run-csv.js';
import { runRecord, taskResult, withoutScore } from './example.js';

/** RFC 4180, slow and plain: one character at a time. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',') {
      row.push(field);
      field = '';
    } else if (c === '\n') {
      rows.push([...row, field]);
      row = [];
      field = '';
    } else field += c;
  }
  return rows;
}

describe('CSV', () => {
  it('quotes what would part fields or lines, and doubles quotes', () => {
    expect(csv([['a', 'b,c', 'd"e', 'f\ng', ' h', '日本', null, 0.1, true]])).toBe(
      'a,"b,c","d""e","f\ng"," h",日本,,0.1,true\n',
    );
  });

  it('comes back whatever the fields hold', () => {
    const rows = [
      ['', '"', '""', ',', '\n', '\r\n', 'a,"b"\n', ' '],
      ['1', '日本、語', '-', '=x', '\t', "'", ';', '"",""'],
    ];
    expect(parseCsv(csv(rows))).toEqual(rows);
  });
});

describe('the CSV of a run', () => {
  const tasks = [
    taskResult('jaqket', 'Retrieval', 0.1 + 0.2, { warnings: ['a', 'b'] }),
    withoutScore('jsts', 'STS', 'failed', 'no room, "really"'),
    taskResult('jsick', 'STS', null),
  ];
  const text = runCsv({ record: runRecord(), tasks: new Map(tasks.map((result) => [result.task, result])) });
  const [header, ...lines] = parseCsv(text);
  const rows = lines.map((line) => Object.fromEntries(header.map((name, i) => [name, line[i]])));

  it('has a line a task with every digit of the score', () => {
    expect(rows.map((row) => [row.task, row.family, row.metric, row.value, row.state])).toEqual([
      ['jaqket', 'Retrieval', 'ndcg@10', '0.30000000000000004', 'done'],
      ['jsts', 'STS', 'spearman', '', 'failed'],
      ['jsick', 'STS', 'spearman', '', 'done'],
    ]);
  });

  it('says where the scores come from', () => {
    expect(rows[0]).toMatchObject({
      model: 'cl-nagoya/ruri-small',
      variant: '0000000.fp32.published',
      protocol: 'published',
      choice: 'cosine_similarity',
      validation_value: '0.75',
      dataset_repo: 'sbintuitions/JMTEB',
      dataset_changed: 'false',
      warnings: '2',
    });
    expect(rows[1]).toMatchObject({ reason: 'no room, "really"', choice: '', texts: '' });
  });
});
