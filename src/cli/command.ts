import type { OptionName, OptionValues } from '../commands/options.js';

/** What a command is given. */
export interface Invocation {
  readonly operands: readonly string[];
  readonly options: OptionValues;
  readonly out: (text: string) => void;
  /** Remarks and progress: everything that is no result. */
  readonly err: (text: string) => void;
  readonly terminal: { readonly stdout: boolean; readonly stderr: boolean; readonly columns: number };
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** One command: what help says of it, what it takes, and the module that does it (loaded when it is called). */
export interface Command {
  readonly summary: string;
  readonly usage: string;
  /** At least and at most so many operands. */
  readonly operands: readonly [number, number];
  readonly options: readonly OptionName[];
  readonly examples?: readonly string[];
  load(): Promise<{ execute(invocation: Invocation): Promise<number> }>;
}
