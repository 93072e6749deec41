import { oneLine, type TextColumn } from '../results/text-table.js';

/** Text that Markdown and HTML take for nothing but text, on one line. */
export function markdownText(text: string): string {
  return oneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]|#~@!]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** A table; cells are escaped. */
export function markdownTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const rule = columns.map(({ align }) => (align === 'right' ? '---:' : '---'));
  const escaped = rows.map((row) => columns.map((_, i) => markdownText(row[i] ?? '')));
  return [columns.map(({ title }) => markdownText(title)), rule, ...escaped].map(line).join('');
}
