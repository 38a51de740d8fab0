/**
 * A WebDAV server in this process, with habits that public reports tell of Nextcloud (Sabre), nginx and proxies in front of
 * them. Files are in memory.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

export interface Habits {
  /** The collection that is served; others are not there until they are made. */
  readonly root: string;
  /** Where a path is moved to by 301, before anything else is looked at. */
  readonly moved?: (path: string) => string | undefined;
  /** As behind a proxy that ends TLS: a Destination that is a URL is somebody else's, with this status. */
  readonly foreignDestination?: number;
  /** The answer to HEAD has no length. */
  readonly headWithoutLength?: boolean;
  /** How often a request is answered by 423 (locked) before it is let through. */
  readonly locked?: number;
}

export class HabitsServer {
  readonly files = new Map<string, Buffer>();
  readonly asked: string[] = [];
  readonly #habits: Habits;
  readonly #collections: Set<string>;
  readonly #server: Server;
  #locked: number;

  private constructor(habits: Habits) {
    this.#habits = habits;
    this.#locked = habits.locked ?? 0;
    this.#collections = new Set(['/', habits.root]);
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.writeHead(500, String(error)).end();
      });
    });
  }

  static async start(habits: Habits): Promise<HabitsServer> {
    const server = new HabitsServer(habits);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    this.asked.push(`${method} ${url}`);
    const body = await bytesOf(request);
    const moved = this.#habits.moved?.(url);
    if (moved !== undefined) {
      response.writeHead(301, { Location: moved }).end('<html>Moved</html>');
      return;
    }
    if (this.#locked > 0 && method !== 'PROPFIND') {
      this.#locked -= 1;
      response.writeHead(423).end();
      return;
    }
    const handler = this.#handlers[method];
    if (handler === undefined) response.writeHead(405).end();
    else handler(request, response, { url, body });
  }

  readonly #handlers: Record<
    string,
    (
      request: IncomingMessage,
      response: ServerResponse,
      of: { readonly url: string; readonly body: Buffer },
    ) => void
  > = {
    PROPFIND: (request, response, { url }) => {
      const members = [...this.files.keys()].filter((path) => path.startsWith(url));
      const listed = this.#collections.has(url)
        ? [url, ...(request.headers.depth === '0' ? [] : members)]
        : members.filter((path) => path === url);
      if (listed.length === 0) return void response.writeHead(404).end();
      const xml = listed.map((path) => this.#describe(path)).join('');
      response.writeHead(207, { 'Content-Type': 'application/xml; charset=utf-8' });
      response.end(`<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">${xml}</d:multistatus>`);
    },
    MKCOL: (_request, response, { url }) => {
      if (this.#collections.has(url)) return void response.writeHead(405).end();
      // nginx makes a collection under the name of one only
      if (!url.endsWith('/')) return void response.writeHead(409).end();
      this.#collections.add(url);
      response.writeHead(201).end();
    },
    PUT: (request, response, { url, body }) => {
      // Nextcloud behind PHP-FPM stores nothing of a body in chunks
      const kept = request.headers['transfer-encoding'] === undefined ? body : Buffer.alloc(0);
      this.files.set(url, kept);
      response.writeHead(201, { 'OC-FileId': '1' }).end();
    },
    MOVE: (request, response, { url }) => {
      const { foreignDestination } = this.#habits;
      const destination = String(request.headers['destination']);
      if (foreignDestination !== undefined && !destination.startsWith('/')) {
        return void response.writeHead(foreignDestination).end();
      }
      const bytes = this.files.get(url);
      if (bytes === undefined) return void response.writeHead(404).end();
      this.files.delete(url);
      this.files.set(new URL(destination, `http://${this.host}`).pathname, bytes);
      response.writeHead(201).end();
    },
    HEAD: (_request, response, { url }) => {
      const bytes = this.files.get(url);
      if (bytes === undefined) return void response.writeHead(404).end();
      if (this.#habits.headWithoutLength !== true) {
        response.setHeader('Content-Length', bytes.length);
      }
      response.writeHead(200).end();
    },
    GET: (_request, response, { url }) => {
      const bytes = this.files.get(url);
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
    },
    DELETE: (_request, response, { url }) => {
      response.writeHead(this.files.delete(url) ? 204 : 404).end();
    },
  };

  /** Sabre tells what is not there first or last; nginx writes a whole URL where it was asked by one. */
  #describe(path: string): string {
    const bytes = this.files.get(path);
    const lacking =
      '<d:propstat><d:prop><d:quota-used-bytes/><d:getcontentlength/></d:prop>' +
      '<d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>';
    const own =
      bytes === undefined
        ? '<d:resourcetype><d:collection/></d:resourcetype>'
        : `<d:resourcetype/><d:getcontentlength>${bytes.length}</d:getcontentlength>`;
    const found =
      `<d:propstat><d:prop><d:getlastmodified>Mon, 30 Nov 2026 00:00:00 GMT</d:getlastmodified>${own}</d:prop>` +
      '<d:status>HTTP/1.1 200 OK</d:status></d:propstat>';
    const href = `http://${this.host}${path.replaceAll('&', '&amp;')}`;
    return `<d:response><d:href>${href}</d:href>${lacking}${found}</d:response>`;
  }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
