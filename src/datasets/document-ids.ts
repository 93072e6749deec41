import type { DocumentId } from './types.js';

/** The ids of a corpus by their places; an array is one, too. */
export interface DocumentIds extends Iterable<DocumentId> {
  readonly length: number;
  /** The id of a document; undefined beyond the last one. */
  at(row: number): DocumentId | undefined;
}

/** Ids that are decoded from one piece of memory. */
const BLOCK = 4096;
/** Stands before an id that is a number; no UTF-8 has this byte. */
const NUMBER = 0xff;
const NUMBER_MARK = Buffer.of(NUMBER);

interface Block {
  /** UTF-8 of the ids, one behind the other. */
  readonly bytes: Buffer;
  /** Where each id ends. */
  readonly ends: Uint16Array | Uint32Array;
}

/**
 * Ids as bytes: some 2 bytes and their UTF-8 each, where an array of strings takes 40 bytes or more, so that the ids of
 * millions of documents fit beside everything else. Ids keep their type.
 */
export class PackedIds implements DocumentIds {
  length = 0;
  private readonly blocks: Block[] = [];
  private open: DocumentId[] = [];

  static from(ids: Iterable<DocumentId>): PackedIds {
    const packed = new PackedIds();
    for (const id of ids) packed.push(id);
    return packed;
  }

  /** @param id a well-formed text or a whole number that is exact */
  push(id: DocumentId): void {
    this.open.push(id);
    this.length += 1;
    if (this.open.length < BLOCK) return;
    this.blocks.push(pack(this.open));
    this.open = [];
  }

  at(row: number): DocumentId | undefined {
    const block = this.blocks[Math.floor(row / BLOCK)];
    return block === undefined ? this.open[row - this.blocks.length * BLOCK] : unpack(block, row % BLOCK);
  }

  *[Symbol.iterator](): Generator<DocumentId> {
    for (const block of this.blocks) for (let i = 0; i < BLOCK; i++) yield unpack(block, i);
    yield* this.open;
  }
}

function pack(ids: readonly DocumentId[]): Block {
  const parts = ids.map((id) =>
    typeof id === 'string' ? Buffer.from(id) : Buffer.concat([NUMBER_MARK, Buffer.from(String(id))]),
  );
  let end = 0;
  const ends = parts.map(({ length }) => (end += length));
  return { bytes: Buffer.concat(parts), ends: end < 2 ** 16 ? Uint16Array.from(ends) : Uint32Array.from(ends) };
}

function unpack({ bytes, ends }: Block, i: number): DocumentId {
  const start = i === 0 ? 0 : ends[i - 1];
  const end = ends[i];
  if (start < end && bytes[start] === NUMBER) return Number(bytes.toString('latin1', start + 1, end));
  return bytes.toString('utf8', start, end);
}
