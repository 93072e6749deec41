/** What goes wrong with one answer. Positions of bytes are those of the body, unless said otherwise. */
export type Fault =
  /** The connection breaks off after so many bytes. */
  | { readonly kind: 'cut'; readonly after: number }
  /** One bit of a byte of the file is turned. */
  | { readonly kind: 'flip'; readonly at: number }
  /** So many bytes are missing at the end (or, negative, are too many), and Content-Length says so. */
  | { readonly kind: 'short'; readonly by: number }
  /** Content-Length is another one than that of the body. */
  | { readonly kind: 'length'; readonly bytes: number }
  /** A range that begins so many bytes later than the one asked for; Content-Range says so unless `isHidden`. */
  | { readonly kind: 'range'; readonly shift: number; readonly isHidden?: boolean }
  /** The whole file with status 200, whatever range was asked for. */
  | { readonly kind: 'no-range' }
  /** Not one more byte after so many; -1: not even an answer. */
  | { readonly kind: 'stall'; readonly after: number }
  /** So many bytes at a time. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** A redirect to the same address. */
  | { readonly kind: 'loop' }
  /** Status 200 with a page in place of the content. */
  | { readonly kind: 'page' }
  /** A signed address that is past its time. */
  | { readonly kind: 'expired' };

/** Which requests a fault befalls. */
export interface Occasion {
  readonly host?: 'hub' | 'cdn';
  readonly method?: string;
  /** Fits the path of the request, its query included. */
  readonly path?: RegExp;
  /** Requests that fit and pass unharmed before (default 0). */
  readonly skip?: number;
  /** Requests that it befalls (default 1). */
  readonly times?: number;
}

/** A request as it arrived. */
export interface LoggedRequest {
  /** From 1, over both hosts. */
  readonly number: number;
  readonly host: 'hub' | 'cdn';
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** A list of what shall go wrong, in order; each request takes at most one fault. */
export class FaultScript {
  private readonly lines: { fault: Fault; occasion: Occasion; skip: number; times: number }[] = [];

  add(fault: Fault, occasion: Occasion = {}): void {
    this.lines.push({ fault, occasion, skip: occasion.skip ?? 0, times: occasion.times ?? 1 });
  }

  clear(): void {
    this.lines.length = 0;
  }

  take(request: LoggedRequest): Fault | undefined {
    for (const line of this.lines) {
      if (line.times === 0 || !fits(request, line.occasion)) continue;
      if (line.skip > 0) {
        line.skip--;
        continue;
      }
      line.times--;
      return line.fault;
    }
    return undefined;
  }
}

function fits(request: LoggedRequest, { host, method, path }: Occasion): boolean {
  return (
    (host === undefined || host === request.host) &&
    (method === undefined || method === request.method) &&
    (path === undefined || path.test(request.path))
  );
}
