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
import { noteShortLived } from '../../threads/index.js';

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

export class SlotFile {
  readonly #file: FileHandle;
  readonly #key = randomBytes(32);
  readonly #free: number[] = [];
  /** For sealed slots on their way: one for each read costs the collector much. */
  readonly #scratch: Buffer[] = [];
  /** How many slots the file may hold. */
  readonly capacity: number;
  /** What readSync reads into before it decrypts: memory of this size for each read is dear. */
  readonly #sealed = Buffer.allocUnsafeSlow(slotBytes);
  #slots = 0;
  #generation = 0;

  private constructor(file: FileHandle, capacity: number) {
    this.#file = file;
    this.capacity = capacity;
  }

  /** Opens a file of at most `capacityBytes` (at least one slot) in `folder`, made 0700 if missing. */
  static async open(folder: string, capacityBytes: number): Promise<SlotFile> {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, `.duplifs-cache-${randomUUID()}`);
      const file = await open(path, 'wx+', 0o600);
      await rm(path);
      return new SlotFile(file, Math.max(1, Math.floor(capacityBytes / slotBytes)));
    } catch (error) {
      throw new DuplifsError('TARGET', `Cannot make a cache in "${folder}": ${errorText(error)}`, {
        hint: 'Choose a folder that can be written with --tempdir',
        cause: error,
      });
    }
  }

  /** How many more slots can be stored now. */
  get room(): number {
    return this.capacity - this.#slots + this.#free.length;
  }

  /** Stores at most slotBytes bytes. There must be room. */
  async put(bytes: Buffer): Promise<StoredSlot> {
    if (zeros.compare(bytes, 0, bytes.length, 0, bytes.length) === 0) {
      return { index: -1, length: bytes.length, generation: 0 };
    }
    const index = this.#free.pop() ?? this.#slots++;
    this.#generation += 1;
    const stored: StoredSlot = { index, length: bytes.length, generation: this.#generation };
    const cipher = createCipheriv('aes-256-ctr', this.#key, counterOf(stored));
    try {
      const { bytesWritten } = await this.#file.write(
        cipher.update(bytes),
        0,
        bytes.length,
        index * slotBytes,
      );
      if (bytesWritten !== bytes.length) throw new Error('short write');
    } catch (error) {
      this.#free.push(index);
      throw new DuplifsError(
        'NO_SPACE',
        `Cannot write the cache of decoded volumes: ${errorText(error)}`,
        {
          hint: 'Free some space, choose a smaller --cache-size, or another folder with --tempdir',
          cause: error,
        },
      );
    }
    return stored;
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

function cutShort(): DuplifsError {
  return new DuplifsError('STORAGE', 'The cache of decoded volumes was cut short');
}
