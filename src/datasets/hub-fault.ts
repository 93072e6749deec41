/** A request failed in a way that may pass: a busy server, a broken connection, bytes that are not what they should be. */
export class PassingFault extends Error {
  /** Milliseconds that the server asks to wait. */
  readonly retryAfterMs: number;
  /**
   * `unreachable`: nobody answers at the address; `content`: something came that cannot be the file. Both are tried less often
   * than the rest.
   */
  readonly kind: 'unreachable' | 'content' | 'other';

  constructor(
    message: string,
    details: { readonly retryAfterMs?: number; readonly kind?: PassingFault['kind']; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.name = 'PassingFault';
    this.retryAfterMs = details.retryAfterMs ?? 0;
    this.kind = details.kind ?? 'other';
  }
}
