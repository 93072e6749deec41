import { ArrowFault } from './arrow-fault.js';
import { readSchema, type Field } from './arrow-schema.js';
import { Flat } from './flatbuffer.js';

const MAGIC = 'ARROW1';
/** Length of the footer, then the magic word. */
export const TAIL_BYTES = 10;

/** A record batch in the file: its header, then its body. */
export interface Block {
  readonly offset: number;
  readonly headerLength: number;
  readonly bodyLength: number;
}

export interface Footer {
  readonly fields: readonly Field[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly blocks: readonly Block[];
}

/**
 * Where the footer begins and ends.
 *
 * @param head the first 6 bytes of the file
 * @param tail its last 10
 * @throws ArrowFault when this is no Arrow file
 */
export function footerRange(head: Uint8Array, tail: Uint8Array, fileLength: number): { start: number; end: number } {
  if (fileLength < TAIL_BYTES + 8 || word(head) !== MAGIC) throw new ArrowFault('it does not begin as an Arrow file');
  if (word(tail.subarray(4)) !== MAGIC) throw new ArrowFault('it does not end as an Arrow file: it was cut short');
  const end = fileLength - TAIL_BYTES;
  const length = new Flat(tail).i32(0);
  if (length <= 0 || length > end - 8) throw new ArrowFault('the length of its footer is wrong');
  return { start: end - length, end };
}

function word(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, MAGIC.length));
}

/**
 * Schema and record batches of a file; the batches lie inside it and do not overlap in sum.
 *
 * @param bytes the footer
 * @param end where the footer ends in the file
 * @throws ArrowFault, or RangeError where an offset leads outside `bytes`
 */
export function readFooter(bytes: Uint8Array, end: number): Footer {
  const flat = new Flat(bytes);
  const root = flat.root();
  const schemaAt = flat.table(root, 1);
  if (schemaAt === null) throw new ArrowFault('it has no schema');
  const { fields, metadata } = readSchema(flat, schemaAt);
  if ((flat.vector(root, 2, 24)?.length ?? 0) > 0) throw new ArrowFault('it has dictionaries, which are not read');
  const list = flat.vector(root, 3, 24) ?? { start: 0, length: 0 };
  const blocks: Block[] = [];
  let room = end;
  for (let i = 0; i < list.length; i++) {
    const at = list.start + 24 * i;
    const block = { offset: flat.i64(at), headerLength: flat.i32(at + 8), bodyLength: flat.i64(at + 16) };
    room -= block.headerLength + block.bodyLength;
    // Blocks that overlap could hold more rows than the file has room for.
    if (block.headerLength < 8 || block.offset + block.headerLength + block.bodyLength > end || room < 0)
      throw new ArrowFault('a record batch lies outside the file');
    blocks.push(block);
  }
  return { fields, metadata, blocks };
}

/** Turns what views and decoders throw on wrong bytes into faults of the file; throws. */
export function throwAsFault(thrown: unknown): never {
  // DataView and typed arrays refuse what lies outside.
  if (thrown instanceof RangeError) throw new ArrowFault('an offset leads outside the file');
  if (thrown instanceof TypeError) throw new ArrowFault('a text is not UTF-8');
  throw thrown;
}
