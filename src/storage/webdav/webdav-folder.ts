/** A collection of a WebDAV server (RFC 4918). */
import { defined } from '../../base/index.js';
import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import type { WebDAVClient } from 'webdav';
import { AuthType, createClient } from 'webdav';
import { chunksOf } from '../body.js';
import type { Folder } from '../folder-storage.js';
import { rangeHeader, sliced, sliceOf } from '../http-range.js';
import { beyondEnd } from '../range.js';
import type { Body, ByteRange, StoredObject, WriteOptions } from '../storage.js';
import type { TlsSettings } from '../tls.js';
import { HttpResponse } from '../http-fetch.js';
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

interface RequestDetails {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  readonly data?: Readable;
}

/** An answer that is no success. */
export class HttpError extends Error {
  readonly status: number;

  constructor(response: HttpResponse) {
    const location = response.headers.get('location');
    const moved = location === null ? '' : `, moved to ${location}`;
    super(`${response.status} ${response.statusText}${moved}`);
    this.status = response.status;
  }
}

export class WebdavFolder implements Folder {
  readonly url: string;
  readonly removalsAtOnce = 8;
  readonly #address: URL;
  readonly #client: WebDAVClient;
  readonly #agents: readonly (HttpAgent | HttpsAgent)[];

  constructor(inputs: WebdavInputs) {
    const { username, password, timeoutSeconds } = inputs;
    this.url = inputs.url;
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

  async list(signal?: AbortSignal): Promise<StoredObject[]> {
    const path = decodeURIComponent(this.#address.pathname);
    const entries = await this.#client.getDirectoryContents(path, {
      ...having(signal),
      details: false,
    });
    return entries
      .filter(({ type }) => type === 'file')
      .map(({ basename, size, lastmod }) => stored(basename, size, lastmod));
  }

  async stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    try {
      const response = await this.#request('HEAD', name, { signal });
      response.body.resume();
      const size = response.headers.get('content-length');
      if (size === null) return undefined;
      return stored(name, Number(size), response.headers.get('last-modified') ?? '');
    } catch (error) {
      if (error instanceof HttpError && error.status === 404) return undefined;
      throw error;
    }
  }

  async *read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const response = await this.#get(name, range, signal);
    if (response === undefined) return;
    try {
      const contentRange = response.headers.get('content-range') ?? undefined;
      const slice = sliceOf(range, contentRange, name, this.url);
      const size = response.headers.get('content-length');
      if (contentRange === undefined && size !== null && slice.skip > Number(size)) {
        throw beyondEnd(name, this.url);
      }
      yield* sliced(response.body as AsyncIterable<Buffer>, slice);
    } finally {
      response.body.destroy();
    }
  }

  async put(name: string, body: Body, { size, signal }: WriteOptions): Promise<void> {
    const headers: Record<string, string> = { 'Content-Type': 'application/octet-stream' };
    if (size !== undefined) headers['Content-Length'] = String(size);
    const stream = Readable.from(chunksOf(body), { objectMode: false });
    try {
      const response = await this.#request('PUT', name, { headers, signal, data: stream });
      response.body.resume();
    } catch (error) {
      // the source's own error says more than that of the request which it ended
      throw stream.errored ?? error;
    } finally {
      stream.destroy();
    }
  }

  async rename(from: string, to: string, signal?: AbortSignal): Promise<void> {
    const headers = { Destination: this.#locate(to), Overwrite: 'T' };
    const response = await this.#request('MOVE', from, { headers, signal });
    response.body.resume();
  }

  async remove(name: string, signal?: AbortSignal): Promise<void> {
    try {
      const response = await this.#request('DELETE', name, { signal });
      response.body.resume();
    } catch (error) {
      if (!(error instanceof HttpError && error.status === 404)) throw error;
    }
  }

  async make(signal?: AbortSignal): Promise<void> {
    const parts = this.#address.pathname.split('/').filter((part) => part !== '');
    const path = (count: number): string =>
      new URL(`/${parts.slice(0, count).join('/')}/`.replace('//', '/'), this.#address).href;
    let there = parts.length;
    while (there > 0 && !(await this.#isThere(path(there), signal))) there -= 1;
    for (let count = there + 1; count <= parts.length; count += 1) {
      try {
        const response = await this.#request('MKCOL', new URL(path(count)), { signal });
        response.body.resume();
      } catch (error) {
        // 405: somebody else has just made it
        if (!(error instanceof HttpError && error.status === 405)) throw error;
      }
    }
  }

  close(): Promise<void> {
    for (const agent of this.#agents) agent.destroy();
    return Promise.resolve();
  }

  #locate(name: string): string {
    return `${this.#address.href}${encodeURIComponent(name)}`;
  }

  async #isThere(url: string, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      const response = await this.#request('PROPFIND', new URL(url), {
        headers: { Depth: '0' },
        signal,
      });
      response.body.resume();
      return true;
    } catch (error) {
      if (error instanceof HttpError && error.status === 404) return false;
      throw error;
    }
  }

  async #get(
    name: string,
    range: ByteRange | undefined,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse | undefined> {
    const header = rangeHeader(range);
    try {
      return await this.#request('GET', name, {
        headers: header === undefined ? {} : { Range: header },
        signal,
      });
    } catch (error) {
      if (!(error instanceof HttpError && error.status === 416) || range === undefined) throw error;
      const found = range.length === undefined ? await this.stat(name, signal) : undefined;
      if (found?.size === range.offset) return undefined;
      throw beyondEnd(name, this.url);
    }
  }

  /**
   * One request, whose answer is a success. The library's own calls take a 401 for one where the server
   * wants Digest; they are used for listings only, which then have no content.
   */
  async #request(
    method: string,
    where: string | URL,
    { headers = {}, signal, data }: RequestDetails,
  ): Promise<HttpResponse> {
    const url = typeof where === 'string' ? this.#locate(where) : where.href;
    const response: unknown = await this.#client
      .customRequest('', defined({ url, method, headers: { ...headers }, data, signal }))
      .catch((error: unknown) => {
        throw httpError(error);
      });
    if (!(response instanceof HttpResponse)) throw new Error('The answer is none of ours');
    if (response.ok) return response;
    response.body.resume();
    throw new HttpError(response);
  }
}

/** The library's error for an answer, as ours. */
export function httpError(error: unknown): unknown {
  if (!(error instanceof Error) || !('response' in error)) return error;
  if (!(error.response instanceof HttpResponse)) return error;
  error.response.body.resume();
  return new HttpError(error.response);
}

/** lighttpd puts an attribute on the time, which makes an object of it. */
function stored(name: string, size: number, modified: unknown): StoredObject {
  const text: unknown =
    typeof modified === 'object' && modified !== null && 'text' in modified
      ? modified.text
      : modified;
  const milliseconds = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(milliseconds)) return { name, size };
  return { name, size, modifiedSeconds: Math.floor(milliseconds / 1000) };
}

function having(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
