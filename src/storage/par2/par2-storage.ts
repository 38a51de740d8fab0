/**
 * A storage with recovery data (PAR2) beside each file, as duplicity's `par2+` URLs have it. What is read is held against
 * the sums of its slices, so that parts of a file can be read alone; a file that has a wrong slice is fetched whole, made
 * whole by the program `par2` in the temporary folder, and served from there. What is stored stays as it is.
 */
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LRUCache } from 'lru-cache';
import { defined } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import { OpenFile } from '../body.js';
import { StorageError } from '../errors.js';
import type { StorageEvent } from '../events.js';
import type { Par2StorageOptions } from '../options.js';
import { readWhole } from '../read-whole.js';
import { newSpool, spoolTo } from '../spool.js';
import type { Body, ByteRange, Storage, StoredObject, WriteOptions } from '../storage.js';
import { WholeFileCache } from '../whole-file-cache.js';
import { WrappedStorage } from '../wrappers/wrapped.js';
import { isProtected, isRecoveryData, recoveryDataOf, sumsName } from './names.js';
import { makeRecoveryData, repairFile } from './program.js';
import { isSlice, parseSums } from './sums.js';
import type { SliceSums } from './sums.js';

const maxSums = 1000;
/** 32,768 slices, with as much again for what nobody needs. */
const maxSumsBytes = 4 * 2 ** 20;
const maxRepairedBytes = 2 ** 30;

export class Par2Storage extends WrappedStorage {
  readonly #options: Par2StorageOptions;
  readonly #report: Report<StorageEvent>;
  readonly #sums = new LRUCache<string, Promise<SliceSums | 'none'>>({ max: maxSums });
  readonly #repaired: WholeFileCache;
  readonly #damaged = new Set<string>();
  #listed: ReadonlyMap<string, StoredObject> = new Map();

