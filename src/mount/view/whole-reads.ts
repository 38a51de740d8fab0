/**
 * Files that are rebuilt from changes, read through a mount from start to end: held against the signature that their set
 * has of them (see RebuiltChecks), as a restore holds them. A part of such a file cannot be checked: its blocks and
 * changes are verified one by one, but not that they belong together.
 */
import { LRUCache } from 'lru-cache';
import type { Snapshot, SnapshotEntry } from '../../snapshot/index.js';
import type { MaybePromise } from '../file-system.js';

/** Files that are followed at a time; of one that is forgotten, the reading goes on unchecked. */
const maxFiles = 64;
/** Parts that came before their turn, kept for one file, and for all files of the process. */
const maxPendingBytes = 4 * 2 ** 20;
const maxHeldBytes = 32 * 2 ** 20;
/** The signature is looked for when so much was read in a row, or all: who looks at the start of a file reads no more. */
const leastBytes = 2 * 2 ** 20;

type RebuiltCheck = NonNullable<Awaited<ReturnType<Snapshot['rebuiltCheck']>>>;
type Read = Pick<Snapshot, 'read' | 'size' | 'rebuiltCheck' | 'mayCheckRebuilt'>;

export class WholeReads {
  readonly #snapshot: Read;
  readonly #files = new LRUCache<number, FollowedFile>({
    max: maxFiles,
    dispose: (file) => {
      file.forget();
    },
  });

  constructor(snapshot: Read) {
    this.#snapshot = snapshot;
  }

  /**
   * Bytes of a regular file, as Snapshot.read has them.
   * @throws Disagreement, from the read that makes the file whole on, where it is not what its set has signed
   */
  read(
    entry: SnapshotEntry,
    offset: number,
    length: number,
    signal: AbortSignal,
  ): MaybePromise<Uint8Array> {
    if (entry.kind !== 'diff') return this.#snapshot.read(entry, offset, length, signal);
    let file = this.#files.get(entry.id);
    if (file === undefined) {
      if (!this.#snapshot.mayCheckRebuilt(entry)) {
        return this.#snapshot.read(entry, offset, length, signal);
      }
      file = new FollowedFile(async () => this.#snapshot.rebuiltCheck(entry));
      this.#files.set(entry.id, file);
    }
    return this.#follow(file, entry, { offset, length, signal });
  }

  async #follow(
    file: FollowedFile,
    entry: SnapshotEntry,
    { offset, length, signal }: { offset: number; length: number; signal: AbortSignal },
  ): Promise<Uint8Array> {
    file.refuse();
    const bytes = await this.#snapshot.read(entry, offset, length, signal);
    if (!file.isDone && bytes.length > 0) {
      await file.take(offset, bytes, await this.#snapshot.size(entry, signal));
    }
    file.refuse();
    return bytes;
  }
}

/** What is known of one file's bytes so far. */
class FollowedFile {
  /** Of all files. */
  static #heldBytes = 0;

  readonly #findCheck: () => Promise<RebuiltCheck | undefined>;
  #check: Promise<RebuiltCheck | undefined> | undefined;
  /** Bytes from the start that the check has taken. */
  #taken = 0;
  /** By their offsets: what follows, whole or with parts missing between. */
  readonly #pending = new Map<number, Uint8Array>();
  #pendingBytes = 0;
  /** One at a time takes from what is pending. */
  #turn: Promise<void> = Promise.resolve();
  #error: unknown;
  #isDone = false;

  constructor(findCheck: () => Promise<RebuiltCheck | undefined>) {
    this.#findCheck = findCheck;
  }

  /** Whether all was taken, or nothing more can be. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Gives up what is pending. */
  forget(): void {
    this.#count(-this.#pendingBytes);
    this.#pending.clear();
  }

  /** Fails when the file is known to be another than its set has signed. */
  refuse(): void {
    if (this.#error !== undefined) throw this.#error as Error;
  }

  /** Takes bytes that were read at an offset of a file of `size` bytes; waits where they make it whole. */
  async take(offset: number, bytes: Uint8Array, size: number): Promise<void> {
    if (!this.#keep(offset, bytes)) return;
    const end = this.#readEnd();
    if (end < Math.min(size, this.#taken + leastBytes)) return;
    const mine = this.#turn.then(() => this.#hand(size));
    this.#turn = mine.catch(() => undefined);
    await mine;
  }

  /** False for what was taken before, or does not fit. */
  #keep(offset: number, bytes: Uint8Array): boolean {
    const isOld = offset + bytes.length <= this.#taken;
    if (isOld || (this.#pending.get(offset)?.length ?? 0) >= bytes.length) return false;
    this.#drop(offset);
    // what is wanted last goes first
    while (this.#pendingBytes + bytes.length > maxPendingBytes) {
      const last = this.#lastOffset();
      if (last === undefined || last < offset) return false;
      this.#drop(last);
    }
    if (FollowedFile.#heldBytes + bytes.length > maxHeldBytes) return false;
    this.#pending.set(offset, Uint8Array.from(bytes)); // the volume's slot may be used again
    this.#count(bytes.length);
    return true;
  }

  #drop(offset: number): void {
    this.#count(-(this.#pending.get(offset)?.length ?? 0));
    this.#pending.delete(offset);
  }

  #count(bytes: number): void {
    this.#pendingBytes += bytes;
    FollowedFile.#heldBytes += bytes;
  }

  #lastOffset(): number | undefined {
    let last: number | undefined;
    for (const offset of this.#pending.keys()) last = Math.max(last ?? 0, offset);
    return last;
  }

  /** Up to where the file was read without a gap. */
  #readEnd(): number {
    let end = this.#taken;
    for (let part = this.#partAt(end); part !== undefined; part = this.#partAt(end)) {
      end = part.offset + part.bytes.length;
    }
    return end;
  }

  /** A pending part that holds the byte at a place. */
  #partAt(place: number): { offset: number; bytes: Uint8Array } | undefined {
    const exact = this.#pending.get(place);
    if (exact !== undefined) return { offset: place, bytes: exact };
    for (const [offset, bytes] of this.#pending) {
      if (offset <= place && place < offset + bytes.length) return { offset, bytes };
    }
    return undefined;
  }

  async #hand(size: number): Promise<void> {
    if (this.#isDone) return;
    this.#check ??= this.#findCheck();
    let check;
    try {
      check = await this.#check;
    } catch (error) {
      this.#check = undefined; // the storage may answer the next reader
      throw error;
    }
    if (check !== undefined) this.#feed(check);
    if (check !== undefined && this.#taken < size) return;
    this.#isDone = true;
    this.forget();
    if (check === undefined) return; // the set has no signature of it
    try {
      check.end();
    } catch (error) {
      this.#error = error;
    }
  }

  #feed(check: RebuiltCheck): void {
    let part = this.#partAt(this.#taken);
    for (; part !== undefined; part = this.#partAt(this.#taken)) {
      check.update(part.bytes.subarray(this.#taken - part.offset));
      this.#taken = part.offset + part.bytes.length;
    }
    for (const [offset, { length }] of this.#pending) {
      if (offset + length <= this.#taken) this.#drop(offset);
    }
  }
}
