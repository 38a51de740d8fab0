/** Ends a download that brings next to nothing: rsync's own time-out is wound up again by a single byte. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FollowingController } from '../wrappers/cancel.js';
import { leastBytesPerSecond } from '../wrappers/stall.js';
import { RsyncError } from './rsync-program.js';

/** As in wrappers/stall.ts; one more for connecting. */
const rateFactor = 3;

export class GrowthWatch {
  /** Why the download was ended. */
  failure: RsyncError | undefined;
  readonly #controller: FollowingController;
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;

  /** Watches the files in a folder, into which one is being fetched. */
  constructor(folder: string, timeoutSeconds: number, signal: AbortSignal | undefined) {
    const seconds = timeoutSeconds * rateFactor;
    this.#controller = new FollowingController(signal);
    this.#timer = setInterval(() => {
      void this.#look(folder, seconds);
    }, seconds * 1000);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    clearInterval(this.#timer);
    this.#controller.release();
  }

  async #look(folder: string, seconds: number): Promise<void> {
    const names = await readdir(folder).catch(() => []);
    const stats = await Promise.all(
      names.map((name) => lstat(join(folder, name)).catch(() => null)),
    );
    const bytes = stats.reduce((sum, found) => sum + (found?.size ?? 0), 0);
    if (bytes - this.#bytes < leastBytesPerSecond * seconds) {
      const says = `less than ${leastBytesPerSecond} bytes a second came`;
      this.failure = new RsyncError(undefined, says);
      this.#controller.abort(this.failure);
    }
    this.#bytes = bytes;
  }
}
