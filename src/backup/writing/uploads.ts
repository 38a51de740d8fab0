/** Uploads finished volumes one at a time while the next is made; at most two wait. */
import type { Report } from '../../base/index.js';
import type { BackupEvent } from '../events.js';
import { putFile } from '../spool/file-spool.js';
import type { Storage } from '../../storage/index.js';
import type { FinishedVolume } from './volume-sequence.js';

const maxWaiting = 2;

export interface UploadsOptions {
  readonly storage: Storage;
  /** Called when a volume lies on the storage. */
  readonly onUploaded: (volume: FinishedVolume) => Promise<void>;
  readonly report: Report<BackupEvent>;
}

export class Uploads {
  readonly #options: UploadsOptions;
  readonly #waiting: Promise<void>[] = [];
  #chain: Promise<void> = Promise.resolve();

  constructor(options: UploadsOptions) {
    this.#options = options;
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
    const { storage, onUploaded, report } = this.#options;
    const { name } = volume;
    try {
      report({ level: 'info', code: 'upload-begun', name });
      await putFile(storage, name, volume.file);
      report({ level: 'info', code: 'upload-done', name });
      await onUploaded(volume);
    } finally {
      await volume.file.file.close();
    }
  }
}
