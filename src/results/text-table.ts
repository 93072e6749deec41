import stringWidth from 'string-width';

export interface TextColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** `plain` has no lines drawn, for logs and pipes; `ruled` is for terminals. */
export type TableStyle = 'ruled' | 'plain';

/**
 * A table of text whose columns stand straight in a terminal, wide characters counted as two cells.
 *
 * @param groups rows, in groups that a line parts (`ruled`); each row has one text a column
 * @returns lines, each ended by \n, without spaces at their ends
 */
export function renderTable(
  columns: readonly TextColumn[],
  groups: readonly (readonly (readonly string[])[])[],
  style: TableStyle = 'ruled',
): string {
  const header = columns.map(({ title }) => oneLine(title));
  const cells = groups.map((rows) => rows.map((row) => columns.map((_, i) => oneLine(row[i] ?? ''))));
  const all = [header, ...cells.flat()];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => stringWidth(row[i]))));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => pad(cell, widths[i], columns[i].align ?? 'left'))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  const lines = [line(header)];
  for (const rows of cells) {
    if (rows.length === 0) continue;
    if (style === 'ruled') lines.push(rule);
    for (const row of rows) lines.push(line(row));
  }
  return lines.map((text) => `${text}\n`).join('');
}

function pad(cell: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(width - stringWidth(cell));
  return align === 'left' ? cell + space : space + cell;
}

/** Names come from files and folders: line breaks and control characters must not reach a terminal. */
export function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\s*[\r\n]+\s*/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '�');
}
