/** A folder of an FTP server (RFC 959, RFC 3659, RFC 4217). */
import { PassThrough, Readable } from 'node:stream';
import type { Client } from 'basic-ftp';
import { chunksOf } from '../body.js';
import { StorageError } from '../errors.js';
import type { Folder } from '../folder-storage.js';
import { beyondEnd } from '../range.js';
import type { Body, ByteRange, StoredObject, WriteOptions } from '../storage.js';
import { isMissing, isUnknownCommand } from './ftp-errors.js';
import type { FtpPool, Login } from './ftp-pool.js';
import { replyCode } from './reply-code.js';

/** What is left of a file is rather read to its end than cut off, if it is no more than that. */
const drainBytes = 256 * 1024;

export class FtpFolder implements Folder {
  readonly url: string;
  readonly removalsAtOnce = 1;
  readonly #path: string;
  readonly #pool: FtpPool;
  /** Bytes of files whose size could not be looked at yet: not all servers list what begins with a dot. */
  readonly #unseen = new Map<string, number>();

  /** `path` is relative to the login's folder unless it begins with "/". */
  constructor(url: string, path: string, pool: FtpPool) {
    this.url = url;
    this.#path = path;
    this.#pool = pool;
  }

  async list(signal?: AbortSignal): Promise<StoredObject[]> {
    return await this.#pool.with(signal, (login) => this.#list(login));
  }

  async stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    try {
      const size = await this.#pool.with(signal, (login) => this.#size(login, name));
      return size === undefined ? undefined : { name, size };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async *read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    signal?.throwIfAborted();
    const login = await this.#pool.take();
    const abort = (): void => {
      login.client.close();
    };
    signal?.addEventListener('abort', abort, { once: true });
    let usable = false;
    try {
      const path = this.#locate(login, name);
      const size = await this.#size(login, name);
      if (size === undefined) {
        usable = true;
        throw missing(name, this.url);
      }
      const offset = range?.offset ?? 0;
      const length = range?.length ?? size - offset;
      if (offset > size || offset + length > size) {
        usable = true;
        throw beyondEnd(name, this.url);
      }
      usable = length === 0 || (yield* transferred(login.client, path, { offset, length, size }));
    } catch (error) {
      usable ||= replyCode(error) !== undefined;
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      if (usable) this.#pool.give(login);
      else this.#pool.drop(login);
    }
  }

