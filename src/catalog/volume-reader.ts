import type { VolumeStore } from '../volume/index.js';
import type { VolumeDirectory } from './volume-directory.js';

/** Reads volumes by their ids in the catalog. */
export class VolumeReader {
  readonly #store: VolumeStore;
  readonly #directory: VolumeDirectory;

  constructor(store: VolumeStore, directory: VolumeDirectory) {
    this.#store = store;
    this.#directory = directory;
  }

  /**
   * `length` bytes of the volume's plaintext from `offset`: at once when it was decoded.
   * @throws DuplifsError DAMAGED when the volume does not hold as much, FILE_MISSING when its set is gone
   */
  read(
    volumeId: number,
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): Buffer | Promise<Buffer> {
    const { volume } = this.#directory.find(volumeId);
    return this.#store.read(this.#directory.ref(volume), offset, length, signal);
  }

  /** The name of the volume's file. */
  nameOf(volumeId: number): string {
    return this.#directory.ref(this.#directory.find(volumeId).volume).name;
  }

  /**
   * Makes the volume that follows in its set ready, for a reader who will soon come to its end. What goes
   * wrong is told to whoever reads that volume.
   */
  decodeNext(volumeId: number): void {
    const { volume, siblings } = this.#directory.find(volumeId);
    const next = siblings.all.find(({ number }) => number === volume.number + 1);
    if (next?.name === undefined || next.hash === undefined) return;
    this.#store.decodeAhead(this.#directory.ref(next), this.#directory.ref(volume));
  }
}
