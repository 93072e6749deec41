import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FaultScript, type Fault, type LoggedRequest, type Occasion } from './faults.js';
import { storeFile, type StoredFile, type TestRepository } from './repository.js';
import { sendFile } from './send.js';

export interface TestHubOptions {
  readonly repositories: readonly TestRepository[];
  /** New ids by old ones; both as `owner/name`. */
  readonly renames?: Readonly<Record<string, string>>;
  /** Entries of a page of a listing (default 1000). */
  readonly pageSize?: number;
  /** Tokens that belong to somebody; another one is refused everywhere. */
  readonly tokens?: readonly string[];
}

/** A Hub on this machine: the interface for programs, files, and a store for large files on another port. */
export interface TestHub {
  /** For `HF_ENDPOINT`. */
  readonly endpoint: string;
  /** Origin of the store. */
  readonly cdn: string;
  /** Every request so far, in order. */
  readonly requests: readonly LoggedRequest[];
  fail(fault: Fault, occasion?: Occasion): void;
  /** Forgets requests and faults. */
  reset(): void;
  close(): Promise<void>;
}

interface Stored extends TestRepository {
  readonly files: ReadonlyMap<string, ReadonlyMap<string, StoredFile>>;
}

interface Call {
  readonly request: LoggedRequest;
  readonly url: URL;
  readonly response: ServerResponse;
  readonly fault?: Fault;
}

/** Starts a Hub; the test closes it. */
export async function startTestHub(options: TestHubOptions): Promise<TestHub> {
  const hub = new RunningHub(options, await Promise.all(options.repositories.map(store)));
  await hub.listen();
  return hub;
}

async function store(repository: TestRepository): Promise<Stored> {
  const files = new Map<string, Map<string, StoredFile>>();
  for (const [commit, contents] of Object.entries(repository.commits)) {
    const stored = Object.entries(contents).map(([path, content]) => storeFile(path, content));
    files.set(commit, new Map((await Promise.all(stored)).map((file) => [file.path, file])));
  }
  return { ...repository, files };
}

class RunningHub implements TestHub {
  readonly requests: LoggedRequest[] = [];
  endpoint = '';
  cdn = '';
  private readonly faults = new FaultScript();
  private readonly secret = randomBytes(8).toString('hex');
  private readonly servers: readonly Server[];

  constructor(
    private readonly options: TestHubOptions,
    private readonly repositories: readonly Stored[],
  ) {
    this.servers = (['hub', 'cdn'] as const).map((host) =>
      createServer((request, response) => void this.answer(host, request, response)),
    );
  }

