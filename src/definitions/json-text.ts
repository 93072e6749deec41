/** Where a text stops being JSON: 1-based line and column (in code points), and what is wrong there. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly what: string;
}

export type ParsedJson =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: JsonFault };

const MAX_DEPTH = 100;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPE = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

/**
 * JSON as a value, or the place where it is wrong.
 *
 * The engine's own parser says neither line nor column, keeps the last of two equal keys in silence and can be nested
 * until the stack is gone; in a definition each of these is a mistake that its author wants to see.
 */
export function parseJsonText(text: string): ParsedJson {
  const scanner = new Scanner(text);
  try {
    const value = scanner.document();
    return { ok: true, value };
  } catch (thrown) {
    if (thrown instanceof Stop) return { ok: false, fault: scanner.locate(thrown.offset, thrown.message) };
    throw thrown;
  }
}

class Stop extends Error {
  constructor(
    readonly offset: number,
    what: string,
  ) {
    super(what);
  }
}

class Scanner {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  document(): unknown {
    this.space();
    if (this.at === this.text.length) throw new Stop(this.at, 'the file is empty');
    const value = this.value();
    this.space();
    if (this.at < this.text.length) throw new Stop(this.at, `unexpected ${this.here()} after the end of the value`);
    return value;
  }

  locate(offset: number, what: string): JsonFault {
    const before = this.text.slice(0, offset);
    const lineStart = before.lastIndexOf('\n') + 1;
    let line = 1;
    for (let i = before.indexOf('\n'); i !== -1; i = before.indexOf('\n', i + 1)) line++;
    const codePoints = before.slice(lineStart).replace(/[\ud800-\udbff][\udc00-\udfff]/g, '.').length;
    return { line, column: codePoints + 1, what };
  }

  private value(): unknown {
    const start = this.text[this.at];
    if (start === '{') return this.nested(() => this.object());
    if (start === '[') return this.nested(() => this.array());
    if (start === '"') return this.string();
    if (start === '-' || (start >= '0' && start <= '9')) return this.number();
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    throw new Stop(this.at, `expected a value, found ${this.here()}${hint(start)}`);
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > MAX_DEPTH) throw new Stop(this.at, `nested deeper than ${MAX_DEPTH} levels`);
    const value = read();
    this.depth--;
    return value;
  }

  private object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.at++;
    this.space();
    if (this.take('}')) return object;
    for (;;) {
      const keyAt = this.at;
      if (this.text[keyAt] !== '"') {
        const comma = this.text[keyAt] === '}' ? ' (a comma may not stand before a closing brace)' : '';
        throw new Stop(keyAt, `expected a key in double quotes, found ${this.here()}${comma}`);
      }
      const key = this.string();
      if (Object.hasOwn(object, key)) throw new Stop(keyAt, `the key ${JSON.stringify(key)} stands here twice`);
      this.space();
      if (!this.take(':')) throw new Stop(this.at, `expected ":" after the key, found ${this.here()}`);
      this.space();
      // A key "__proto__" must become a field like any other, not the object's prototype.
      Object.defineProperty(object, key, { value: this.value(), enumerable: true, writable: true, configurable: true });
      this.space();
      if (this.take('}')) return object;
      if (!this.take(',')) throw new Stop(this.at, `expected "," or "}", found ${this.here()}`);
      this.space();
    }
  }

  private array(): unknown[] {
    const array: unknown[] = [];
    this.at++;
    this.space();
    if (this.take(']')) return array;
    for (;;) {
      if (this.text[this.at] === ']')
        throw new Stop(this.at, 'expected a value, found "]" (a comma may not stand before a closing bracket)');
      array.push(this.value());
      this.space();
      if (this.take(']')) return array;
      if (!this.take(',')) throw new Stop(this.at, `expected "," or "]", found ${this.here()}`);
      this.space();
    }
  }

  private string(): string {
    const start = this.at;
    let end = start + 1;
    for (; end < this.text.length; end++) {
      const code = this.text.charCodeAt(end);
      if (code === QUOTE) break;
      if (code === 0x0a || code === 0x0d) throw new Stop(end, 'the text is not closed before the end of the line');
      if (code < 0x20)
        throw new Stop(end, `a control character in a text is written \\u${code.toString(16).padStart(4, '0')}`);
      if (code === BACKSLASH) {
        if (!ESCAPE.test(this.text.slice(end, end + 6)))
          throw new Stop(end, 'unknown escape in a text; a backslash is written \\\\');
        end++;
      }
    }
    if (end >= this.text.length) throw new Stop(start, 'the text is not closed');
    this.at = end + 1;
    return JSON.parse(this.text.slice(start, this.at)) as string;
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    const end = match === null ? this.at : this.at + match[0].length;
    if (match === null || /[0-9.eE+\w-]/.test(this.text[end] ?? ' '))
      throw new Stop(this.at, 'this is not a JSON number');
    const value = Number(match[0]);
    if (!Number.isFinite(value)) throw new Stop(this.at, 'this number is too large');
    this.at = end;
    return value;
  }

  private space(): void {
    for (;;) {
      const c = this.text[this.at];
      if (c !== ' ' && c !== '\n' && c !== '\r' && c !== '\t') return;
      this.at++;
    }
  }

  private take(c: string): boolean {
    if (this.text[this.at] !== c) return false;
    this.at++;
    return true;
  }

  private here(): string {
    const code = this.text.codePointAt(this.at);
    if (code === undefined) return 'the end of the file';
    return code < 0x20 || code === 0x7f
      ? `the control character U+${code.toString(16).padStart(4, '0')}`
      : JSON.stringify(String.fromCodePoint(code));
  }
}

function hint(start: string | undefined): string {
  if (start === "'") return ' (JSON has double quotes only)';
  if (start === '/' || start === '#') return ' (JSON has no comments)';
  return '';
}
