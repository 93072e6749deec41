import { MachineError, messageOf, UserError, type Problem } from '../errors.js';

/** From a parent to its child. */
export type ToChild = { readonly id: number; readonly request: unknown } | 'close';

/** From a child to its parent: a result, an error, or word of how far a request has come. */
export type FromChild =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: SentError }
  | { readonly id: number; readonly progress: unknown };

/** An error on its way to another process. */
export type SentError =
  | { readonly kind: 'user'; readonly problems: readonly Problem[] }
  | { readonly kind: 'machine'; readonly problem: Problem }
  | { readonly kind: 'other'; readonly message: string; readonly stack?: string };

/** An error as it can be sent: what the reader can mend stays so. */
export function packError(thrown: unknown): SentError {
  if (thrown instanceof UserError) return { kind: 'user', problems: thrown.problems };
  if (thrown instanceof MachineError) return { kind: 'machine', problem: thrown.problem };
  return { kind: 'other', message: messageOf(thrown), stack: thrown instanceof Error ? thrown.stack : undefined };
}

/** The error that was sent. */
export function unpackError(sent: SentError): Error {
  if (sent.kind === 'user') return new UserError(sent.problems);
  if (sent.kind === 'machine') return new MachineError(sent.problem);
  const error = new Error(sent.message);
  if (sent.stack !== undefined) error.stack = sent.stack;
  return error;
}
