import type { Spec } from 'vega';
import { trusted, type Markup } from './html.js';

/** A point with an interval, both in points. */
export interface ForestRow {
  readonly label: string;
  readonly series: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface ScoreRow {
  readonly label: string;
  readonly series: string;
  readonly value: number;
}

/** Seen on light and on dark ground. */
const COLOURS = ['#3b82c4', '#d9772b', '#2f9e6e', '#b0569b', '#8a7b2e', '#6f6fd0'];
const INK = 'currentColor';
const STEP = 26;

/** Differences with their intervals and a line at zero, one row a task. */
export async function forestPlot(rows: readonly ForestRow[]): Promise<Markup> {
  return draw(rows, 'difference in points', [
    {
      type: 'rule',
      encode: {
        enter: {
          x: { scale: 'x', value: 0 },
          y: { value: 0 },
          y2: { signal: 'height' },
          stroke: { value: INK },
          strokeDash: { value: [3, 3] },
        },
      },
    },
    {
      type: 'rule',
      from: { data: 'rows' },
      encode: {
        enter: {
          x: { scale: 'x', field: 'low' },
          x2: { scale: 'x', field: 'high' },
          y: PLACE,
          stroke: TINT,
          strokeWidth: { value: 2 },
        },
      },
    },
  ]);
}

/** Scores from 0 to 100, one row a task. */
export async function scorePlot(rows: readonly ScoreRow[]): Promise<Markup> {
  return draw(
    rows.map((row) => ({ ...row, low: 0, high: 100 })),
    'score in points (of 100)',
    [],
  );
}

const PLACE = { scale: 'y', field: 'label', offset: { field: 'offset' } } as const;
const TINT = { scale: 'colour', field: 'series' } as const;

async function draw(rows: readonly ForestRow[], title: string, marks: NonNullable<Spec['marks']>): Promise<Markup> {
  const vega = await import('vega');
  const labels = [...new Set(rows.map(({ label }) => label))];
  const series = [...new Set(rows.map((row) => row.series))];
  const step = Math.max(STEP, 9 * series.length);
  const values = rows.map((row) => ({ ...row, offset: (series.indexOf(row.series) - (series.length - 1) / 2) * 7 }));
  const text = { labelColor: INK, titleColor: INK, domainColor: INK, tickColor: INK };
  const spec: Spec = {
    width: 420,
    height: step * labels.length,
    padding: 5,
    data: [{ name: 'rows', values }],
    scales: [
      {
        name: 'x',
        type: 'linear',
        domain: { data: 'rows', fields: ['low', 'high'] },
        range: 'width',
        nice: true,
        zero: true,
      },
      { name: 'y', type: 'point', domain: labels, range: 'height', padding: 0.5 },
      { name: 'colour', type: 'ordinal', domain: series, range: COLOURS },
    ],
    axes: [
      { orient: 'bottom', scale: 'x', title, grid: true, gridOpacity: 0.25, gridColor: INK, ...text },
      { orient: 'left', scale: 'y', labelLimit: 260, ...text },
    ],
    legends:
      series.length > 1
        ? [
            {
              fill: 'colour',
              orient: 'top',
              direction: 'vertical',
              labelLimit: 420,
              labelColor: INK,
              symbolType: 'circle',
            },
          ]
        : [],
    marks: [
      ...marks,
      {
        type: 'symbol',
        from: { data: 'rows' },
        encode: { enter: { x: { scale: 'x', field: 'value' }, y: PLACE, size: { value: 55 }, fill: TINT } },
      },
    ],
  };
  return trusted(await new vega.View(vega.parse(spec), { renderer: 'none' }).toSVG());
}
