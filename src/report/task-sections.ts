import type { RunItems } from '../compare/types.js';
import { points } from '../results/points.js';
import type { TaskResult } from '../results/types.js';
import { html, type Markup } from './html.js';
import { tasksOf } from './sections.js';
import { bounded, table, type Cell } from './table.js';
import { worstItems, type WorstItem, type WorstItems } from './worst-items.js';

const MOST_ITEMS = 10;
const MOST_SIGNS = 2000;
const MOST_WARNINGS = 20;

/** Each task by itself: its state, warnings, draws, worst items and the strings sent. */
export function tasksSection(runs: readonly RunItems[]): Markup {
  const parts = tasksOf(runs).map(({ task, family, metric }, at) => {
    const results = runs.flatMap(({ name, run }) => {
      const result = run.tasks.get(task);
      return result === undefined ? [] : [{ name, result }];
    });
    return html`<h3 id="task-${at + 1}">${task} <span class="soft">${family}, ${metric}</span></h3>
      ${results.map(({ name, result }) => remarks(name, result))} ${worst(worstItems(task, family, runs, MOST_ITEMS))}
      ${sent(results)} `;
  });
  return html`<section id="tasks">
    <h2>Task by task</h2>
    <p class="soft">Items are named by their ids: texts are not stored in a run.</p>
    ${parts}
  </section> `;
}

function remarks(name: string, { state, reason, warnings, details, dataset }: TaskResult): Markup {
  const lines = [
    ...(state === 'done'
      ? []
      : [html`<p class="bad">${name}: ${state}${reason === undefined ? '' : `: ${reason}`}</p>`]),
    ...(dataset.changed === true
      ? [html`<p class="note">${name}: the data differs from what the definition expects</p>`]
      : []),
    ...warnings
      .slice(0, MOST_WARNINGS)
      .map((warning) => html`<p class="note">${name}: ${bounded(warning, MOST_SIGNS)}</p>`),
    ...(warnings.length > MOST_WARNINGS
      ? [html`<p class="note">${name}: ${MOST_WARNINGS} of ${warnings.length} warnings are shown</p>`]
      : []),
  ];
  return html`${lines}${draws(name, details)}`;
}

/** Scores of the seeds of a clustering, where there are several. */
function draws(name: string, details: TaskResult['details']): Markup {
  const { seeds, draws: scores, choices } = details ?? {};
  if (!Array.isArray(seeds) || !Array.isArray(scores) || seeds.length < 2) return html``;
  const rows = seeds.map((seed, at): Cell[] => {
    const score: unknown = scores[at];
    const choice: unknown = Array.isArray(choices) ? choices[at] : '';
    return [String(seed), points(typeof score === 'number' ? score : null), String(choice)];
  });
  return table(`${name}: draws by seed, in points`, ['seed', 'score', 'algorithm'], rows, (column) => column === 1);
}

function worst(found: WorstItems | null): Markup {
  if (found === null) return html``;
  const { items, of, runs, order, notes } = found;
  const rows = items.map((item) => [
    bounded(item.id, 200),
    listOf(item.expected, []),
    ...item.views.map((_, at) => viewOf(item, at)),
  ]);
  const caption = `${items.length} of ${of} items, ${order}`;
  return html`${notes.map((note) => html`<p class="note">${note}</p>`)}
  ${
    rows.length === 0
      ? ''
      : html`<details>
          <summary>Worst items: ${items.length} of ${of}</summary>
          ${table(caption, ['id', 'right', ...runs], rows)}
        </details>`
  }`;
}

function viewOf({ views, expected }: WorstItem, at: number): Markup {
  const { said, ranking } = views[at];
  return html`${said}${
    ranking.length === 0
      ? ''
      : html`<ol>
          ${ranking.map((id) => html`<li>${markedId(id, expected)}</li>`)}
        </ol>`
  }`;
}

const MOST_EXPECTED = 10;

function listOf(ids: readonly string[], marked: readonly string[]): Markup {
  const more = ids.length - MOST_EXPECTED;
  const shown = ids.slice(0, MOST_EXPECTED).map((id, at) => html`${at === 0 ? '' : ', '}${markedId(id, marked)}`);
  return html`${shown}${more > 0 ? html` <em>and ${more} more</em>` : ''}`;
}

/** Relevant ids stand out, by more than colour. */
function markedId(id: string, relevant: readonly string[]): Markup {
  return relevant.includes(id) ? html`<mark>${bounded(id, 200)}</mark> ✓` : bounded(id, 200);
}

/** A line break right after `<pre>` is dropped by browsers: ours goes, one of the text stays. */
function sent(results: readonly { readonly name: string; readonly result: TaskResult }[]): Markup {
  const parts = results.flatMap(({ name, result }) =>
    Object.entries(result.example).map(
      ([role, text]) =>
        html`<h4>${name}, ${role}</h4>
          <pre>${'\n'}${bounded(text, MOST_SIGNS)}</pre> `,
    ),
  );
  return parts.length === 0
    ? html``
    : html`<details>
        <summary>Exact strings sent, one of each role</summary>
        ${parts}
      </details>`;
}
