/**
 * Several storages as one, as duplicity's multi backend lays files out on them. *mirror*: each file is written
 * to all, and read from the first that gives it. *stripe*: each file is written to one, in turn.
 *
 * With `onFailure: 'continue'` a write succeeds when one store of a mirror (any store of a stripe) took it, and a
 * mirror lists and reads with those that answer. The listing of a stripe always needs them all: without one of
 * them files would look lost.
 */
import { join } from 'node:path';
import { DuplifsError, errorText, isDuplifsError } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import type { StorageEvent } from '../events.js';
import { isReplayable, Replayable } from '../body.js';
import { fileChunks, newSpool, spoolTo } from '../spool.js';
import { MultiMirror } from './multi-mirror.js';
import type { Body, ByteRange, Mirror, Storage, StoredObject, WriteOptions } from '../storage.js';

export interface MultiStore {
  readonly storage: Storage;
  /** Files whose names begin with one of these go to such stores only. */
  readonly prefixes: readonly string[];
}

export interface MultiOptions {
  readonly url: string;
  readonly mode: 'mirror' | 'stripe';
  readonly onFailure: 'continue' | 'abort';
  /** Gets one warning for each kind of failure that was passed over, and the next ones as information. */
  readonly report: Report<StorageEvent>;
}

export class MultiStorage implements Storage {
  readonly url: string;
  readonly #stores: readonly MultiStore[];
  readonly #options: MultiOptions;
  /** Which stores the last listing found a file on. */
  #places = new Map<string, readonly MultiStore[]>();
  #turn = 0;
  readonly #mirror: MultiMirror;
  readonly #warned = new Set<string>();