  constructor(inner: Storage, options: Par2StorageOptions, report: Report<StorageEvent>) {
    super(inner);
    this.#options = options;
    this.#report = report;
    this.#repaired = new WholeFileCache(maxRepairedBytes, (name, folder, signal) =>
      this.#repair(name, folder, signal),
    );
  }

  override async list(signal?: AbortSignal): Promise<readonly StoredObject[]> {
    const objects = await this.inner.list(signal);
    this.#listed = new Map(objects.map((object) => [object.name, object]));
    if (this.#options.readsAsStored === true) return objects;
    return objects.filter(({ name }) => !isRecoveryData(name));
  }

  override async *read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const sums = await this.#sumsOf(name, signal);
    if (sums === undefined) {
      yield* this.inner.read(name, range, signal);
      return;
    }
    let at = range?.offset ?? 0;
    const end = range?.length === undefined ? sums.size : at + range.length;
    if (!this.#damaged.has(name)) {
      for await (const bytes of this.#verified(name, sums, { at, end }, signal)) {
        yield bytes;
        at += bytes.length;
      }
      if (at >= end) return;
    }
    this.#damaged.add(name);
    const file = await this.#repaired.get(name, signal);
    try {
      yield* file.read(at, end);
    } finally {
      await file.release();
    }
  }

  override async write(name: string, body: Body, options: WriteOptions): Promise<void> {
    if (!isProtected(name)) {
      await this.inner.write(name, body, options);
      return;
    }
    const { signal } = options;
    const spool = await newSpool();
    try {
      const size = await spoolTo(join(spool.folder, name), body, signal);
      if (options.size !== undefined && options.size !== size) throw otherLength(name, size);
      const made = await makeRecoveryData(spool.folder, name, this.#options, signal);
      if (made.length === 0) this.#report({ level: 'warning', code: 'no-recovery-data', name });
      // by recovery data of an older file of that name this one would count as damaged
      await this.#removeRecoveryData(name, signal);
      for (const one of [name, ...made]) await this.#put(join(spool.folder, one), one, options);
    } finally {
      this.#forget(name);
      await spool.remove();
    }
  }

  override async remove(names: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.inner.remove(names, signal);
    names.forEach((name) => {
      this.#forget(name);
    });
    if (!names.some(isProtected)) return;
    const stored = await this.#storedNames(signal);
    const removed = new Set(names.filter(isProtected));
    const data = stored.filter((name) =>
      removed.has(name.replace(/\.(?:vol\d+\+\d+\.)?par2$/, '')),
    );
    const left = data.filter((name) => isRecoveryData(name));
    if (left.length > 0) await this.inner.remove(left, signal);
  }

  override async close(): Promise<void> {
    this.#repaired.clear();
    await this.inner.close();
  }

  /** Slices of a range as long as they are what they were; ends early at one that is not. */
  async *#verified(
    name: string,
    sums: SliceSums,
    { at, end }: { readonly at: number; readonly end: number },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    const { size, sliceBytes } = sums;
    // who listed it may have done so before another process wrote it
    const listed = this.#listed.get(name)?.size;
    if (listed !== size && (await this.inner.stat(name, signal))?.size !== size) return;
    let slice = Math.floor(at / sliceBytes);
    const offset = slice * sliceBytes;
    const last = Math.min(size, Math.ceil(end / sliceBytes) * sliceBytes);
    if (end > size || offset >= last) return;
    const range = { offset, length: last - offset };
    for await (const bytes of sliced(this.inner.read(name, range, signal), sliceBytes)) {
      if (!isSlice(sums, slice, bytes)) return;
      const begin = slice * sliceBytes;
      yield bytes.subarray(Math.max(0, at - begin), Math.min(bytes.length, end - begin));
      slice += 1;
    }
  }

  /** Undefined where nothing can be held against anything. */
  async #sumsOf(name: string, signal: AbortSignal | undefined): Promise<SliceSums | undefined> {
    if (this.#options.readsAsStored === true || !isProtected(name)) return undefined;
    let sums = this.#sums.get(name);
    if (sums === undefined) {
      sums = this.#readSums(name, signal);
      this.#sums.set(name, sums);
      sums.catch(() => this.#sums.delete(name));
    }
    const found = await sums;
    return found === 'none' ? undefined : found;
  }

  async #readSums(name: string, signal: AbortSignal | undefined): Promise<SliceSums | 'none'> {
    const stored =
      this.#listed.get(sumsName(name)) ?? (await this.inner.stat(sumsName(name), signal));
    if (stored === undefined || stored.size > maxSumsBytes) return 'none';
    const bytes = await readWhole(this.inner, sumsName(name), {
      maxBytes: maxSumsBytes,
      ...defined({ signal }),
    });
    return parseSums(bytes, name) ?? 'none';
  }

  async #repair(name: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
    const sizes = new Map((await this.inner.list(signal)).map((one) => [one.name, one.size]));
    const data = recoveryDataOf(name, sizes.keys());
    const known = [name, ...data].reduce((sum, one) => sum + (sizes.get(one) ?? 0), 0);
    const wanted = (await this.#sumsOf(name, signal))?.size ?? 0;
    // nothing can be made of less; and whoever can write to the storage could fill the disk
    if (wanted > known) throw tooLittle(name);
    for (const one of [name, ...data]) {
      const path = join(folder, one);
      const chunks = this.inner.read(one, undefined, signal);
      await pipeline(chunks, createWriteStream(path, { mode: 0o600, flags: 'wx' }));
    }
    await repairFile(folder, name, signal);
    this.#report({ level: 'warning', code: 'file-repaired', name });
  }

  async #put(path: string, name: string, { signal }: WriteOptions): Promise<void> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const options = signal === undefined ? { size } : { size, signal };
      await this.inner.write(name, new OpenFile(file, size), options);
    } finally {
      await file.close();
    }
  }

  async #removeRecoveryData(name: string, signal: AbortSignal | undefined): Promise<void> {
    if ((await this.inner.stat(sumsName(name), signal)) === undefined) return;
    await this.inner.remove(recoveryDataOf(name, await this.#storedNames(signal)), signal);
  }

  async #storedNames(signal: AbortSignal | undefined): Promise<string[]> {
    return (await this.inner.list(signal)).map(({ name }) => name);
  }

  #forget(name: string): void {
    this.#sums.delete(name);
    this.#damaged.delete(name);
    this.#repaired.forget(name);
    const listed = new Map(this.#listed);
    listed.delete(name);
    listed.delete(sumsName(name));
    this.#listed = listed;
  }
}

/** Chunks as slices of that many bytes, but the last. */
async function* sliced(
  chunks: AsyncIterable<Uint8Array>,
  sliceBytes: number,
): AsyncGenerator<Buffer> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + sliceBytes - length);
      pieces.push(piece);
      length += piece.length;
      at += piece.length;
      if (length < sliceBytes) continue;
      yield Buffer.concat(pieces);
      pieces = [];
      length = 0;
    }
  }
  if (length > 0) yield Buffer.concat(pieces);
}

function tooLittle(name: string): StorageError {
  return new StorageError(
    'DAMAGED',
    `"${name}" is damaged, and of it and its recovery data too little is left`,
  );
}

function otherLength(name: string, size: number): StorageError {
  return new StorageError('STORAGE', `"${name}" has another length than was said: ${size} bytes`);
}