  async put(name: string, body: Body, { signal }: WriteOptions): Promise<void> {
    await this.#pool.with(signal, async (login) => {
      let sent = 0;
      async function* counted(): AsyncGenerator<Uint8Array> {
        for await (const chunk of chunksOf(body)) {
          sent += chunk.length;
          yield chunk;
        }
      }
      const stream = Readable.from(counted(), { objectMode: false });
      const path = this.#locate(login, name);
      try {
        await login.client.uploadFrom(stream, path);
      } catch (error) {
        // the source's own error says more than that of the transfer which it ended
        throw stream.errored ?? error;
      } finally {
        stream.destroy();
      }
      // a connection that ends is the end of the file to the server, whatever ended it
      const stored = await this.#size(login, name);
      if (stored === undefined) this.#unseen.set(name, sent);
      else if (stored !== sent) throw this.#cutOff(stored, sent);
    });
  }

  async rename(from: string, to: string, signal?: AbortSignal): Promise<void> {
    await this.#pool.with(signal, async (login) => {
      const [source, target] = [this.#locate(login, from), this.#locate(login, to)];
      try {
        await login.client.rename(source, target);
      } catch (error) {
        if (replyCode(error) !== 550 && replyCode(error) !== 553) throw error;
        // servers on Windows do not replace
        if ((await this.#size(login, to)) === undefined) throw error;
        await login.client.remove(target);
        await login.client.rename(source, target);
      }
      const sent = this.#unseen.get(from);
      this.#unseen.delete(from);
      if (sent === undefined) return;
      const stored = (await this.#size(login, to)) ?? 0;
      if (stored === sent) return;
      await login.client.remove(target);
      throw this.#cutOff(stored, sent);
    });
  }

  async remove(name: string, signal?: AbortSignal): Promise<void> {
    await this.#pool.with(signal, async (login) => {
      try {
        await login.client.remove(this.#locate(login, name));
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    });
  }

  async make(signal?: AbortSignal): Promise<void> {
    await this.#pool.with(signal, async (login) => {
      const root = this.#root(login);
      if (await canEnter(login.client, root)) return;
      const parts = root.split('/');
      for (let count = 2; count <= parts.length; count += 1) {
        await login.client.sendIgnoringError(`MKD ${parts.slice(0, count).join('/')}`);
      }
      await login.client.cd(root);
    });
  }

  close(): Promise<void> {
    this.#pool.close();
    return Promise.resolve();
  }

  async #list({ client, home }: Login): Promise<StoredObject[]> {
    // the listing of a folder that is not there is an empty one to some servers
    await client.cd(this.#root({ home }));
    const entries = await client.list();
    return entries
      .filter((entry) => entry.isFile)
      .map(({ name, size, modifiedAt }) => ({
        name,
        size,
        modifiedSeconds:
          modifiedAt === undefined ? undefined : Math.floor(modifiedAt.getTime() / 1000),
      }));
  }

  /** Of a file; by a listing where the server does not know SIZE, and then undefined for one that is not listed. */
  async #size(login: Login, name: string): Promise<number | undefined> {
    if (login.knowsSize !== false) {
      try {
        return await login.client.size(this.#locate(login, name));
      } catch (error) {
        if (!isUnknownCommand(error)) throw error;
        login.knowsSize = false;
      }
    }
    return (await this.#list(login)).find((object) => object.name === name)?.size;
  }

  #cutOff(stored: number, sent: number): StorageError {
    return new StorageError('STORAGE', `"${this.url}" has ${stored} bytes of ${sent}`, {
      transient: true,
    });
  }

  #root({ home }: Pick<Login, 'home'>): string {
    if (this.#path.startsWith('/')) return this.#path;
    return this.#path === '' ? home || '/' : `${home}/${this.#path}`;
  }

  #locate(login: Login, name: string): string {
    return `${this.#root(login).replace(/\/$/, '')}/${name}`;
  }
}

/** That range of a file of `size` bytes; at its end says whether the connection can be used again. */
async function* transferred(
  client: Client,
  path: string,
  {
    offset,
    length,
    size,
  }: { readonly offset: number; readonly length: number; readonly size: number },
): AsyncGenerator<Uint8Array, boolean> {
  const pipe = new PassThrough({ highWaterMark: 256 * 1024 });
  const transfer = client.downloadTo(pipe, path, offset);
  transfer.catch(() => undefined);
  const drain = size - offset - length <= drainBytes;
  let left = length;
  try {
    for await (const chunk of pipe as AsyncIterable<Buffer>) {
      const piece = chunk.subarray(0, left);
      left -= piece.length;
      if (piece.length > 0) yield piece;
      if (left === 0 && !drain) break;
    }
  } finally {
    // also when the consumer left in the middle
    pipe.destroy();
  }
  if (left === 0 && !drain) {
    await transfer.catch(() => undefined);
    return await synchronised(client);
  }
  await transfer;
  return true;
}

/**
 * After a transfer was cut off the server still says so, at a time of its own. Once it has answered a NOOP
 * (200) nothing of that can be taken for the answer to the next command.
 */
async function synchronised(client: Client): Promise<boolean> {
  if (client.closed) return false;
  try {
    await client.ftp.handle('NOOP', (answer, task) => {
      if (!(answer instanceof Error)) {
        if (answer.code === 200) task.resolve(answer);
      } else if (replyCode(answer) === undefined) task.reject(answer);
    });
    return true;
  } catch {
    return false;
  }
}

function missing(name: string, url: string): StorageError {
  return new StorageError('STORAGE_NOT_FOUND', `"${name}" is not on "${url}"`);
}

async function canEnter(client: Client, path: string): Promise<boolean> {
  try {
    await client.cd(path);
    return true;
  } catch (error) {
    if (replyCode(error) === undefined) throw error;
    return false;
  }
}
