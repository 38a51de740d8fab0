/**
 * A WebDAV server on loopback that shows a folder and counts what is asked of it: every request, and the bytes that
 * it sends as answers to GET. It knows what a reader needs: PROPFIND, HEAD, and GET with one range. It runs in
 * the process of the suite, so that its work is not in the figures of what is measured.
 */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream';

/**
 * @typedef {object} Counts
 * @property {number} requests of any kind
 * @property {number} fetchedBytes bodies of answers to GET
 *
 * @typedef {object} CountingServer
 * @property {string} url for duplifs
 * @property {() => Counts} counts since the start
 * @property {{ method: string, name: string, range: string | undefined, bytes: number }[]} log
 */

/**
 * Starts the server, calls `use`, and stops it.
 *
 * @template T
 * @param {string} folder
 * @param {(server: CountingServer) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withCountingServer(folder, use) {
  const log = [];
  const server = createServer((request, response) => {
    const name = decodeURIComponent(request.url.split('/').at(-1));
    const entry = { method: request.method, name, range: request.headers.range, bytes: 0 };
    log.push(entry);
    request.resume();
    answer(folder, entry, request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(error.code === 'ENOENT' ? 404 : 500);
      response.end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const counts = () => ({
    requests: log.length,
    fetchedBytes: log.reduce((sum, { bytes }) => sum + bytes, 0),
  });
  try {
    return await use({ url: `webdav://127.0.0.1:${server.address().port}/chain`, counts, log });
  } finally {
    if (process.env.DUPLIFS_BENCH_REQUESTS !== undefined) printLog(log);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function answer(folder, entry, request, response) {
  const path = join(folder, entry.name);
  if (entry.method === 'PROPFIND') {
    const names = request.headers.depth === '0' ? [] : await readdir(folder);
    response.writeHead(207, { 'Content-Type': 'application/xml' });
    response.end(await multistatus(folder, names));
    return;
  }
  const { size, mtime } = await stat(path);
  const headers = { 'Last-Modified': mtime.toUTCString(), 'Accept-Ranges': 'bytes' };
  if (entry.method === 'HEAD') {
    response.writeHead(200, { ...headers, 'Content-Length': size });
    response.end();
    return;
  }
  if (entry.method !== 'GET') {
    response.writeHead(405);
    response.end();
    return;
  }
  send({ path, size, headers, entry, response });
}

/** Bytes are counted as they are handed to the connection: a reader that goes away early is not charged for the rest. */
function send({ path, size, headers, entry, response }) {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(entry.range ?? '') ?? [];
  const start = Number(from ?? 0);
  const end = Math.min(size - 1, to === undefined || to === '' ? size - 1 : Number(to));
  if (start > end && size > 0) {
    response.writeHead(416, { 'Content-Range': `bytes */${size}` });
    response.end();
    return;
  }
  const length = size === 0 ? 0 : end - start + 1;
  response.writeHead(from === undefined ? 200 : 206, {
    ...headers,
    'Content-Length': length,
    ...(from !== undefined && { 'Content-Range': `bytes ${start}-${end}/${size}` }),
  });
  if (length === 0) {
    response.end();
    return;
  }
  const file = createReadStream(path, { start, end, highWaterMark: 2 ** 17 });
  file.on('data', (chunk) => {
    entry.bytes += chunk.length;
  });
  // the reader may go away at any time
  pipeline(file, response, () => undefined);
}

async function multistatus(folder, names) {
  const members = await Promise.all(
    names.map(async (name) => {
      const { size, mtime } = await stat(join(folder, name));
      return (
        `<D:response><D:href>/chain/${encodeURIComponent(name)}</D:href><D:propstat><D:prop>` +
        `<D:getcontentlength>${size}</D:getcontentlength><D:resourcetype/>` +
        `<D:getlastmodified>${mtime.toUTCString()}</D:getlastmodified>` +
        '</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>'
      );
    }),
  );
  return (
    '<?xml version="1.0" encoding="utf-8"?><D:multistatus xmlns:D="DAV:">' +
    '<D:response><D:href>/chain/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/>' +
    '</D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>' +
    `${members.join('')}</D:multistatus>`
  );
}

function printLog(log) {
  for (const { method, name, range, bytes } of log) {
    process.stderr.write(`${method} ${name} ${range ?? ''} ${bytes}\n`);
  }
}