  constructor(stores: readonly MultiStore[], options: MultiOptions) {
    this.url = options.url;
    this.#stores = stores;
    this.#options = options;
    this.#mirror = new MultiMirror({
      url: options.url,
      storagesOf: (name) => {
        const stores = this.#places.get(name) ?? this.#affine(name);
        return this.#wrongLast(name, stores).map(({ storage }) => storage);
      },
      report: options.report,
    });
  }

  get mirror(): Mirror | undefined {
    return this.#options.mode === 'mirror' ? this.#mirror : undefined;
  }

  async list(signal?: AbortSignal): Promise<readonly StoredObject[]> {
    const results = await this.#all(this.#stores, (storage) => listOf(storage, signal));
    this.#mirror.listed(
      results.map((result) => ({
        storage: result.store.storage,
        objects: 'value' in result ? (result.value ?? []) : undefined,
        failure: 'error' in result ? result.error : undefined,
        keeps: (name) => this.#affine(name).includes(result.store),
      })),
    );
    const failed = results.filter((result) => 'error' in result);
    if (failed.length > 0 && !this.#may(failed, results, 'list')) throw first(failed);
    const absent = results.every((result) => 'value' in result && result.value === undefined);
    if (absent) return await this.#absent(signal);
    const found = new Map<string, FoundFile[]>();
    for (const result of results) {
      for (const object of 'value' in result ? (result.value ?? []) : []) {
        found.set(object.name, [...(found.get(object.name) ?? []), { ...result, object }]);
      }
    }
    // where sizes differ the larger is taken: the other may have been cut off
    for (const files of found.values()) files.sort((a, b) => b.object.size - a.object.size);
    this.#places = new Map(
      [...found].map(([name, files]) => [name, files.map(({ store }) => store)]),
    );
    return [...found.values()].flatMap(([file]) => file?.object ?? []);
  }

  async stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    const stores = this.#where(name);
    const results = await this.#all(stores, (storage) => storage.stat(name, signal));
    for (const result of results) if ('value' in result && result.value) return result.value;
    const failed = results.filter((result) => 'error' in result);
    if (failed.length > 0) throw first(failed);
    return undefined;
  }

  /** Goes on with the next store where one fails, in the middle of a file too. */
  async *read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    let got = 0;
    let worst: unknown;
    for (const { storage } of this.#where(name)) {
      const offset = (range?.offset ?? 0) + got;
      const rest =
        range?.length === undefined ? { offset } : { offset, length: range.length - got };
      try {
        for await (const chunk of storage.read(name, got === 0 ? range : rest, signal)) {
          got += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        if (isDuplifsError(error, 'ABORTED')) throw error;
        if (worst === undefined || isDuplifsError(worst, 'STORAGE_NOT_FOUND')) worst = error;
        this.#passedOver('read', storage, error);
      }
    }
    throw worst;
  }

  async write(name: string, body: Body, options: WriteOptions): Promise<void> {
    const stores = this.#affine(name);
    if (stores.length === 1 || isReplayable(body)) {
      await this.#write(stores, name, body, options);
      return;
    }
    const spool = await newSpool();
    try {
      const path = join(spool.folder, 'body');
      const size = await spoolTo(path, body, options.signal);
      const again = new Replayable(() => fileChunks(path));
      await this.#write(stores, name, again, { ...options, size });
    } finally {
      await spool.remove();
    }
  }

  async remove(names: readonly string[], signal?: AbortSignal): Promise<void> {
    const results = await this.#all(this.#stores, (storage) => storage.remove(names, signal));
    // a file that stays behind would come back with the next listing
    const failed = results.filter((result) => 'error' in result);
    if (failed.length > 0) throw first(failed);
    for (const name of names) this.#places.delete(name);
  }

  async close(): Promise<void> {
    await Promise.all(this.#stores.map(({ storage }) => storage.close()));
  }

  async #write(
    stores: readonly MultiStore[],
    name: string,
    body: Body,
    options: WriteOptions,
  ): Promise<void> {
    if (this.#options.mode === 'stripe') {
      await this.#writeToOne(stores, name, body, options);
      return;
    }
    this.#mirror.forget(name);
    const results = await this.#all(stores, (storage) => storage.write(name, body, options));
    const failed = results.filter((result) => 'error' in result);
    this.#places.set(
      name,
      results.filter((result) => 'value' in result).map(({ store }) => store),
    );
    if (failed.length > 0 && !this.#may(failed, results, 'write')) throw first(failed);
  }

  async #writeToOne(
    stores: readonly MultiStore[],
    name: string,
    body: Body,
    options: WriteOptions,
  ): Promise<void> {
    const start = this.#turn++;
    const inTurn = stores.map((_store, i) => stores[(start + i) % stores.length]);
    // a file that is there already is replaced where it is, or there would be two of it
    const there = this.#places.get(name) ?? [];
    const order = there.length > 0 ? there : inTurn;
    let worst: unknown;
    for (const store of order) {
      if (store === undefined) continue;
      try {
        await store.storage.write(name, body, options);
        this.#places.set(name, [store]);
        return;
      } catch (error) {
        worst ??= error;
        if (this.#options.onFailure === 'abort' || isDuplifsError(error, 'ABORTED')) throw error;
        if (!isReplayable(body)) throw error;
        this.#passedOver('write', store.storage, error);
      }
    }
    throw worst;
  }

  /** Those that may hold the file, the ones that were seen to first, and last those whose copy was wrong. */
  #where(name: string): MultiStore[] {
    const seen = this.#places.get(name) ?? [];
    const all = [...seen, ...this.#affine(name).filter((store) => !seen.includes(store))];
    return this.#wrongLast(name, all);
  }

  #wrongLast(name: string, stores: readonly MultiStore[]): MultiStore[] {
    const isWrong = ({ storage }: MultiStore): boolean => this.#mirror.isPassedOver(name, storage);
    return [...stores.filter((store) => !isWrong(store)), ...stores.filter(isWrong)];
  }

  #affine(name: string): MultiStore[] {
    const fitting = this.#stores.filter(({ prefixes }) =>
      prefixes.some((prefix) => name.startsWith(prefix)),
    );
    return fitting.length > 0
      ? fitting
      : this.#stores.filter(({ prefixes }) => prefixes.length === 0);
  }

  async #all<T>(
    stores: readonly MultiStore[],
    call: (storage: Storage) => Promise<T>,
  ): Promise<Result<T>[]> {
    return await Promise.all(
      stores.map(async (store) => {
        try {
          return { store, value: await call(store.storage) };
        } catch (error) {
          return { store, error };
        }
      }),
    );
  }

  /** Whether so many failures can be passed over; says so if they are. */
  #may(
    failed: readonly Result<unknown>[],
    all: readonly unknown[],
    action: 'list' | 'write',
  ): boolean {
    const { mode, onFailure } = this.#options;
    if (mode !== 'mirror' || onFailure !== 'continue' || failed.length >= all.length) return false;
    this.#options.report({
      level: this.#levelOf(action),
      code: 'mirrors-passed-over',
      action,
      failed: failed.length,
      mirrors: all.length,
      url: this.url,
      reason: errorText(first(failed)),
    });
    return true;
  }

  #passedOver(action: 'read' | 'write', { url }: Storage, error: unknown): void {
    const [level, reason] = [this.#levelOf(action), errorText(error)];
    this.#options.report({ level, code: 'storage-passed-over', action, url, reason });
  }

  /** A mirror that is down would else be warned about with each of ten thousand files. */
  #levelOf(action: string): 'warning' | 'info' {
    const level = this.#warned.has(action) ? 'info' : 'warning';
    this.#warned.add(action);
    return level;
  }

  /** The error of a store whose folder does not exist, when that is so of all. */
  async #absent(signal: AbortSignal | undefined): Promise<readonly StoredObject[]> {
    const [store] = this.#stores;
    return store === undefined ? [] : await store.storage.list(signal);
  }
}

interface FoundFile {
  readonly store: MultiStore;
  readonly object: StoredObject;
}

type Result<T> =
  | { readonly store: MultiStore; readonly value: T }
  | { readonly store: MultiStore; readonly error: unknown };

/** A store whose folder nobody has made yet has no files. */
async function listOf(
  storage: Storage,
  signal: AbortSignal | undefined,
): Promise<readonly StoredObject[] | undefined> {
  try {
    return await storage.list(signal);
  } catch (error) {
    if (isDuplifsError(error, 'STORAGE_NOT_FOUND')) return undefined;
    throw error;
  }
}

function first(failed: readonly Result<unknown>[]): unknown {
  const errors = failed.flatMap((result) => ('error' in result ? [result.error] : []));
  return errors.find((error) => isDuplifsError(error, 'ABORTED')) ?? errors[0] ?? noStore();
}

function noStore(): DuplifsError {
  return new DuplifsError('STORAGE', 'There is no storage');
}
