/** A collection of a WebDAV server (RFC 4918). */
import { Readable } from 'node:stream';
import { chunksOf, isReplayable } from '../body.js';
import { StorageError } from '../errors.js';
import type { Folder } from '../folder-storage.js';
import type { HttpResponse } from '../http-fetch.js';
import { rangeHeader, sliced, sliceOf } from '../http-range.js';
import { beyondEnd } from '../range.js';
import type { Body, ByteRange, StoredObject, WriteOptions } from '../storage.js';
import type { Member } from './multistatus.js';
import { parseMultistatus, storedMember } from './multistatus.js';
import type { RequestDetails, WebdavInputs } from './webdav-requests.js';
import { HttpError, WebdavRequests } from './webdav-requests.js';

export class WebdavFolder implements Folder {
  readonly url: string;
  readonly removalsAtOnce = 8;
  readonly #requests: WebdavRequests;

  constructor(inputs: WebdavInputs) {
    this.url = inputs.url;
    this.#requests = new WebdavRequests(inputs);
  }

  async list(signal?: AbortSignal): Promise<StoredObject[]> {
    const members = await this.#find(this.#requests.address.href, '1', signal);
    return members.flatMap((member) => storedMember(member) ?? []);
  }

  async stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    try {
      const response = await this.#request('HEAD', name, { signal });
      response.body.resume();
      const size = response.headers.get('content-length');
      if (size !== null) {
        return stored(name, Number(size), response.headers.get('last-modified') ?? '');
      }
      // behind some proxies the answer to HEAD has no length
      const found = await this.#find(this.#requests.locate(name), '0', signal);
      const file = found.flatMap((member) => storedMember(member) ?? [])[0];
      return file && { ...file, name };
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
    let sent = false;
    const data = (): Readable => {
      if (sent && !isReplayable(body)) throw new Error('What was sent already cannot be sent on');
      sent = true;
      return Readable.from(chunksOf(body), { objectMode: false });
    };
    const response = await this.#request('PUT', name, { headers, signal, data });
    response.body.resume();
  }

  async rename(from: string, to: string, signal?: AbortSignal): Promise<void> {
    const response = await this.#requests.move(from, to, signal);
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
    const { address } = this.#requests;
    const parts = address.pathname.split('/').filter((part) => part !== '');
    const path = (count: number): string =>
      new URL(`/${parts.slice(0, count).join('/')}/`.replace('//', '/'), address).href;
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
    this.#requests.close();
    return Promise.resolve();
  }

  async #isThere(url: string, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.#find(url, '0', signal);
      return true;
    } catch (error) {
      if (error instanceof HttpError && error.status === 404) return false;
      throw error;
    }
  }

  async #find(url: string, depth: '0' | '1', signal: AbortSignal | undefined): Promise<Member[]> {
    const response = await this.#request('PROPFIND', new URL(url), {
      headers: { Accept: 'text/plain,application/xml', Depth: depth },
      signal,
    });
    const members = parseMultistatus(await response.text());
    if (members !== undefined) return members;
    throw new StorageError('STORAGE', `"${this.url}" is not answered by a WebDAV server`, {
      hint: 'It is the address of something else on that server, a page to log in perhaps',
    });
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

  async #request(
    method: string,
    where: string | URL,
    details: RequestDetails,
  ): Promise<HttpResponse> {
    return await this.#requests.send(method, where, details);
  }
}

function stored(name: string, size: number, modified: string): StoredObject {
  const milliseconds = Date.parse(modified);
  if (Number.isNaN(milliseconds)) return { name, size };
  return { name, size, modifiedSeconds: Math.floor(milliseconds / 1000) };
}
