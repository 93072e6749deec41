import type { FetchEvent } from '../datasets/fetch-types.js';
import type { TaskState } from '../results/types.js';

/** What a run tells while it works; the command line prints it, `--json` as one object a line. */
export type RunEvent =
  /** Files that are brought from the Hub before anything else. */
  | Exclude<FetchEvent, { readonly event: 'warning' }>
  /** How the model was resolved, before anything heavy is loaded. */
  | {
      readonly event: 'model';
      readonly model: string;
      readonly variant: string;
      readonly settings: Readonly<Record<string, unknown>>;
    }
  /** What lies ahead: texts that are in the store already need no model. */
  | {
      readonly event: 'plan';
      readonly model: string;
      readonly tasks: number;
      /** Tasks whose result stands already and is kept. */
      readonly kept: number;
      readonly texts: number;
      readonly stored: number;
    }
  /** Which device `auto` means here and why; or, where none was asked for, that there may be a better one than the CPU. */
  | { readonly event: 'device'; readonly asked: 'auto' | null; readonly device: string; readonly message: string }
  /** Tokens a batch on a GPU, found by doubling, now or in an earlier run. */
  | {
      readonly event: 'budget';
      readonly model: string;
      readonly device: string;
      readonly batchTokens: number;
      readonly measured: readonly { readonly batchTokens: number; readonly tokensPerSecond: number | null }[];
    }
  /** What embedding will take, estimated from a few texts; not told of short runs. */
  | {
      readonly event: 'estimate';
      readonly model: string;
      readonly texts: number;
      /** null where the model has no tokens that we see. */
      readonly tokens: number | null;
      /** Of vectors. */
      readonly bytes: number;
      /** null where it is not known: a server is asked nothing for it. */
      readonly seconds: number | null;
      /** Tasks of the run: the score is the mean of theirs. */
      readonly scores: number;
      /** Tasks with texts to embed, in their order; what several share is the first one's. */
      readonly tasks: readonly {
        readonly task: string;
        readonly texts: number;
        readonly tokens: number | null;
        readonly bytes: number;
        readonly seconds: number | null;
        /** Of the whole work, 0 to 1. */
        readonly share: number;
      }[];
    }
  | { readonly event: 'task'; readonly task: string; readonly position: number; readonly of: number }
  | {
      readonly event: 'embedding';
      readonly task: string;
      /** `split/role` of the list in hand. */
      readonly list: string;
      /** Texts of the whole model run that had to be embedded, and how many of them are done. */
      readonly done: number;
      readonly total: number;
      readonly textsPerSecond: number | null;
      readonly tokensPerSecond: number | null;
      readonly secondsLeft: number | null;
    }
  | {
      readonly event: 'scoring';
      readonly task: string;
      readonly step: string;
      readonly done: number;
      readonly total: number;
    }
  | {
      readonly event: 'result';
      readonly task: string;
      readonly state: TaskState;
      readonly metric: string;
      readonly value: number | null;
      readonly choice: string | null;
      readonly kept: boolean;
      readonly seconds: number;
      readonly reason?: string;
    }
  | { readonly event: 'warning'; readonly message: string; readonly task?: string };

export type OnRunEvent = (event: RunEvent) => void;
