/**
 * A Storage over what has folders, files and renaming, whatever the protocol: a file is put under a
 * temporary name and gets its own when it is whole.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import { temporaryPrefix } from './names.js';
import type { Body, ByteRange, Storage, StoredObject, WriteOptions } from './storage.js';
import { isLeftover, temporaryName } from './temporary.js';

/** What a protocol has to offer. Names are checked; errors are what the library throws. */
export interface Folder {
  readonly url: string;
  /** How many calls of `remove` it bears at once. */
  readonly removalsAtOnce: number;
  /** All plain files. */
  list(signal?: AbortSignal): Promise<StoredObject[]>;
  stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined>;
  read(name: string, range: ByteRange | undefined, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** Writes a file that does not exist yet, in any manner. */
  put(name: string, body: Body, options: WriteOptions): Promise<void>;
  /** Atomic, replacing what is there. */
  rename(from: string, to: string, signal?: AbortSignal): Promise<void>;
  /** A file that is not there is no error. */
  remove(name: string, signal?: AbortSignal): Promise<void>;
  /** Makes the folder and its parents, if they are not there. */
  make(signal?: AbortSignal): Promise<void>;
  /** Makes names last, after they were changed. */
  sync?(): Promise<void>;
  close(): Promise<void>;
}

/** How long `close` waits for the temporary files of cancelled writes to be removed. */
const closeSeconds = 5;

export class FolderStorage implements Storage {
  readonly url: string;
  readonly #folder: Folder;
  readonly #writing = new Set<Promise<void>>();
  #prepared: Promise<void> | undefined;

  constructor(folder: Folder) {
    this.#folder = folder;
    this.url = folder.url;
  }

  async list(signal?: AbortSignal): Promise<readonly StoredObject[]> {
    const objects = await this.#folder.list(signal);
    return objects.filter(({ name }) => !name.startsWith(temporaryPrefix));
  }

  stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    return this.#folder.stat(name, signal);
  }

  read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    return this.#folder.read(name, range, signal);
  }

  async write(name: string, body: Body, options: WriteOptions): Promise<void> {
    const writing = this.#write(name, body, options);
    this.#writing.add(writing);
    try {
      await writing;
    } finally {
      this.#writing.delete(writing);
    }
  }

  async remove(names: readonly string[], signal?: AbortSignal): Promise<void> {
    const remove = async (name: string): Promise<void> => {
      signal?.throwIfAborted();
      await this.#folder.remove(name, signal);
    };
    await pMap(names.toReversed(), remove, { concurrency: this.#folder.removalsAtOnce });
    await this.#folder.sync?.();
  }

  async close(): Promise<void> {
    if (this.#writing.size > 0) {
      const ended = new AbortController();
      await Promise.race([
        Promise.allSettled(this.#writing),
        sleep(closeSeconds * 1000, undefined, { signal: ended.signal }).catch(() => undefined),
      ]);
      ended.abort();
    }
    await this.#folder.close();
  }

  async #write(name: string, body: Body, options: WriteOptions): Promise<void> {
    const { signal } = options;
    this.#prepared ??= this.#prepare().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    await this.#prepared;
    const temporary = temporaryName();
    try {
      await this.#folder.put(temporary, body, options);
      signal?.throwIfAborted();
      await this.#folder.rename(temporary, name, signal);
    } catch (error) {
      await this.#folder.remove(temporary).catch(() => undefined);
      throw error;
    }
    await this.#folder.sync?.();
  }

  /**
   * Makes the folder, and removes what writers that were killed have left in it. All writes wait for the
   * same one, so that it does not follow the signal of the first.
   */
  async #prepare(): Promise<void> {
    await this.#folder.make();
    for (const { name, modifiedSeconds } of await this.#folder.list()) {
      if (!name.startsWith(temporaryPrefix)) continue;
      const age = modifiedSeconds === undefined ? 0 : Date.now() / 1000 - modifiedSeconds;
      if (isLeftover(name, age)) await this.#folder.remove(name);
    }
  }
}
