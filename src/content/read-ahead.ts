/**
 * Notices who reads a volume from one place on, file after file or within one, as `tar`, `cp -r` and a
 * player do, and has the next volume made ready before it is asked for. A reader of random places makes
 * no progress that counts, and costs nothing.
 */
import { LRUCache } from 'lru-cache';

interface Progress {
  /** Where the next read begins if it goes on. */
  next: number;
  /** Bytes that were read without a jump. */
  run: number;
  announced: boolean;
}

/** Bytes passed over or read again that are no jump: headers, files that the reader had cached. */
const stride = 2 ** 20;
/** Bytes read in a row after which the reader is taken to go on. */
const enough = 4 * 2 ** 20;

export class ReadAhead {
  readonly #onRun: (volumeId: number) => void;
  readonly #volumes = new LRUCache<number, Progress>({ max: 16 });

  /** Calls `onRun` once for each volume that is read in a row. */
  constructor(onRun: (volumeId: number) => void) {
    this.#onRun = onRun;
  }

  /** Tells of a read of a volume's plaintext. */
  note(volumeId: number, offset: number, length: number): void {
    const end = offset + length;
    const progress = this.#volumes.get(volumeId);
    if (progress === undefined) {
      this.#volumes.set(volumeId, { next: end, run: length, announced: false });
      return;
    }
    const goesOn = Math.abs(offset - progress.next) <= stride;
    progress.run = goesOn ? progress.run + Math.max(0, end - progress.next) : length;
    progress.next = goesOn ? Math.max(end, progress.next) : end;
    if (progress.run < enough || progress.announced) return;
    progress.announced = true;
    this.#onRun(volumeId);
  }
}
