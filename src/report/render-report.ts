import { createHash } from 'node:crypto';
import type { Comparison, RunItems } from '../compare/types.js';
import { html, trusted } from './html.js';
import { differencesSection, runsSection, scoresSection } from './sections.js';
import { settingsSection } from './settings-section.js';
import { STYLE } from './style.js';
import { tasksSection } from './task-sections.js';

/**
 * A page about runs that opens from disk: no script, no request, every text escaped. The same runs give the same bytes.
 *
 * @param comparison of these runs; a text that says why there is none; null for a single run
 */
export async function renderReport(runs: readonly RunItems[], comparison: Comparison | string | null): Promise<string> {
  const title = runs.map(({ name }) => name).join(' · ');
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const links = [
    ['runs', 'What was run'],
    ['scores', 'Scores'],
    ...(comparison === null ? [] : [['differences', 'Differences']]),
    ['tasks', 'Task by task'],
    ['settings', 'Settings'],
  ];
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>jmteb report (points): ${title}</title>
        ${trusted(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <header>
          <h1>jmteb report</h1>
          <p>${title}</p>
          <p class="soft">Scores and differences are in points: the fraction × 100.</p>
          <nav aria-label="contents">
            <ul>
              ${links.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main>
          ${runsSection(runs)}${await scoresSection(runs)}${comparison === null ? '' : await differencesSection(comparison)}${tasksSection(runs)}${settingsSection(runs)}
        </main>
      </body>
    </html> `;
  return page.text;
}
