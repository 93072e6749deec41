import { html, type Markup } from './html.js';

export type Cell = Markup | string;

/** A table in a box of its own that scrolls; the first cell of a row names the row. `numeric` columns stand to the right. */
export function table(
  caption: Cell,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  numeric: (column: number) => boolean = () => false,
): Markup {
  const side = (column: number) => (numeric(column) ? 'n' : 't');
  const header = head.map((name, at) => html`<th scope="col" class="${side(at)}">${name}</th>`);
  const body = rows.map(([name, ...cells]) => {
    const others = cells.map((cell, at) => html`<td class="${side(at + 1)}">${cell}</td>`);
    return html`<tr>
      <th scope="row" class="t">${name}</th>
      ${others}
    </tr> `;
  });
  return html`<div class="scroll" tabindex="0" role="group" aria-label="table">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${header}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div> `;
}

/** A text in full up to a length; beyond it, its beginning and how much there is. */
export function bounded(text: string, most: number): Markup {
  const signs = Array.from(text);
  if (signs.length <= most) return html`${text}`;
  return html`${signs.slice(0, most).join('')} <em>[the first ${most} of ${signs.length} characters]</em>`;
}
