/** Markup that is safe to stand in a page as it is. Made by `html` and `trusted` only. */
export class Markup {
  constructor(readonly text: string) {}
}

type Part = Markup | string | number | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** What HTML forbids even as an entity, and the marks that turn the direction of the text after them. */
// eslint-disable-next-line no-control-regex
const UNSHOWABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g;

/**
 * Markup from a template: whatever is put in is escaped, unless it is markup already. The one place where pages escape.
 *
 * @returns markup; lists are put in one part after the other
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.reduce((before, next, at) => before + shown(parts[at - 1]) + next));
}

/** Takes text as markup: our own style sheet and drawings, never data. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function shown(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === 'string')
    return wellFormed(part)
      .replace(UNSHOWABLE, '\ufffd')
      .replace(/[&<>"']/g, (sign) => ENTITIES[sign]);
  return typeof part === 'number' ? String(part) : part.map(shown).join('');
}

/** Lone surrogates replaced: a file in UTF-8 cannot hold them. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
