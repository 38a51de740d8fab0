/** Uploads finished volumes one at a time while the next is made; at most two wait. */
import { putFile } from '../spool/file-spool.js';
import type { Storage } from '../../storage/index.js';
import type { FinishedVolume } from './volume-sequence.js';

const maxWaiting = 2;

export class Uploads {
  readonly #storage: Storage;
  /** Called when a volume lies on the storage. */
  readonly #onUploaded: (volume: FinishedVolume) => Promise<void>;
  readonly #waiting: Promise<void>[] = [];
  #chain: Promise<void> = Promise.resolve();

  constructor(storage: Storage, onUploaded: (volume: FinishedVolume) => Promise<void>) {
    this.#storage = storage;
    this.#onUploaded = onUploaded;
  }

  /** Takes a volume; returns once no more than two wait. An error of an earlier upload comes out here. */
  async add(volume: FinishedVolume): Promise<void> {
    this.#chain = this.#chain.then(
      () => this.#put(volume),
      async (error: unknown) => {
        await volume.file.file.close();
        throw error;
      },
    );
    this.#chain.catch(() => undefined);
    this.#waiting.push(this.#chain);
    if (this.#waiting.length > maxWaiting) await this.#waiting.shift();
  }

  /** Waits for all. */
  async end(): Promise<void> {
    await this.#chain;
  }

  async #put(volume: FinishedVolume): Promise<void> {
    try {
      await putFile(this.#storage, volume.name, volume.file);
      await this.#onUploaded(volume);
    } finally {
      await volume.file.file.close();
    }
  }
}
