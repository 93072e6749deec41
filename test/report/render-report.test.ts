import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { RunItems } from '../../src/compare/types.js';
import { compareRuns } from '../../src/compare/compare-runs.js';
import { renderReport } from '../../src/report/render-report.js';
import { worstItems } from '../../src/report/worst-items.js';
import type { RunRecord, TaskResult } from '../../src/results/types.js';

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '</style><b id=made>',
  "' onload='alert(1)",
];

function runOf(name: string, mains: readonly number[], over: Partial<TaskResult> = {}): RunItems {
  const mean = mains.reduce((sum, value) => sum + value, 0) / mains.length;
  const shared = {
    taskVersion: 1,
    family: 'Retrieval',
    protocol: 'published',
    main: { metric: 'ndcg@10', value: mean },
  };
  const rest = { choice: null, validation: null, test: null, counts: {}, embedding: null, timing: {} };
  const dataset = { repo: null, revision: null, files: [] };
  const one = { schema: 'jmteb/task-result/1', ...shared, ...rest, dataset, state: 'done', example: {}, warnings: [] };
  const done = { ...one, task: 'good', ...over } as TaskResult;
  const failed = {
    ...one,
    task: 'bad',
    state: 'failed',
    reason: 'no rows',
    main: { metric: 'ndcg@10', value: null },
  } as TaskResult;
  const record = {
    schema: 'jmteb/run/1',
    model: { id: name, kind: 'local', revision: null, files: [], settings: { pooling: name }, key: 'k' },
    variant: 'v',
    protocol: { name: 'published', deviations: [] },
    settings: { seed: 0, limit: null },
    suite: null,
    versions: {},
    environment: { host: 'secret-host' },
    timing: { started: '2026-01-01T00:00:00Z' },
  } as RunRecord;
  const table = {
    rows: mains.length,
    columns: [
      { name: 'id', type: 'text' as const, values: mains.map((_, at) => (at === 0 ? HOSTILE[0] : `q${at}`)) },
      { name: 'main', type: 'float64' as const, values: mains },
      { name: 'ranking', type: 'texts' as const, values: mains.map(() => ['d1', ...HOSTILE]) },
      { name: 'relevant', type: 'texts' as const, values: mains.map(() => ['d1']) },
    ],
  };
  const tasks = new Map([done, failed].map((result) => [result.task, result]));
  return { name, run: { folder: '', record, tasks }, items: new Map([[done.task, table]]), trainedOn: [] };
}

function hostilePair(): RunItems[] {
  const over = { task: HOSTILE[2], warnings: [...HOSTILE], example: { query: HOSTILE.join('\n') } };
  return [runOf(HOSTILE[1], [0.5, 1, 0.25, 0.75], over), runOf(HOSTILE[3], [0.5, 0, 0.25, 1], over)];
}

async function pageOf(runs: readonly RunItems[]): Promise<string> {
  return renderReport(runs, runs.length < 2 ? null : compareRuns(runs, { resamples: 50 }));
}

describe('a report', () => {
  it('makes no element of what names, ids and texts hold', async () => {
    const page = await pageOf(hostilePair());
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toMatch(/<script|<img|<b\b|<link|<iframe/);
    expect(page.match(/<\/style>/g)).toHaveLength(1);
    const tags = page.match(/<[a-z][^>]*>/g) ?? [];
    expect(tags.filter((tag) => /\son\w+=/.test(tag.replace(/"[^"]*"/g, '""')))).toEqual([]);
    expect(tags.filter((tag) => /\s(src|style)=/.test(tag.replace(/"[^"]*"/g, '""')))).toEqual([]);
  });

  it('has the same bytes for the same runs', async () => {
    expect(await pageOf(hostilePair())).toBe(await pageOf(hostilePair()));
  });

  it('says nothing of the machine', async () => {
    expect(await pageOf([runOf('a', [1])])).not.toMatch(/secret-host|2026-01-01/);
  });

  it('shows a failed task as failed with its reason, and leaves it out of averages', async () => {
    const page = await pageOf([runOf('a', [0.5, 1])]);
    expect(page).toContain('<span class="bad">failed</span>');
    expect(page).toContain('a: failed: no rows');
    expect(page).toContain('75.00 <span class="soft">over 1 tasks</span>');
    expect(page).not.toContain('id="differences"');
  });

  it('says why runs cannot be compared', async () => {
    const page = await renderReport([runOf('a', [1]), runOf('b', [1])], 'protocol differs: <x>');
    expect(page).toContain('<pre>protocol differs: &lt;x&gt;</pre>');
  });

  it('marks partial scores and keeps the number of items within bounds', async () => {
    const page = await pageOf([runOf('a', new Array<number>(40).fill(0.5), { state: 'partial', reason: 'limit' })]);
    expect(page).toContain('50.00 <span class="note">partial</span>');
    expect(page).toContain('Worst items: 10 of 40');
  });
});

describe('the strings sent', () => {
  it('keep a line break at their beginning, which browsers drop once', async () => {
    expect(await pageOf([runOf('a', [1], { example: { query: '\nq' } })])).toContain('<pre>\n\nq</pre>');
  });
});

describe('the worst items', () => {
  it('of two runs are those that lost most against the first', () => {
    const found = worstItems('good', 'Retrieval', [runOf('a', [0.5, 1, 0.25]), runOf('b', [0.25, 0, 0.9])], 2);
    expect(found?.items.map(({ id }) => id)).toEqual(['q1', HOSTILE[0]]);
  });

  it('of one run are those of the lowest score', () => {
    const found = worstItems('good', 'Retrieval', [runOf('a', [0.5, 1, 0.25])], 1);
    expect(found?.items.map(({ id }) => id)).toEqual(['q2']);
  });
});

const BROWSER = process.env.JMTEB_TEST_BROWSER ?? '/usr/bin/chromium';
const hasBrowser = existsSync(BROWSER);
const reason = hasBrowser ? '' : ` [skipped: no browser at ${BROWSER}; JMTEB_TEST_BROWSER names one]`;

describe.skipIf(!hasBrowser)(`in a browser${reason}`, () => {
  it(
    'opens from disk without a request, an error, a dialog or a page wider than a phone',
    { timeout: 60_000 },
    async () => {
      const { chromium } = await import('playwright-core');
      const folder = await mkdtemp(join(tmpdir(), 'jmteb-report-'));
      const path = join(folder, 'report.html');
      await writeFile(path, await pageOf(hostilePair()));
      const browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox'] });
      try {
        const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
        const seen: string[] = [];
        page.on('console', (message) => seen.push(`console: ${message.text()}`));
        page.on('pageerror', (error) => seen.push(`error: ${error.message}`));
        page.on('request', (request) => seen.push(`request: ${request.url()}`));
        page.on('dialog', (dialog) => {
          seen.push(`dialog: ${dialog.message()}`);
          void dialog.dismiss();
        });
        const address = pathToFileURL(path).href;
        await page.goto(address);
        const facts = await page.evaluate<[number, number, number, number]>(
          '(() => { document.querySelectorAll("details").forEach((one) => { one.open = true; }); const { scrollWidth, clientWidth } = document.documentElement; return [scrollWidth, clientWidth, document.querySelectorAll("script, img, #made").length, document.querySelectorAll("svg").length]; })()',
        );
        expect(seen).toEqual([`request: ${address}`]);
        expect(facts[0]).toBeLessThanOrEqual(facts[1]);
        expect(facts.slice(2)).toEqual([0, 2]);
      } finally {
        await browser.close();
        await rm(folder, { recursive: true });
      }
    },
  );
});
