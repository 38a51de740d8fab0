/**
 * A folder of an rclone remote, over the HTTP API of `rclone rcd`. (Its WebDAV server would be simpler, but
 * while a file is being uploaded its listings wait for that, and then end in the middle.)
 */
import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import * as zod from 'zod';
import { chunksOf } from '../body.js';
import { StorageError } from '../errors.js';
import type { Folder } from '../folder-storage.js';
import type { FetchOptions, HttpResponse } from '../http-fetch.js';
import { httpFetch } from '../http-fetch.js';
import { rangeHeader, sliced, sliceOf } from '../http-range.js';
import { beyondEnd } from '../range.js';
import type { Body, ByteRange, StoredObject, WriteOptions } from '../storage.js';
import { isMissing, RcloneError } from './rclone-errors.js';
import type { RcloneServer } from './rclone-server.js';

export interface RcloneTarget {
  /** For messages. */
  readonly url: string;
  /** With its colon: "remote:". */
  readonly remote: string;
  /** Within the remote, without slashes around it. */
  readonly path: string;
}

const item = zod.object({
  Name: zod.string(),
  Size: zod.number(),
  ModTime: zod.string().optional(),
  IsDir: zod.boolean().optional(),
});
const listing = zod.object({ list: zod.array(item).nullable() });
const found = zod.object({ item: item.nullable() });
const failure = zod.object({ error: zod.string() });

export class RcloneFolder implements Folder {
  readonly url: string;
  readonly removalsAtOnce = 4;
  readonly #target: RcloneTarget;
  readonly #start: () => Promise<RcloneServer>;
  readonly #timeoutSeconds: number;
  readonly #agent = new Agent({ keepAlive: true });
  #server: Promise<RcloneServer> | undefined;
  #closed = false;

  /** The server is started when it is first needed, and again when it has ended. */
  constructor(target: RcloneTarget, start: () => Promise<RcloneServer>, timeoutSeconds: number) {
    this.url = target.url;
    this.#target = target;
    this.#start = start;
    this.#timeoutSeconds = timeoutSeconds;
  }

  async list(signal?: AbortSignal): Promise<StoredObject[]> {
    const answer = await this.#call(
      'operations/list',
      { ...this.#place(), opt: { filesOnly: true, noMimeType: true } },
      signal,
    );
    return (listing.parse(answer).list ?? []).filter(({ IsDir }) => IsDir !== true).map(stored);
  }

  async stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    const answer = await this.#call('operations/stat', this.#place(name), signal);
    const { item: entry } = found.parse(answer);
    return entry === null || entry.IsDir === true ? undefined : stored(entry);
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
      yield* sliced(response.body as AsyncIterable<Buffer>, slice);
    } finally {
      response.body.destroy();
    }
  }

  async put(name: string, body: Body, { size, signal }: WriteOptions): Promise<void> {
    const boundary = randomBytes(16).toString('hex');
    const head = Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    );
    const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
    async function* form(): AsyncGenerator<Uint8Array> {
      yield head;
      yield* chunksOf(body);
      yield tail;
    }
    const stream = Readable.from(form(), { objectMode: false });
    const query = new URLSearchParams({
      fs: this.#target.remote,
      remote: this.#target.path,
    });
    const length =
      size === undefined ? {} : { 'Content-Length': String(head.length + size + tail.length) };
    try {
      const response = await this.#request('POST', `operations/uploadfile?${query.toString()}`, {
        headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}`, ...length },
        signal,
        body: stream,
      });
      await response.text();
    } catch (error) {
      // the source's own error says more than that of the request which it ended
      throw stream.errored ?? error;
    } finally {
      stream.destroy();
    }
  }

  async rename(from: string, to: string, signal?: AbortSignal): Promise<void> {
    const [source, target] = [this.#place(from), this.#place(to)];
    await this.#call(
      'operations/movefile',
      { srcFs: source.fs, srcRemote: source.remote, dstFs: target.fs, dstRemote: target.remote },
      signal,
    );
  }

  async remove(name: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#call('operations/deletefile', this.#place(name), signal);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  async make(signal?: AbortSignal): Promise<void> {
    await this.#call('operations/mkdir', this.#place(), signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#agent.destroy();
    const server = await this.#server?.catch(() => undefined);
    await server?.stop();
  }

  #place(name?: string): { fs: string; remote: string } {
    const { remote, path } = this.#target;
    return { fs: remote, remote: [path, name ?? ''].filter((part) => part !== '').join('/') };
  }

  async #get(
    name: string,
    range: ByteRange | undefined,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse | undefined> {
    const { fs, remote } = this.#place(name);
    const path = remote.split('/').map(encodeURIComponent).join('/');
    const header = rangeHeader(range);
    const headers = header === undefined ? {} : { Range: header };
    try {
      return await this.#request('GET', `${encodeURIComponent(`[${fs}]`)}/${path}`, {
        headers,
        signal,
      });
    } catch (error) {
      if (!(error instanceof RcloneError && error.status === 416) || range === undefined) {
        throw error;
      }
      const entry = range.length === undefined ? await this.stat(name, signal) : undefined;
      if (entry?.size === range.offset) return undefined;
      throw beyondEnd(name, this.url);
    }
  }

  async #call(command: string, input: object, signal: AbortSignal | undefined): Promise<unknown> {
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify(input);
    const response = await this.#request('POST', command, { headers, signal, body });
    return JSON.parse(await response.text()) as unknown;
  }

  async #request(
    method: 'GET' | 'POST',
    path: string,
    { headers, signal, body }: Pick<FetchOptions, 'headers' | 'signal' | 'body'>,
  ): Promise<HttpResponse> {
    const { address, username, password } = await this.#running();
    const login = Buffer.from(`${username}:${password}`).toString('base64');
    const response = await httpFetch(
      `${address}${path}`,
      {
        method,
        headers: { ...headers, Authorization: `Basic ${login}` },
        agent: () => this.#agent,
        signal,
        body,
      },
      this.#timeoutSeconds,
    );
    if (response.ok) return response;
    throw new RcloneError(response.status, errorIn(await response.text()) ?? response.statusText);
  }

  async #running(): Promise<RcloneServer> {
    if (this.#closed) throw new StorageError('STORAGE', `"${this.url}" was closed`);
    const before = this.#server;
    const server = await before?.catch(() => undefined);
    if (server?.alive === true) return server;
    if (this.#server === before || this.#server === undefined) this.#server = this.#start();
    return await this.#server;
  }
}

function stored({ Name, Size, ModTime }: zod.infer<typeof item>): StoredObject {
  const milliseconds = Date.parse(ModTime ?? '');
  if (Number.isNaN(milliseconds)) return { name: Name, size: Size };
  return { name: Name, size: Size, modifiedSeconds: Math.floor(milliseconds / 1000) };
}

function errorIn(text: string): string | undefined {
  try {
    return failure.parse(JSON.parse(text)).error;
  } catch {
    return text.slice(0, 200).trim() || undefined;
  }
}
