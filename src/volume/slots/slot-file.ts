/**
 * A bounded store of 256 KiB slots in one temporary file: the disk cache of decoded volumes.
 *
 * The file is removed from its folder as soon as it is open, so that nothing stays behind however the
 * process ends, and every slot is encrypted (AES-256-CTR) with a key that lives only in this object:
 * plaintext of a backup never reaches the disk. Slots of zeros take no room.
 */
import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { readSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { DuplifsError, errorText } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import { noteShortLived } from '../../threads/index.js';
import type { VolumeEvent } from '../events.js';

/** Bytes in a slot. */
export const slotBytes = 256 * 1024;

const cipherBlockLength = 16;

const zeros = Buffer.alloc(slotBytes);

/** Where what was stored lies; `index` is -1 for zeros. */
export interface StoredSlot {
  readonly index: number;
  readonly length: number;
  /** Counts every write, so that no two slots are ever encrypted with the same counter. */
  readonly generation: number;
}

interface SlotFilePlace {
  readonly folder: string;
  readonly report: Report<VolumeEvent>;
}

export class SlotFile {
  readonly #file: FileHandle;
  readonly #key = randomBytes(32);
  readonly #free: number[] = [];
  /** For sealed slots on their way: one for each read costs the collector much. */
  readonly #scratch: Buffer[] = [];
  readonly #report: Report<VolumeEvent>;
  readonly #folder: string;
  #capacity: number;
  /** What readSync reads into before it decrypts: memory of this size for each read is dear. */
  readonly #sealed = Buffer.allocUnsafeSlow(slotBytes);
  #slots = 0;
  #generation = 0;

  private constructor(file: FileHandle, capacity: number, { folder, report }: SlotFilePlace) {
    this.#file = file;
    this.#capacity = capacity;
    this.#folder = folder;
    this.#report = report;
  }

  /**
   * Opens a file of at most `capacityBytes` (at least one slot) in `folder`, made 0700 if missing. Where the folder has
   * less room, the file makes do with that.
   */
  static async open(
    folder: string,
    capacityBytes: number,
    report: Report<VolumeEvent> = () => undefined,
  ): Promise<SlotFile> {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, `.duplifs-cache-${randomUUID()}`);
      const file = await open(path, 'wx+', 0o600);
      await rm(path);
      const capacity = Math.max(1, Math.floor(capacityBytes / slotBytes));
      return new SlotFile(file, capacity, { folder, report });
    } catch (error) {
      throw new DuplifsError('TARGET', `Cannot make a cache in "${folder}": ${errorText(error)}`, {
        hint: 'Choose a folder that can be written with --tempdir',
        cause: error,
      });
    }
  }

  /** How many slots the file may hold. */
  get capacity(): number {
    return this.#capacity;
  }

  /** How many more slots can be stored now. */
  get room(): number {
    return this.#capacity - this.#slots + this.#free.length;
  }

  /**
   * Stores at most slotBytes bytes. There must be room; where the disk turns out to have none, the file stays as small
   * as it is, and it is for `makeRoom` to free a slot. Undefined when that could not.
   */
  async put(bytes: Buffer, makeRoom = (): boolean => false): Promise<StoredSlot | undefined> {
    if (zeros.compare(bytes, 0, bytes.length, 0, bytes.length) === 0) {
      return { index: -1, length: bytes.length, generation: 0 };
    }
    this.#generation += 1;
    let stored = { index: this.#nextIndex(), length: bytes.length, generation: this.#generation };
    const sealed = createCipheriv('aes-256-ctr', this.#key, counterOf(stored)).update(bytes);
    while (!(await this.#hasWritten(sealed, stored.index))) {
      while (this.room === 0) if (!makeRoom()) return undefined;
      stored = { ...stored, index: this.#nextIndex() };
    }
    return stored;
  }

  #nextIndex(): number {
    return this.#free.pop() ?? this.#slots++;
  }

  /** Writes a slot; false when there is no room on the disk, and then its place is not used again. */
  async #hasWritten(sealed: Buffer, index: number): Promise<boolean> {
    try {
      const at = index * slotBytes;
      const { bytesWritten } = await this.#file.write(sealed, 0, sealed.length, at);
      if (bytesWritten === sealed.length) return true;
    } catch (error) {
      if (!isOutOfRoom(error)) {
        this.#free.push(index);
        throw cannotWrite(error);
      }
    }
    this.#shrink(index);
    return false;
  }

  /** Makes do with the slots that there are. */
  #shrink(lostIndex: number): void {
    const wanted = this.#capacity;
    if (this.#slots < wanted) {
      this.#capacity = this.#slots;
      const bytes = Math.max(1, lostIndex) * slotBytes;
      this.#report({ level: 'warning', code: 'cache-shrunk', folder: this.#folder, bytes });
    }
  }

  /** The bytes of a slot that was stored and not freed. */
  async get(stored: StoredSlot): Promise<Buffer> {
    if (stored.index < 0) return zeros.subarray(0, stored.length);
    const { index, length } = stored;
    const scratch = this.#scratch.pop() ?? Buffer.allocUnsafeSlow(slotBytes);
    try {
      const { bytesRead } = await this.#file.read(scratch, 0, length, index * slotBytes);
      if (bytesRead !== length) {
        throw cutShort();
      }
      const sealed = scratch.subarray(0, length);
      return createDecipheriv('aes-256-ctr', this.#key, counterOf(stored)).update(sealed);
    } finally {
      this.#scratch.push(scratch); // as many as there ever were reads at once
    }
  }

  /**
   * A part of a slot at once: the file was written a short time ago, and what of it is no longer in
   * memory takes one disk access. A turn through libuv's pool would cost more than the read itself
   * (docs/performance.md, "Profile").
   */
  readSync(stored: StoredSlot, from: number, length: number): Buffer {
    if (stored.index < 0) return zeros.subarray(from, from + length);
    const aligned = from - (from % cipherBlockLength); // the counter counts whole cipher blocks
    const sealed = this.#sealed.subarray(0, from + length - aligned);
    const position = stored.index * slotBytes + aligned;
    if (readSync(this.#file.fd, sealed, 0, sealed.length, position) !== sealed.length) {
      throw cutShort();
    }
    noteShortLived(sealed.length);
    const counter = counterOf(stored, aligned / cipherBlockLength);
    const bytes = createDecipheriv('aes-256-ctr', this.#key, counter).update(sealed);
    return from === aligned ? bytes : bytes.subarray(from - aligned);
  }

  /** Gives the slot's room back. */
  free(stored: StoredSlot): void {
    if (stored.index >= 0) this.#free.push(stored.index);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** The counter of a slot's cipher block: the upper half tells slots apart, the lower counts in one. */
function counterOf({ generation }: StoredSlot, cipherBlock = 0): Buffer {
  const counter = Buffer.alloc(cipherBlockLength);
  counter.writeUIntBE(generation, 2, 6);
  counter.writeUInt32BE(cipherBlock, 12);
  return counter;
}

/** Of the disk, of a quota, or of what a process may write. */
function isOutOfRoom(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}

function cannotWrite(error: unknown): DuplifsError {
  const problem = `Cannot write the cache of decoded volumes: ${errorText(error)}`;
  return new DuplifsError('TARGET', problem, {
    hint: 'Choose another folder with --tempdir',
    cause: error,
  });
}

function cutShort(): DuplifsError {
  return new DuplifsError('STORAGE', 'The cache of decoded volumes was cut short');
}