  async listen(): Promise<void> {
    const listening = this.servers.map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done)));
    await Promise.all(listening);
    const ports = this.servers.map((server) => (server.address() as AddressInfo).port);
    this.endpoint = `http://127.0.0.1:${ports[0]}`;
    // Another name is another host for everything that asks who may have a token.
    this.cdn = `http://localhost:${ports[1]}`;
  }

  fail(fault: Fault, occasion?: Occasion): void {
    this.faults.add(fault, occasion);
  }

  reset(): void {
    this.requests.length = 0;
    this.faults.clear();
  }

  async close(): Promise<void> {
    await Promise.all(
      this.servers.map((server) => {
        server.closeAllConnections();
        return new Promise((done) => server.close(done));
      }),
    );
  }

  private async answer(host: 'hub' | 'cdn', incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const { method = 'GET', url: path = '/', headers } = incoming;
    const request: LoggedRequest = { number: this.requests.length + 1, host, method, path, headers };
    this.requests.push(request);
    const fault = this.faults.take(request);
    if (fault !== undefined && answerWithFault(response, fault, path)) return;
    const call: Call = { request, url: new URL(path, this.endpoint), response, fault };
    await (host === 'cdn' ? this.answerFromStore(call) : this.answerFromHub(call)).catch(() => response.destroy());
  }

  private async answerFromStore({ request, url, response, fault }: Call): Promise<void> {
    const sha256 = url.pathname.slice(1);
    const isSigned = url.searchParams.get('Signature') === this.signature(sha256);
    if (!isSigned || url.searchParams.get('Expires') === '0') return refuse(response, 403, '', 'Access denied');
    const file = this.allFiles().find((one) => one.sha256 === sha256);
    if (file === undefined) return refuse(response, 404, '', 'no such object');
    // The store has names of its own, of the same length.
    const etag = createHash('sha256').update(`store ${sha256}`).digest('hex');
    await sendFile(response, {
      file,
      method: request.method,
      ...rangeOf(request),
      headers: { etag: `"${etag}"` },
      fault,
    });
  }

  private async answerFromHub(call: Call): Promise<void> {
    const { request, url, response } = call;
    const token = tokenOf(request);
    if (token !== undefined && this.options.tokens?.includes(token) === false)
      return refuse(response, 401, '', 'Invalid credentials in Authorization header');
    for (const [old, id] of Object.entries(this.options.renames ?? {})) {
      if (!url.pathname.includes(`/${old}/`)) continue;
      const location = request.path.replace(`/${old}/`, `/${id}/`);
      return void response.writeHead(307, { location }).end();
    }
    const wanted = this.wantedOf(url.pathname);
    if (wanted === undefined) return refuse(response, 404, '', 'Not found');
    const { repository } = wanted;
    const mayRead = token !== undefined && repository?.access?.includes(token) === true;
    if (repository === undefined || (repository.isPrivate === true && !mayRead))
      return refuse(response, token === undefined ? 401 : 404, 'RepoNotFound', 'Repository not found');
    const commit = commitOf(repository, wanted.revision);
    if (commit === undefined) return refuse(response, 404, 'RevisionNotFound', `Invalid rev id: ${wanted.revision}`);
    if (wanted.action === 'revision') return this.sendRevision(call, repository, commit);
    if (wanted.action === 'tree') return this.sendTree(call, repository, commit, wanted.path);
    if (repository.isGated === true && !mayRead)
      return refuse(response, token === undefined ? 401 : 403, 'GatedRepo', `Access to ${repository.id} is restricted`);
    const file = repository.files.get(commit)?.get(wanted.path);
    if (file === undefined) return refuse(response, 404, 'EntryNotFound', 'Entry not found');
    await this.sendResolved(call, { repository, commit, file, isResolved: wanted.action === 'resolve-cache' });
  }

  /** What the path of an address asks for. */
  private wantedOf(pathname: string) {
    const match =
      /^\/api\/(?<kind>model|dataset)s\/(?<id>[^/]+(?:\/[^/]+)?)\/(?<action>revision|tree)\/(?<revision>[^/]+)(?:\/(?<path>.+))?$/.exec(
        pathname,
      ) ??
      /^\/api\/(?<action>resolve-cache)\/(?<kind>model|dataset)s\/(?<id>[^/]+\/[^/]+)\/(?<revision>[^/]+)\/(?<path>.+)$/.exec(
        pathname,
      ) ??
      /^\/(?<kind>datasets\/)?(?<id>[^/]+(?:\/[^/]+)?)\/(?<action>resolve)\/(?<revision>[^/]+)\/(?<path>.+)$/.exec(
        pathname,
      );
    if (match?.groups === undefined) return undefined;
    const { id, action, revision, path = '' } = match.groups;
    const kind = (match.groups.kind ?? 'model').startsWith('dataset') ? 'dataset' : 'model';
    const repository = this.repositories.find((one) => one.kind === kind && one.id === id);
    const rest = {
      action,
      revision: decodeURIComponent(revision),
      path: path.split('/').map(decodeURIComponent).join('/'),
    };
    return { repository, ...rest };
  }

  private sendRevision({ response }: Call, repository: Stored, commit: string): void {
    const { id, isPrivate = false, isGated = false } = repository;
    const siblings = [...(repository.files.get(commit)?.keys() ?? [])].map((rfilename) => ({ rfilename }));
    sendJson(response, { id, sha: commit, private: isPrivate, gated: isGated ? 'auto' : false, siblings });
  }

  private sendTree({ url, response }: Call, repository: Stored, commit: string, folder: string): void {
    const files = [...(repository.files.get(commit)?.values() ?? [])];
    const below = files.filter(({ path }) => folder === '' || path.startsWith(`${folder}/`));
    if (below.length === 0 && folder !== '') return refuse(response, 404, 'EntryNotFound', `${folder} does not exist`);
    const entries = entriesOf(below, folder, url.searchParams.get('recursive') === 'true');
    const { pageSize = 1000 } = this.options;
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const next = new URL(url);
    next.searchParams.set('cursor', String(from + pageSize));
    const isLast = from + pageSize >= entries.length;
    sendJson(response, entries.slice(from, from + pageSize), isLast ? {} : { link: `<${next.href}>; rel="next"` });
  }

  private async sendResolved(
    { request, response, fault }: Call,
    {
      repository,
      commit,
      file,
      isResolved,
    }: { repository: Stored; commit: string; file: StoredFile; isResolved: boolean },
  ): Promise<void> {
    const told = { 'x-repo-commit': commit };
    if (file.isLarge) {
      const location = `${this.cdn}/${file.sha256}?Expires=${fault?.kind === 'expired' ? 0 : 9}&Signature=${this.signature(file.sha256)}`;
      const linked = { 'x-linked-size': String(file.size), 'x-linked-etag': `"${file.sha256}"` };
      return void response.writeHead(302, { ...told, ...linked, location }).end();
    }
    if (!isResolved) {
      const path = file.path.split('/').map(encodeURIComponent).join('/');
      const location = `/api/resolve-cache/${repository.kind}s/${repository.id}/${commit}/${path}?etag=${file.blobId}`;
      return void response.writeHead(307, { ...told, location }).end();
    }
    const headers = { ...told, etag: `"${file.blobId}"` };
    await sendFile(response, { file, method: request.method, ...rangeOf(request), headers, fault });
  }

  private allFiles(): StoredFile[] {
    return this.repositories.flatMap(({ files }) => [...files.values()].flatMap((commit) => [...commit.values()]));
  }

  private signature(sha256: string): string {
    return createHash('sha256').update(`${this.secret} ${sha256}`).digest('hex').slice(0, 16);
  }
}

