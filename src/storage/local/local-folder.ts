/** A folder of this machine's file system, or of a network file system that is mounted on it. */
import { constants, lstatSync, opendirSync } from 'node:fs';
import type { Dirent, Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { copyFile, lstat, mkdir, open, opendir, rename, statfs, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decodeName, encodeName, eventLoopTurns } from '../../base/index.js';
import { chunksOf, OpenFile } from '../body.js';
import { StorageError, systemCode } from '../errors.js';
import type { Folder } from '../folder-storage.js';
import { beyondEnd } from '../range.js';
import type { Body, ByteRange, StoredObject, WriteOptions } from '../storage.js';

const chunkBytes = 256 * 1024;
const statsAtOnce = 64;
const entriesAtOnce = 256;
/** What opendir takes, too, but for its types. */
const bytesAsNames = 'buffer' as BufferEncoding;
const plainText = /^[ -~]*$/;

export class LocalFolder implements Folder {
  readonly url: string;
  readonly removalsAtOnce = 4;
  readonly #root: string;
  readonly #isPlain: boolean;

  /** `root` is an absolute path. */
  constructor(url: string, root: string) {
    this.url = url;
    this.#root = root;
    this.#isPlain = plainText.test(root);
  }

  async list(signal?: AbortSignal): Promise<StoredObject[]> {
    return (await isOnOwnDisk(this.#root)) ? this.#listNow(signal) : this.#listLater(signal);
  }

  /** Without a way to another thread for each file, which takes ten times as long as the call. */
  async #listNow(signal?: AbortSignal): Promise<StoredObject[]> {
    const turn = eventLoopTurns();
    const folder = opendirSync(this.#root, { encoding: bytesAsNames, bufferSize: entriesAtOnce });
    const objects: StoredObject[] = [];
    try {
      for (let count = 1; ; count += 1) {
        const entry = folder.readSync();
        if (entry === null) return objects;
        const object = entry.isFile() ? this.#statNow(nameOf(entry)) : undefined;
        if (object) objects.push(object);
        if (count % entriesAtOnce !== 0) continue;
        signal?.throwIfAborted();
        await turn();
      }
    } finally {
      folder.closeSync();
    }
  }

  async #listLater(signal?: AbortSignal): Promise<StoredObject[]> {
    // some entries at a time: all at once take several times the memory of what is kept of them
    const entries = await opendir(this.#root, { encoding: bytesAsNames, bufferSize: statsAtOnce });
    const objects: StoredObject[] = [];
    let names: string[] = [];
    const stat = async (): Promise<void> => {
      signal?.throwIfAborted();
      const found = await Promise.all(names.map((name) => this.stat(name)));
      for (const object of found) if (object) objects.push(object);
      names = [];
    };
    for await (const entry of entries) {
      if (entry.isFile()) names.push(nameOf(entry));
      if (names.length >= statsAtOnce) await stat();
    }
    await stat();
    return objects;
  }

  async stat(name: string): Promise<StoredObject | undefined> {
    try {
      return objectOf(name, await lstat(this.#path(name)));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  #statNow(name: string): StoredObject | undefined {
    // most names are as good as their bytes, which take longer to make
    const isPlain = this.#isPlain && plainText.test(name);
    const path = isPlain ? `${this.#root}/${name}` : this.#path(name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found && objectOf(name, found);
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
        if (bytesRead === 0) throw beyondEnd(name, this.url);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  async put(name: string, body: Body, { signal }: WriteOptions): Promise<void> {
    const path = this.#path(name);
    const isCopied = body instanceof OpenFile && (await copyOpenFile(body, path));
    const file = await open(path, isCopied ? 'r+' : 'wx', 0o600);
    try {
      for await (const chunk of isCopied ? [] : chunksOf(body)) {
        signal?.throwIfAborted();
        await writeAll(file, chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(this.#path(from), this.#path(to));
  }

  async remove(name: string): Promise<void> {
    await unlink(this.#path(name)).catch(ignoreMissing);
  }

  async make(): Promise<void> {
    const made = await mkdir(this.#root, { recursive: true, mode: 0o700 });
    if (made !== undefined) await syncFolder(dirname(made));
  }

  async sync(): Promise<void> {
    await syncFolder(this.#root).catch(ignoreMissing);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #path(name: string): Buffer {
    return Buffer.concat([encodeName(`${this.#root}/`), encodeName(name)]);
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
    if (offset > stat.size || end > stat.size) throw beyondEnd(name, this.url);
    return { offset, end };
  }
}

function nameOf(entry: Dirent): string {
  return decodeName(entry.name as unknown as Buffer);
}

function objectOf(name: string, found: Stats): StoredObject | undefined {
  if (!found.isFile()) return undefined;
  return { name, size: found.size, modifiedSeconds: Math.floor(found.mtimeMs / 1000) };
}

/** File systems whose files lie on disks of this machine, or in its memory, by their magic numbers (statfs(2)). */
const ownDisks = new Set([
  0xef53, // ext2 to ext4
  0x9123683e, // btrfs
  0x58465342, // XFS
  0x2fc12fc1, // ZFS
  0xf2f52010, // F2FS
  0x794c7630, // overlayfs
  0x01021994, // tmpfs
]);

/** Whether a look at a file there answers at once: a server of a network file system may never do. */
async function isOnOwnDisk(path: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  try {
    return ownDisks.has((await statfs(path)).type >>> 0);
  } catch {
    return false;
  }
}

/**
 * Has the kernel copy the file, through Linux's name of open files: without a way through this process, and on a file
 * system that can share blocks without a copy. False when it cannot be named.
 */
async function copyOpenFile(body: OpenFile, path: Buffer): Promise<boolean> {
  try {
    await copyFile(`/proc/self/fd/${body.descriptor}`, path, constants.COPYFILE_EXCL);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'EACCES') return false;
    throw error;
  }
  body.copied();
  return true;
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    at += (await file.write(chunk, at, chunk.length - at)).bytesWritten;
  }
}

/** Some network file systems cannot sync a folder, and need not. */
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
