/**
 * Reads of whole files that failed, so that they fail again for a moment.
 *
 * A kernel whose read-ahead fails asks for the same bytes once more, page by page, and the system call returns those before
 * the first page that failed: fewer than were asked for, and no error. Programs take that for the end of the file (Node.js'
 * readFile does, of files that it reads at once), and have half a file without a word. So where all of a file was asked for
 * and cannot be had, none of it can for as long as that takes, and the system call fails. Of a larger file, what is sound can be read.
 */
import { LRUCache } from 'lru-cache';
import { isCancelled } from '../file-system-error.js';
import type { MaybePromise } from '../file-system.js';

/** The kernel asks again at once. */
const rememberMs = 1000;
const maxFiles = 1000;

interface Failure {
  readonly error: unknown;
}

/** What is asked for. */
export interface AskedBytes {
  readonly ino: number;
  readonly offset: number;
  readonly length: number;
}

export class FailedReads {
  /** By the inode. */
  readonly #failures = new LRUCache<number, Failure>({ max: maxFiles, ttl: rememberMs });

  /**
   * What `read` gives, for a file that did not fail just now; else the error that it had.
   *
   * @param sizeOf the file's size in bytes
   */
  around(
    asked: AskedBytes,
    read: () => MaybePromise<Uint8Array>,
    sizeOf: () => MaybePromise<number | undefined>,
  ): MaybePromise<Uint8Array> {
    if (this.#failures.size > 0) {
      const failure = this.#failures.get(asked.ino);
      if (failure !== undefined) throw failure.error;
    }
    const remember = async (error: unknown): Promise<never> => {
      await this.#remember(asked, error, sizeOf);
      throw error;
    };
    try {
      const bytes = read();
      return bytes instanceof Promise ? bytes.catch(remember) : bytes;
    } catch (error) {
      return remember(error);
    }
  }

  async #remember(
    { ino, offset, length }: AskedBytes,
    error: unknown,
    sizeOf: () => MaybePromise<number | undefined>,
  ): Promise<void> {
    if (offset > 0 || isCancelled(error)) return;
    // where its size is not known either, nothing of it was shown
    const size = await Promise.resolve(sizeOf()).catch(() => undefined);
    if (size !== undefined && size <= length) this.#failures.set(ino, { error });
  }
}
