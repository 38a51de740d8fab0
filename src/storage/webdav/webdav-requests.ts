/** Requests to a WebDAV server, each to its success: log-in, redirects, and the address that came of them. */
import type { Readable } from 'node:stream';
import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { WebDAVClient } from 'webdav';
import { AuthType, createClient } from 'webdav';
import { defined } from '../../base/index.js';
import { HttpResponse } from '../http-fetch.js';
import type { TlsSettings } from '../tls.js';
import { agentsFor } from './webdav-fetch.js';

export interface WebdavInputs {
  /** For messages. */
  readonly url: string;
  /** http or https, without credentials, percent-encoded, with a slash at its end. */
  readonly address: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls: TlsSettings;
  readonly timeoutSeconds: number;
}

export interface RequestDetails {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  /** Called once for each time that the request is sent. */
  readonly data?: () => Readable;
}

const redirects = new Set([301, 302, 307, 308]);
const maxRedirects = 5;

/** What servers say to a Destination whose scheme, host or port are not those that a proxy has left them. */
const foreignDestination = new Set([400, 403, 502]);

/** An answer that is no success. */
export class HttpError extends Error {
  readonly status: number;
  readonly method: string;
  /** Where a redirect leads to that is not followed, without credentials. */
  readonly location: URL | undefined;

  constructor(method: string, response: HttpResponse) {
    const location = redirects.has(response.status) ? locationOf(response) : undefined;
    const moved = location === undefined ? '' : `, moved to ${location.href}`;
    super(`${response.status} ${response.statusText}${moved}`);
    this.status = response.status;
    this.method = method;
    this.location = location;
  }
}

export class WebdavRequests {
  readonly #client: WebDAVClient;
  readonly #agents: readonly (HttpAgent | HttpsAgent)[];
  #address: URL;
  #destination: 'url' | 'path' = 'url';

  constructor(inputs: WebdavInputs) {
    const { username, password, timeoutSeconds } = inputs;
    this.#address = new URL(inputs.address);
    const { httpAgent, httpsAgent } = agentsFor(inputs.tls, timeoutSeconds);
    this.#agents = [httpAgent, httpsAgent];
    this.#client = createClient(
      this.#address.origin,
      defined({
        httpAgent,
        httpsAgent,
        headers: { ...inputs.headers },
        // the server says whether it wants Basic or Digest
        authType: username === undefined ? undefined : AuthType.Auto,
        username,
        password,
      }),
    );
  }

  /** Of the collection, with a slash at its end; where the server has said that it is. */
  get address(): URL {
    return this.#address;
  }

  /** The URL of a file in the collection. */
  locate(name: string): string {
    return `${this.#address.href}${encodeURIComponent(name)}`;
  }

  /** Ends the connections. */
  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }

  /** One request, whose answer is a success. A redirect is followed to the same server only, with the same method. */
  async send(method: string, where: string | URL, details: RequestDetails): Promise<HttpResponse> {
    let url = new URL(typeof where === 'string' ? this.locate(where) : where.href);
    for (let count = 0; ; count += 1) {
      const response = await this.#sendOnce(method, url, details);
      if (response.ok) {
        // what lies in the collection is then asked for where that is
        if (method === 'PROPFIND' && this.#isAddress(where)) this.#address = url;
        return response;
      }
      response.body.resume();
      const next = redirects.has(response.status) ? locationOf(response) : undefined;
      if (next === undefined || count === maxRedirects || !mayFollow(method, url, next)) {
        throw new HttpError(method, response);
      }
      url = next;
    }
  }

  /** Renames a file. */
  async move(from: string, to: string, signal: AbortSignal | undefined): Promise<HttpResponse> {
    const move = async (): Promise<HttpResponse> => {
      const url = this.locate(to);
      const destination = this.#destination === 'url' ? url : new URL(url).pathname;
      const headers = { Destination: destination, Overwrite: 'T' };
      return await this.send('MOVE', from, { headers, signal });
    };
    try {
      return await move();
    } catch (error) {
      const isForeign = error instanceof HttpError && foreignDestination.has(error.status);
      if (!isForeign || this.#destination === 'path') throw error;
      // RFC 4918 (8.3) allows a path as well; who renames files behind a proxy that ends TLS understands only that
      this.#destination = 'path';
      return await move().catch(() => {
        this.#destination = 'url';
        throw error;
      });
    }
  }

  #isAddress(where: string | URL): boolean {
    return typeof where !== 'string' && where.href === this.#address.href;
  }

  /** The library's own calls would take a 401 for a success where the server wants Digest. */
  async #sendOnce(method: string, url: URL, details: RequestDetails): Promise<HttpResponse> {
    const { headers = {}, signal, data } = details;
    const body = data?.();
    try {
      const response: unknown = await this.#client
        .customRequest(
          '',
          defined({ url: url.href, method, headers: { ...headers }, data: body, signal }),
        )
        .catch(answerOf);
      if (response instanceof HttpResponse) return response;
      throw new Error('The answer is none of ours');
    } catch (error) {
      // the source's own error says more than that of the request which it ended
      throw body?.errored ?? error;
    } finally {
      body?.destroy();
    }
  }
}

/** The library throws answers that are no success. */
function answerOf(error: unknown): unknown {
  if (error instanceof Error && 'response' in error && error.response instanceof HttpResponse) {
    return error.response;
  }
  throw error;
}

function locationOf(response: HttpResponse): URL | undefined {
  const text = response.headers.get('location');
  if (text === null || !URL.canParse(text, response.url)) return undefined;
  const url = new URL(text, response.url);
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}

/**
 * The log-in goes to no other server. A file keeps its name, or it is a page to log in that would be taken for its
 * content; the answer to a PROPFIND shows what it is.
 */
function mayFollow(method: string, from: URL, to: URL): boolean {
  if (to.origin !== from.origin) return false;
  if (method === 'PROPFIND') {
    return to.search === '' && (to.pathname.endsWith('/') || lastPart(to) === lastPart(from));
  }
  return lastPart(to) === lastPart(from);
}

function lastPart(url: URL): string {
  const part = url.pathname.replace(/\/+$/, '').split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