/** @returns whether the fault is the whole answer */
function answerWithFault(response: ServerResponse, fault: Fault, path: string): boolean {
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return true;
    case 'loop':
      response.writeHead(302, { location: path }).end();
      return true;
    case 'page':
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end('<!doctype html><title>Log in</title>');
      return true;
    case 'stall':
      return fault.after < 0;
    default:
      return false;
  }
}

function entriesOf(files: readonly StoredFile[], folder: string, isRecursive: boolean): object[] {
  const entries: object[] = [];
  const folders = new Set<string>();
  for (const { path, size, sha256, blobId, isLarge } of files) {
    const steps = path.split('/').slice(0, -1);
    const depth = folder === '' ? 0 : folder.split('/').length;
    for (let n = depth + 1; n <= steps.length && (isRecursive || n === depth + 1); n++) {
      const name = steps.slice(0, n).join('/');
      if (!folders.has(name)) entries.push({ type: 'directory', oid: blobId, size: 0, path: name });
      folders.add(name);
    }
    const lfs = isLarge ? { lfs: { oid: sha256, size, pointerSize: 130 } } : {};
    if (isRecursive || steps.length === depth) entries.push({ type: 'file', oid: blobId, size, ...lfs, path });
  }
  return entries;
}

function commitOf({ files, refs }: Stored, revision: string): string | undefined {
  const commits = [...files.keys()];
  if (files.has(revision)) return revision;
  const named = refs?.[revision] ?? (revision === 'main' ? commits.at(-1) : undefined);
  if (named !== undefined) return named;
  const begun = /^[0-9a-f]{7,39}$/.test(revision) ? commits.filter((commit) => commit.startsWith(revision)) : [];
  return begun.length === 1 ? begun[0] : undefined;
}

function tokenOf({ headers }: LoggedRequest): string | undefined {
  return /^Bearer (.+)$/.exec(String(headers.authorization ?? ''))?.[1];
}

function rangeOf({ headers }: LoggedRequest): { range?: string } {
  return headers.range === undefined ? {} : { range: String(headers.range) };
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  const headers = { ...(code === '' ? {} : { 'x-error-code': code }), 'x-error-message': message };
  sendJson(response, { error: message }, headers, status);
}

function sendJson(
  response: ServerResponse,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
    .end(JSON.stringify(value));
}
