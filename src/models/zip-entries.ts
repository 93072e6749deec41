import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { UserError, messageOf } from '../errors.js';

/** A file inside a ZIP archive that is stored as it is. */
export interface ZipEntry {
  readonly name: string;
  /** First byte in the archive. */
  readonly offset: number;
  readonly length: number;
  readonly crc32: number;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end record, its longest comment, and the locator of the 64-bit one before it. */
const TAIL = 22 + 0xffff + 20;
/** No archive of weights has a larger table; what is larger is damage. */
const LARGEST_TABLE = 64 << 20;
/** Stands where a 64-bit number follows in the extra field. */
const IN_EXTRA = 0xffffffff;
const ENCRYPTED = 1;

/** An archive that is open for reading. */
export class ZipArchive {
  readonly size: number;
  private readonly descriptor: number;

  /**
   * @param where the name that messages show
   * @throws UserError when the file cannot be opened
   */
  constructor(
    readonly file: string,
    private readonly where: string,
  ) {
    try {
      // A pipe would be waited for.
      if (!statSync(file).isFile()) throw new Error('it is no regular file');
      this.descriptor = openSync(file, 'r');
    } catch (thrown) {
      throw new UserError({ where, what: `cannot be opened (${messageOf(thrown)})` });
    }
    this.size = fstatSync(this.descriptor).size;
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Bytes of the archive. */
  read(offset: number, length: number): Buffer {
    if (offset < 0 || length < 0 || offset + length > this.size) {
      throw brokenArchive(this.where, `ends before byte ${offset + length}`);
    }
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length;) {
      const read = readSync(this.descriptor, bytes, done, length - done, offset + done);
      if (read === 0) throw brokenArchive(this.where, 'became shorter while it was read');
      done += read;
    }
    return bytes;
  }

  /**
   * The files inside, by name.
   *
   * @throws UserError when the table is damaged, or a file is compressed, encrypted or there twice
   * Source: APPNOTE.TXT of PKWARE, sections 4.3 and 4.5.
   */
  entries(): Map<string, ZipEntry> {
    const { offset, length, count } = this.table();
    const table = this.read(offset, length);
    const entries = new Map<string, ZipEntry>();
    let at = 0;
    for (let i = 0; i < count; i++) {
      if (at + 46 > table.length || table.readUInt32LE(at) !== CENTRAL) {
        throw brokenArchive(this.where, `its table has no file number ${i}`);
      }
      const end = at + 46 + table.readUInt16LE(at + 28) + table.readUInt16LE(at + 30) + table.readUInt16LE(at + 32);
      if (end > table.length) throw brokenArchive(this.where, `its table ends within file number ${i}`);
      const entry = this.entryOf(table.subarray(at, end));
      if (entries.has(entry.name)) throw brokenArchive(this.where, `holds ${JSON.stringify(entry.name)} twice`);
      entries.set(entry.name, entry);
      at = end;
    }
    return entries;
  }

  private table(): { offset: number; length: number; count: number } {
    const start = Math.max(0, this.size - TAIL);
    const tail = this.read(start, this.size - start);
    let at = tail.length - 22;
    while (at >= 0 && !(tail.readUInt32LE(at) === END && at + 22 + tail.readUInt16LE(at + 20) === tail.length)) at -= 1;
    if (at < 0) throw brokenArchive(this.where, 'is no ZIP archive, or ends too early');
    let count = tail.readUInt16LE(at + 10);
    let length = tail.readUInt32LE(at + 12);
    let offset = tail.readUInt32LE(at + 16);
    if (at >= 20 && tail.readUInt32LE(at - 20) === LOCATOR_64) {
      const record = this.read(Number(tail.readBigUInt64LE(at - 12)), 56);
      if (record.readUInt32LE(0) !== END_64) throw brokenArchive(this.where, 'its 64-bit end record is damaged');
      [count, length, offset] = [32, 40, 48].map((field) => Number(record.readBigUInt64LE(field)));
    }
    if (length > LARGEST_TABLE) throw brokenArchive(this.where, `its table has ${length} bytes`);
    return { offset, length, count };
  }

  private entryOf(record: Buffer): ZipEntry {
    const nameLength = record.readUInt16LE(28);
    const name = record.toString('utf8', 46, 46 + nameLength);
    const shown = JSON.stringify(name);
    if ((record.readUInt16LE(8) & ENCRYPTED) !== 0) throw brokenArchive(this.where, `holds ${shown} encrypted`);
    if (record.readUInt16LE(10) !== 0) throw brokenArchive(this.where, `holds ${shown} compressed`);
    const extra = record.subarray(46 + nameLength, 46 + nameLength + record.readUInt16LE(30));
    const [length, stored, header] = longFields(
      extra,
      [24, 20, 42].map((field) => record.readUInt32LE(field)),
    );
    if (length !== stored) throw brokenArchive(this.where, `gives two lengths for ${shown}`);
    const local = this.read(header, 30);
    if (local.readUInt32LE(0) !== LOCAL) throw brokenArchive(this.where, `has no ${shown} where its table says`);
    const offset = header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (offset + length > this.size) throw brokenArchive(this.where, `ends within ${shown}`);
    return { name, offset, length, crc32: record.readUInt32LE(16) };
  }
}

/** Numbers that do not fit into 32 bits stand in the extra field, in this order. */
function longFields(extra: Buffer, fields: readonly number[]): number[] {
  let long: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) long = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let at = 0;
  return fields.map((field) => {
    if (field !== IN_EXTRA || at + 8 > long.length) return field;
    at += 8;
    return Number(long.readBigUInt64LE(at - 8));
  });
}

/** The error for an archive that cannot be what was published. */
export function brokenArchive(where: string, what: string): UserError {
  return new UserError({ where, what, fix: 'take the file again from where the model was published' });
}
