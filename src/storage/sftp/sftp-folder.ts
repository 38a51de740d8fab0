/** A folder of a server that speaks SFTP. Requests are pipelined: a far server is not a slow one. */
import type { SFTPWrapper, Stats } from 'ssh2';
import { chunksOf } from '../body.js';
import { StorageError } from '../errors.js';
import type { Folder } from '../folder-storage.js';
import { beyondEnd } from '../range.js';
import type { Body, ByteRange, StoredObject, WriteOptions } from '../storage.js';
import * as sftpCalls from './sftp-promises.js';
import { sftpStatus, statusOf } from './sftp-promises.js';
import type { SshConnection } from './ssh-connection.js';

/** 64 KiB fit every server's packets; all together stay below ssh2's channel window of 2 MiB. */
const pieceBytes = 64 * 1024;
const piecesAtOnce = 24;

interface OpenRemoteFile {
  readonly sftp: SFTPWrapper;
  readonly handle: Buffer;
  readonly name: string;
}

export class SftpFolder implements Folder {
  readonly url: string;
  readonly removalsAtOnce = 16;
  readonly #root: string;
  readonly #connect: () => Promise<SshConnection>;
  #connection: Promise<SshConnection> | undefined;
  #closed = false;

  /** `root` is relative to the login's folder unless it begins with "/". */
  constructor(url: string, root: string, connect: () => Promise<SshConnection>) {
    this.url = url;
    this.#root = root;
    this.#connect = connect;
  }

  async list(): Promise<StoredObject[]> {
    const entries = await sftpCalls.readdir(await this.#session(), this.#root);
    return entries.flatMap(({ filename, attrs }) => stored(filename, attrs) ?? []);
  }

  async stat(name: string): Promise<StoredObject | undefined> {
    try {
      return stored(name, await sftpCalls.lstat(await this.#session(), this.#path(name)));
    } catch (error) {
      if (statusOf(error) === sftpStatus.missing) return undefined;
      throw error;
    }
  }

  async *read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const sftp = await this.#session();
    const handle = await sftpCalls.open(sftp, this.#path(name), 'r');
    const file = { sftp, handle, name };
    const offset = range?.offset ?? 0;
    const pending: Promise<Buffer>[] = [];
    try {
      const end =
        range?.length === undefined
          ? (await sftpCalls.fstat(sftp, handle)).size
          : offset + range.length;
      if (offset > end) throw beyondEnd(name, this.url);
      let asked = offset;
      for (;;) {
        for (; asked < end && pending.length < piecesAtOnce; asked += pieceBytes) {
          pending.push(awaitedLater(this.#piece(file, asked, Math.min(pieceBytes, end - asked))));
        }
        const piece = pending.shift();
        if (piece === undefined) return;
        yield await piece;
        signal?.throwIfAborted();
      }
    } finally {
      // not waited for: nothing depends on it, and it would cost a round trip
      sftpCalls.close(sftp, handle).catch(() => undefined);
    }
  }

  async put(name: string, body: Body, { signal }: WriteOptions): Promise<void> {
    const sftp = await this.#session();
    let handle: Buffer | undefined;
    try {
      handle = await sftpCalls.open(sftp, this.#path(name), 'wx');
      await this.#send(sftp, handle, body, signal);
      await sftpCalls.fsync(sftp, handle);
    } catch (error) {
      // the protocol has no code for it
      if (statusOf(error) === sftpStatus.failure && (await this.#isFull(sftp))) {
        throw new StorageError('NO_SPACE', `There is no space left on "${this.url}"`, {
          hint: 'Make room on the storage, or raise its quota',
        });
      }
      throw error;
    } finally {
      if (handle !== undefined) await sftpCalls.close(sftp, handle).catch(() => undefined);
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await sftpCalls.replace(await this.#session(), this.#path(from), this.#path(to));
  }

  async remove(name: string): Promise<void> {
    await sftpCalls.unlink(await this.#session(), this.#path(name)).catch((error: unknown) => {
      if (statusOf(error) !== sftpStatus.missing) throw error;
    });
  }

  async make(): Promise<void> {
    const sftp = await this.#session();
    const parts = this.#root.split('/');
    // from the innermost outwards until one is there, since those above it may not be ours to see
    let there = parts.length;
    while (there > 0 && !(await isThere(sftp, join(parts, there)))) there -= 1;
    for (let at = there + 1; at <= parts.length; at += 1) {
      if (parts[at - 1] === '') continue;
      await sftpCalls.mkdir(sftp, join(parts, at)).catch(async (error: unknown) => {
        if (!(await isThere(sftp, join(parts, at)))) throw error;
      });
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.close();
  }

  #path(name: string): string {
    return this.#root.endsWith('/') ? `${this.#root}${name}` : `${this.#root}/${name}`;
  }

  /** The session of the one connection, which is made anew when it was lost. */
  async #session(): Promise<SFTPWrapper> {
    if (this.#closed) throw new StorageError('STORAGE', `"${this.url}" was closed`);
    const before = this.#connection;
    const connection = await before;
    if (connection?.alive === true) return connection.sftp;
    if (this.#connection === before) {
      this.#connection = this.#connect();
      this.#connection.catch(() => (this.#connection = undefined));
    }
    const fresh = await this.#connection;
    if (fresh === undefined)
      throw new StorageError('STORAGE', 'No connection', { transient: true });
    return fresh.sftp;
  }

  async #piece(
    { sftp, handle, name }: OpenRemoteFile,
    position: number,
    length: number,
  ): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    for (let have = 0; have < length;) {
      const got = await sftpCalls.read(sftp, handle, buffer.subarray(have), position + have);
      if (got === 0) throw beyondEnd(name, this.url);
      have += got;
    }
    return buffer;
  }

  async #send(
    sftp: SFTPWrapper,
    handle: Buffer,
    body: Body,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const pending: Promise<void>[] = [];
    let failed: unknown;
    let position = 0;
    for await (const chunk of chunksOf(body)) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        signal?.throwIfAborted();
        if (failed !== undefined) throw failed as Error;
        const piece = bytes.subarray(at, at + pieceBytes);
        const written = sftpCalls.write(sftp, handle, piece, position);
        written.catch((error: unknown) => (failed ??= error));
        pending.push(written);
        position += piece.length;
        if (pending.length >= piecesAtOnce) await pending.shift();
      }
    }
    await Promise.all(pending);
  }

  async #isFull(sftp: SFTPWrapper): Promise<boolean> {
    const free = await sftpCalls.freeBytes(sftp, this.#root);
    return free !== undefined && free < pieceBytes * piecesAtOnce;
  }
}

/** An answer that may come as a failure before anybody asks for it, which Node takes for a bug. */
function awaitedLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function stored(name: string, stats: Stats): StoredObject | undefined {
  return stats.isFile() ? { name, size: stats.size, modifiedSeconds: stats.mtime } : undefined;
}

function join(parts: readonly string[], count: number): string {
  const path = parts.slice(0, count).join('/');
  return path === '' && parts[0] === '' ? '/' : path;
}

async function isThere(sftp: SFTPWrapper, path: string): Promise<boolean> {
  if (path === '') return true;
  try {
    await sftpCalls.lstat(sftp, path);
    return true;
  } catch (error) {
    if (statusOf(error) === sftpStatus.missing) return false;
    throw error;
  }
}
