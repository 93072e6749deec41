import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';

/**
 * A Hub with one file, in a process of its own: `node bench/hub-server.js FILE SHA256`. Prints its address when it listens;
 * ends when its standard input does.
 *
 * The file is listed, resolved with a redirect to a store on another port, and sent from there, ranges too.
 */
const [, , path, sha256] = process.argv;
const { size } = statSync(path);

const store = createServer((request, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const range = { 'content-range': `bytes ${from}-${size - 1}/${size}` };
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': size - from, ...(from > 0 ? range : {}) });
  createReadStream(path, { start: from, highWaterMark: 2 ** 20 }).pipe(response);
});
const hub = createServer((request, response) => {
  if (request.url.includes('/tree/')) {
    const entry = { type: 'file', path: 'rows.parquet', size, oid: '0'.repeat(40), lfs: { oid: sha256, size } };
    return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify([entry]));
  }
  const location = `http://localhost:${store.address().port}/rows.parquet`;
  response.writeHead(302, { location, 'x-linked-etag': `"${sha256}"`, 'x-linked-size': String(size) }).end();
});
await Promise.all([store, hub].map((server) => new Promise((done) => server.listen(0, 'localhost', done))));
console.log(`http://localhost:${hub.address().port}`);
process.stdin.on('end', () => process.exit()).resume();
