/** A folder of this machine's file system, or of a network file system that is mounted on it. */
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decodeName, encodeName } from '../../base/index.js';
import { chunksOf } from '../body.js';
import { StorageError, systemCode } from '../errors.js';
import { temporaryPrefix } from '../names.js';
import type { Body, ByteRange, Storage, StoredObject, WriteOptions } from '../storage.js';
import { isLeftover, temporaryName } from './temporary.js';

const chunkBytes = 256 * 1024;
const statsAtOnce = 64;

export class LocalStorage implements Storage {
  readonly url: string;
  readonly #root: string;
  #prepared: Promise<void> | undefined;

  /** `root` is an absolute path. */
  constructor(url: string, root: string) {
    this.url = url;
    this.#root = root;
  }

  async list(signal?: AbortSignal): Promise<readonly StoredObject[]> {
    const names = await this.#names();
    const objects: StoredObject[] = [];
    for (let at = 0; at < names.length; at += statsAtOnce) {
      signal?.throwIfAborted();
      const some = names.slice(at, at + statsAtOnce).map((name) => this.stat(name));
      for (const object of await Promise.all(some)) if (object) objects.push(object);
    }
    return objects;
  }

  async stat(name: string): Promise<StoredObject | undefined> {
    try {
      const found = await lstat(this.#path(name));
      if (!found.isFile()) return undefined;
      return { name, size: found.size, modifiedSeconds: Math.floor(found.mtimeMs / 1000) };
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async *read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    // O_NONBLOCK: opening a named pipe must not wait for a writer
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(this.#path(name), flags);
    try {
      const { offset, end } = await this.#extent(file, name, range);
      for (let at = offset; at < end;) {
        signal?.throwIfAborted();
        const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, end - at));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) throw this.#short(name);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  async write(name: string, body: Body, { signal }: WriteOptions): Promise<void> {
    this.#prepared ??= this.#prepare().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    await this.#prepared;
    const temporary = this.#path(temporaryName());
    const file = await open(temporary, 'wx', 0o600);
    try {
      try {
        for await (const chunk of chunksOf(body)) {
          signal?.throwIfAborted();
          await writeAll(file, chunk);
        }
        signal?.throwIfAborted();
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.#path(name));
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
    await syncFolder(this.#root);
  }

  async remove(names: readonly string[], signal?: AbortSignal): Promise<void> {
    for (const name of names) {
      signal?.throwIfAborted();
      await unlink(this.#path(name)).catch((error: unknown) => {
        if (systemCode(error) !== 'ENOENT') throw error;
      });
    }
    if (names.length > 0) await syncFolder(this.#root).catch(ignoreMissing);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #path(name: string): Buffer {
    return Buffer.concat([encodeName(`${this.#root}/`), encodeName(name)]);
  }

  /** The names of files; what is being written is not there yet. */
  async #names(): Promise<string[]> {
    const entries = await readdir(this.#root, { withFileTypes: true, encoding: 'buffer' });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => decodeName(entry.name))
      .filter((name) => !name.startsWith(temporaryPrefix));
  }

  async #extent(
    file: FileHandle,
    name: string,
    range: ByteRange | undefined,
  ): Promise<{ offset: number; end: number }> {
    const stat = await file.stat();
    if (!stat.isFile()) {
      throw new StorageError('STORAGE_NOT_FOUND', `"${name}" on "${this.url}" is not a file`);
    }
    const offset = range?.offset ?? 0;
    const end = range?.length === undefined ? stat.size : offset + range.length;
    if (offset > stat.size || end > stat.size) throw this.#short(name);
    return { offset, end };
  }

  #short(name: string): StorageError {
    return new StorageError('STORAGE', `"${name}" on "${this.url}" ends before what was asked for`);
  }

  /** Makes the folder, and removes what writers that were killed have left in it. */
  async #prepare(): Promise<void> {
    const made = await mkdir(this.#root, { recursive: true, mode: 0o700 });
    if (made !== undefined) await syncFolder(dirname(made));
    for (const entry of await readdir(this.#root)) {
      if (!entry.startsWith(temporaryPrefix)) continue;
      const path = this.#path(entry);
      const found = await lstat(path).catch(() => undefined);
      if (found && isLeftover(entry, (Date.now() - found.mtimeMs) / 1000)) {
        await unlink(path).catch(ignoreMissing);
      }
    }
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    at += (await file.write(chunk, at, chunk.length - at)).bytesWritten;
  }
}

/** Makes names in a folder last. Some network file systems cannot do that, and need not. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP'].includes(systemCode(error) ?? '')) throw error;
  } finally {
    await folder.close();
  }
}

function ignoreMissing(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error;
}
