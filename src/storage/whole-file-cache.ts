/**
 * Whole files on the local disk, for storages that cannot give parts of them. The least recently used go when
 * all together exceed a limit. They have no names any more: when the process ends, they are gone.
 */
import type { FileHandle } from 'node:fs/promises';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { newSpool } from './spool.js';

/** An open file with no name. */
export class HeldFile {
  readonly size: number;
  readonly #file: FileHandle;
  #users = 1;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  hold(): this {
    this.#users += 1;
    return this;
  }

  /** Closes the file with its last user. */
  async release(): Promise<void> {
    this.#users -= 1;
    if (this.#users === 0) await this.#file.close();
  }

  async *read(offset: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = offset; at < end;) {
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, end - at));
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}

const chunkBytes = 256 * 1024;

export class WholeFileCache {
  readonly #fetch: (name: string, folder: string, signal?: AbortSignal) => Promise<void>;
  readonly #held: LRUCache<string, HeldFile>;
  readonly #fetching = new Map<string, Promise<HeldFile>>();

  /** `fetch` brings the file of that name into the folder, under its name. */
  constructor(
    maxBytes: number,
    fetch: (name: string, folder: string, signal?: AbortSignal) => Promise<void>,
  ) {
    this.#fetch = fetch;
    this.#held = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ size }) => Math.max(1, size),
      dispose: (file) => void file.release().catch(() => undefined),
    });
  }

  /** The file, to be released after use. Concurrent calls for one name fetch it once. */
  async get(name: string, signal?: AbortSignal): Promise<HeldFile> {
    const held = this.#held.get(name);
    if (held) return held.hold();
    let fetching = this.#fetching.get(name);
    if (fetching === undefined) {
      fetching = this.#bring(name, signal).finally(() => this.#fetching.delete(name));
      this.#fetching.set(name, fetching);
      return await fetching;
    }
    return (await fetching).hold();
  }

  /** Forgets a file that is no longer what it was. */
  forget(name: string): void {
    this.#held.delete(name);
  }

  clear(): void {
    this.#held.clear();
  }

  async #bring(name: string, signal: AbortSignal | undefined): Promise<HeldFile> {
    const spool = await newSpool();
    try {
      await this.#fetch(name, spool.folder, signal);
      const path = join(spool.folder, name);
      const file = await open(path, 'r');
      await unlink(path);
      const held = new HeldFile(file, (await file.stat()).size);
      // larger than all of the cache: for this one caller only
      this.#held.set(name, held.hold());
      if (!this.#held.has(name)) await held.release();
      return held;
    } finally {
      await spool.remove();
    }
  }
}
