/** A name in a pickle: nothing is ever imported or called by it. */
export class PickledName {
  constructor(readonly name: string) {}
}

/** A tuple. */
export class PickledTuple {
  constructor(readonly items: readonly unknown[]) {}
}

/** What stands behind names, calls and references of a pickle; each may refuse by throwing a PickleFault. */
export interface PickleRules {
  /** Whether a name may occur at all. */
  allows(name: string): boolean;
  /** The value of a call of a name. */
  call(name: string, values: readonly unknown[]): unknown;
  /** The value of a reference to something outside of the pickle. */
  refer(id: unknown): unknown;
}

/** Why a pickle is not read. */
export class PickleFault extends Error {}

/** On the stack where a group of values begins. */
const MARK = Symbol('mark');
/** Weights need some 25 instructions for each tensor. */
const MOST_INSTRUCTIONS = 1_000_000;

/**
 * Reads a pickle as data: numbers, strings, tuples, lists, dictionaries, and what the rules make of names. No name is looked
 * up and no code is run; work and memory grow with the length of the pickle alone.
 *
 * @throws PickleFault for everything that is not plain data
 * Source: the comments of CPython's pickletools, protocols 2 to 5.
 */
export function readPickle(bytes: Buffer, rules: PickleRules): unknown {
  return new Unpickler(bytes, rules).read();
}

class Unpickler {
  private at = 0;
  private readonly stack: unknown[] = [];
  private readonly memo = new Map<number, unknown>();

  constructor(
    private readonly bytes: Buffer,
    private readonly rules: PickleRules,
  ) {}

  read(): unknown {
    for (let done = 0; done < MOST_INSTRUCTIONS; done++) {
      const code = this.byte();
      if (code === STOP) return this.pop();
      const operation = OPERATIONS.get(code);
      if (operation === undefined) {
        throw new PickleFault(`byte ${this.at - 1} is ${code}, an instruction that weights do not need`);
      }
      operation(this);
    }
    throw new PickleFault(`it has more than ${MOST_INSTRUCTIONS} instructions`);
  }

  byte = (): number => this.bytes.readUInt8(this.skip(1));
  short = (): number => this.bytes.readUInt16LE(this.skip(2));
  int = (): number => this.bytes.readInt32LE(this.skip(4));
  word = (): number => this.bytes.readUInt32LE(this.skip(4));
  double = (): number => this.bytes.readDoubleBE(this.skip(8));

  /** Steps over bytes and returns where they begin. */
  skip(length: number): number {
    this.at += length;
    if (!(this.at <= this.bytes.length)) throw new PickleFault('it ends too early');
    return this.at - length;
  }

  text(length: number): string {
    const from = this.skip(length);
    return this.bytes.toString('utf8', from, from + length);
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) throw new PickleFault('it ends too early');
    return this.text(end + 1 - this.at).slice(0, -1);
  }

  /** A whole number of any length, that must be one JavaScript holds exactly. */
  long(length: number): number {
    const from = this.skip(length);
    if (length > 8) throw new PickleFault(`it has a number of ${length} bytes`);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[from + i]);
    const number = Number(BigInt.asIntN(8 * length, value));
    if (!Number.isSafeInteger(number)) throw new PickleFault('it has a number that is too large');
    return number;
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  pop(): unknown {
    if (this.stack.length === 0) throw new PickleFault('it takes a value that is not there');
    const value = this.stack.pop();
    if (value === MARK) throw new PickleFault('it takes a mark for a value');
    return value;
  }

  top(): unknown {
    const value = this.pop();
    this.push(value);
    return value;
  }

  mark(): void {
    this.stack.push(MARK);
  }

  /** Everything behind the last mark, which is taken away. */
  items(): unknown[] {
    const from = this.stack.findLastIndex((value) => value === MARK);
    if (from < 0) throw new PickleFault('it takes a mark that is not there');
    return this.stack.splice(from).slice(1);
  }

  name(module: unknown, name: unknown): void {
    if (typeof module !== 'string' || typeof name !== 'string') throw new PickleFault('it asks for what is no name');
    const full = `${module}.${name}`;
    if (!this.rules.allows(full)) throw new PickleFault(`it asks for ${full.slice(0, 200)}, which weights do not need`);
    this.push(new PickledName(full));
  }

  call(): void {
    const given = this.pop();
    const called = this.pop();
    if (!(called instanceof PickledName) || !(given instanceof PickledTuple)) {
      throw new PickleFault('it calls what is no function');
    }
    this.push(this.rules.call(called.name, given.items));
  }

  refer(): void {
    this.push(this.rules.refer(this.pop()));
  }

  keep(place: number): void {
    this.memo.set(place, this.top());
  }

  keepNext(): void {
    this.keep(this.memo.size);
  }

  kept(place: number): void {
    if (!this.memo.has(place)) throw new PickleFault('it takes a value that was not kept');
    this.push(this.memo.get(place));
  }

  put(pairs: readonly unknown[]): void {
    const map = this.top();
    if (!(map instanceof Map) || pairs.length % 2 !== 0) throw new PickleFault('it fills what is no dictionary');
    for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
  }

  append(items: readonly unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw new PickleFault('it extends what is no list');
    for (const item of items) list.push(item);
  }

  /** Attributes of a dictionary, such as the versions of modules: they hold no weights. */
  build(): void {
    this.pop();
    if (!(this.top() instanceof Map)) throw new PickleFault('it gives attributes to what is no dictionary');
  }
}

