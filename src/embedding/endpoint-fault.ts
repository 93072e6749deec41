/** A request failed in a way that may pass: a busy server, a broken connection, no answer in time. */
export class TransientFault extends Error {
  /** Milliseconds that the server asks to wait. */
  readonly retryAfterMs: number;
  /** Nobody answers at the address. */
  readonly isUnreachable: boolean;

  constructor(message: string, details: { readonly retryAfterMs?: number; readonly isUnreachable?: boolean } = {}) {
    super(message);
    this.name = 'TransientFault';
    this.retryAfterMs = details.retryAfterMs ?? 0;
    this.isUnreachable = details.isUnreachable ?? false;
  }
}

/** The server refuses what a request holds: too many texts, a text too long, a field that it does not know. */
export class RefusedInput extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RefusedInput';
  }
}
