/** Where headers are read from that files are held against. Classes, for functions made at each read cost too much. */
import type { VolumeReader } from '../catalog/index.js';

/** Gives bytes of a volume's plaintext: at once, or when they were fetched. */
export interface VolumeBytes {
  read(volumeId: number, offset: number, length: number): Buffer | Promise<Buffer>;
}

/** Volumes, until a signal. */
export class SignalledVolumes implements VolumeBytes {
  readonly #volumes: VolumeReader;
  readonly #signal: AbortSignal | undefined;

  constructor(volumes: VolumeReader, signal: AbortSignal | undefined) {
    this.#volumes = volumes;
    this.#signal = signal;
  }

  read(volumeId: number, offset: number, length: number): Buffer | Promise<Buffer> {
    return this.#volumes.read(volumeId, offset, length, this.#signal);
  }
}

/** Bytes that are at hand, of one volume from `start` on; all else is read. */
export interface Held {
  readonly bytes: Buffer;
  readonly volumeId: number;
  readonly start: number;
}

export class HeldBytes implements VolumeBytes {
  readonly #held: Held;
  readonly #others: VolumeBytes;

  constructor(held: Held, others: VolumeBytes) {
    this.#held = held;
    this.#others = others;
  }

  read(volumeId: number, offset: number, length: number): Buffer | Promise<Buffer> {
    const { bytes, start } = this.#held;
    const at = offset - start;
    const isHeld = volumeId === this.#held.volumeId && at >= 0 && at + length <= bytes.length;
    return isHeld ? bytes.subarray(at, at + length) : this.#others.read(volumeId, offset, length);
  }
}
