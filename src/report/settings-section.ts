import type { RunItems } from '../compare/types.js';
import { NONE } from '../results/points.js';
import type { RunRecord } from '../results/types.js';
import { html, type Markup } from './html.js';
import { bounded, table } from './table.js';

const MOST_SIGNS = 300;

/** Settings of the runs: those that differ first, then the others. What belongs to the machine is left out. */
export function settingsSection(runs: readonly RunItems[]): Markup {
  const columns = runs.map(({ run }) => settingsOf(run.record));
  const keys = [...new Set(columns.flatMap((settings) => [...settings.keys()]))];
  const differs = (key: string) => new Set(columns.map((settings) => settings.get(key))).size > 1;
  const rowOf = (key: string) => [key, ...columns.map((settings) => bounded(settings.get(key) ?? NONE, MOST_SIGNS))];
  const head = ['setting', ...runs.map(({ name }) => name)];
  const [different, alike] = [keys.filter(differs), keys.filter((key) => !differs(key))];
  const first =
    different.length > 0
      ? table('Settings that differ', head, different.map(rowOf))
      : html`<p>All settings are the same.</p>`;
  return html`<section id="settings">
    <h2>Settings</h2>
    ${runs.length > 1 ? first : ''}
    ${
      alike.length === 0
        ? ''
        : html`<details>
            <summary>${runs.length > 1 ? 'Settings that are the same' : 'All settings'}: ${alike.length}</summary>
            ${table('Settings', head, alike.map(rowOf))}
          </details>`
    }
  </section> `;
}

function settingsOf({ model, variant, protocol, settings, suite, versions }: RunRecord): Map<string, string> {
  const { settings: own, ...identity } = model;
  return new Map(flat('', { model: { ...identity, ...own }, variant, protocol, settings, suite, versions }));
}

function flat(path: string, value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flat(path === '' ? key : `${path}.${key}`, inner));
}
