/** Turns texts into token ids; every kind of tokenizer has this shape. */
export interface TextTokenizer {
  /** Ids of a text, without special tokens and uncut. */
  encode(text: string): readonly number[];
  /** Special tokens put before and behind every text. */
  readonly before: readonly number[];
  readonly behind: readonly number[];
  /** The id of characters or words that the vocabulary lacks; null where there is none. */
  readonly unknownId: number | null;
  /** What rows of a batch are filled up with. */
  readonly padId: number;
  /** Which end of a text that is too long is cut off. */
  readonly cutFrom: 'left' | 'right';
  /** The longest input that the tokenizer itself sets, in tokens; null for none. */
  readonly maxTokens: number | null;
}

/** Token ids of many texts, one behind the other; those of text i are `ids[offsets[i]] .. ids[offsets[i + 1] - 1]`. */
export interface TokenizedTexts {
  readonly ids: Int32Array;
  readonly offsets: Int32Array;
  readonly truncated: number;
  readonly unknown: number;
}

/** The ids of one text with special tokens, cut to `maxTokens` so that the special tokens stay. */
export function encodeForModel(
  tokenizer: TextTokenizer,
  text: string,
  maxTokens: number | null,
): { readonly ids: number[]; readonly truncated: boolean } {
  const { before, behind } = tokenizer;
  let content = tokenizer.encode(text);
  const room = maxTokens === null ? Infinity : Math.max(0, maxTokens - before.length - behind.length);
  const truncated = content.length > room;
  if (truncated)
    content = tokenizer.cutFrom === 'right' ? content.slice(0, room) : content.slice(content.length - room);
  return { ids: [...before, ...content, ...behind], truncated };
}

/** Collects the ids of texts. */
export class TokenCollector {
  private ids = new Int32Array(1024);
  private readonly offsets: Int32Array;
  private size = 0;
  private texts = 0;
  private truncated = 0;
  private unknown = 0;

  /** @param texts how many will be added at most */
  constructor(
    private readonly tokenizer: TextTokenizer,
    private readonly maxTokens: number | null,
    texts: number,
  ) {
    this.offsets = new Int32Array(texts + 1);
  }

  /** Adds a text that is ready for the tokenizer; returns its ids. */
  add(text: string): readonly number[] {
    const { ids, truncated } = encodeForModel(this.tokenizer, text, this.maxTokens);
    if (truncated) this.truncated += 1;
    for (const id of ids) if (id === this.tokenizer.unknownId) this.unknown += 1;
    this.reserve(this.size + ids.length);
    this.ids.set(ids, this.size);
    this.size += ids.length;
    this.offsets[++this.texts] = this.size;
    return ids;
  }

  finish(): TokenizedTexts {
    const { truncated, unknown } = this;
    return {
      ids: this.ids.subarray(0, this.size),
      offsets: this.offsets.subarray(0, this.texts + 1),
      truncated,
      unknown,
    };
  }

  private reserve(size: number): void {
    if (size <= this.ids.length) return;
    const larger = new Int32Array(Math.max(size, 2 * this.ids.length));
    larger.set(this.ids.subarray(0, this.size));
    this.ids = larger;
  }
}
