import { MachineError } from '../errors.js';
import { ChildLost, ChildProcess } from './child-process.js';

/** Ends in a row, with no answer between them, after which it is given up. Halving a batch of 2^20 texts takes fewer. */
const MOST_IN_A_ROW = 30;
const MOST_IN_ALL = 200;
/** Times that it is started at first: a stray kill is no reason to give up, and what cannot start never will. */
const OPENING_TRIES = 2;

export interface RestartingChildOptions {
  readonly entry: string;
  /** What it is, for messages: "the process that ...". */
  readonly name: string;
  /** The first request to every new process, before it gets others; none unless given. */
  readonly opening?: unknown;
  /** How to help a process that ends again and again. */
  readonly fix: string;
}

/**
 * A child process that is started again when it ended. What was open then is lost, and its sender hears of it (ChildLost);
 * the next request goes to a new process.
 */
export class RestartingChild {
  private current: { readonly child: ChildProcess; readonly isOpen: Promise<unknown> } | undefined;
  private readonly underWay = new Set<Promise<unknown>>();
  private inARow = 0;
  private inAll = 0;
  private isClosed = false;

  constructor(private readonly options: RestartingChildOptions) {}

  get pid(): number | undefined {
    return this.current?.child.pid;
  }

  /**
   * Starts the process if there is none and waits until it has opened.
   *
   * @throws what its opening request throws; MachineError when it ended over it each time
   */
  async open(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.living().isOpen;
        return;
      } catch (thrown) {
        if (thrown instanceof ChildLost && tries < OPENING_TRIES) continue;
        await this.close();
        if (thrown instanceof ChildLost) throw this.givenUp(`ended while it started (${thrown.how})`);
        throw thrown;
      }
    }
  }

  /**
   * Sends a request to the process, which is started again if it has ended.
   *
   * @throws what the process throws; ChildLost when it ends over it or over one before; MachineError when it has ended too
   *   often
   */
  call(request: unknown, onProgress?: (progress: unknown) => void): Promise<unknown> {
    const answer = this.send(request, onProgress);
    this.underWay.add(answer);
    return answer.finally(() => this.underWay.delete(answer));
  }

  private async send(request: unknown, onProgress?: (progress: unknown) => void): Promise<unknown> {
    const { child, isOpen } = this.living();
    try {
      await isOpen;
    } catch (thrown) {
      // The request had not been sent.
      throw thrown instanceof ChildLost ? new ChildLost(thrown.how, false) : thrown;
    }
    const value = await child.call(request, onProgress);
    this.inARow = 0;
    return value;
  }

  /** Ends the process at once; the next request starts another. */
  async restart(): Promise<void> {
    await this.current?.child.kill();
  }

  /** Ends the process when what was asked of it is done. No request is taken afterwards. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.allSettled(this.underWay);
    await this.current?.child.close();
  }

  private living(): { readonly child: ChildProcess; readonly isOpen: Promise<unknown> } {
    if (this.isClosed) throw new Error(`${this.options.name} is closed`);
    if (this.current !== undefined) {
      const { ending } = this.current.child;
      if (ending === undefined) return this.current;
      this.countLoss(ending);
    }
    const child = new ChildProcess(this.options.entry);
    const { opening } = this.options;
    const isOpen = opening === undefined ? Promise.resolve() : child.call(opening);
    // Whoever waits for it hears of it.
    isOpen.catch(() => undefined);
    this.current = { child, isOpen };
    return this.current;
  }

  private countLoss(how: string): void {
    this.inARow++;
    this.inAll++;
    if (this.inARow < MOST_IN_A_ROW && this.inAll < MOST_IN_ALL) return;
    const count = this.inARow < MOST_IN_A_ROW ? `${this.inAll} times` : `${this.inARow} times in a row`;
    throw this.givenUp(`ended ${count}, the last time with ${how}`);
  }

  private givenUp(what: string): MachineError {
    return new MachineError({ where: this.options.name, what, fix: this.options.fix });
  }
}