const STOP = 0x2e;

const tuple =
  (size: number) =>
  (p: Unpickler): void => {
    const items = Array.from({ length: size }, () => p.pop()).reverse();
    p.push(new PickledTuple(items));
  };

/** Instructions by their byte. */
const OPERATIONS: ReadonlyMap<number, (p: Unpickler) => void> = new Map<number, (p: Unpickler) => void>([
  [0x80, (p) => void p.byte()], // PROTO
  [0x95, (p) => void p.skip(8)], // FRAME
  [0x63, (p) => p.name(p.line(), p.line())], // GLOBAL
  [0x93, (p) => [p.pop()].forEach((name) => p.name(p.pop(), name))], // STACK_GLOBAL
  [0x52, (p) => p.call()], // REDUCE
  [0x51, (p) => p.refer()], // BINPERSID
  [0x62, (p) => p.build()], // BUILD
  [0x28, (p) => p.mark()], // MARK
  [0x4e, (p) => p.push(null)], // NONE
  [0x88, (p) => p.push(true)], // NEWTRUE
  [0x89, (p) => p.push(false)], // NEWFALSE
  [0x4a, (p) => p.push(p.int())], // BININT
  [0x4b, (p) => p.push(p.byte())], // BININT1
  [0x4d, (p) => p.push(p.short())], // BININT2
  [0x8a, (p) => p.push(p.long(p.byte()))], // LONG1
  [0x47, (p) => p.push(p.double())], // BINFLOAT
  [0x58, (p) => p.push(p.text(p.word()))], // BINUNICODE
  [0x8c, (p) => p.push(p.text(p.byte()))], // SHORT_BINUNICODE
  [0x54, (p) => p.push(p.text(p.word()))], // BINSTRING
  [0x55, (p) => p.push(p.text(p.byte()))], // SHORT_BINSTRING
  [0x29, tuple(0)], // EMPTY_TUPLE
  [0x85, tuple(1)], // TUPLE1
  [0x86, tuple(2)], // TUPLE2
  [0x87, tuple(3)], // TUPLE3
  [0x74, (p) => p.push(new PickledTuple(p.items()))], // TUPLE
  [0x5d, (p) => p.push([])], // EMPTY_LIST
  [0x61, (p) => p.append([p.pop()])], // APPEND
  [0x65, (p) => p.append(p.items())], // APPENDS
  [0x7d, (p) => p.push(new Map())], // EMPTY_DICT
  [0x73, (p) => p.put([p.pop(), p.pop()].reverse())], // SETITEM
  [0x75, (p) => p.put(p.items())], // SETITEMS
  [0x71, (p) => p.keep(p.byte())], // BINPUT
  [0x72, (p) => p.keep(p.word())], // LONG_BINPUT
  [0x94, (p) => p.keepNext()], // MEMOIZE
  [0x68, (p) => p.kept(p.byte())], // BINGET
  [0x6a, (p) => p.kept(p.word())], // LONG_BINGET
]);
