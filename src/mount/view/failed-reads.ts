/**
 * Reads that failed, so that the same bytes fail again for a moment.
 *
 * A kernel whose read-ahead fails asks for the same bytes once more, page by page, and the system call returns those before
 * the first page that failed: fewer than were asked for, and no error. Programs take that for the end of the file (Node.js'
 * readFile does), and have half a file without a word. So where a part cannot be read, its pages cannot be for as long as
 * that takes, and the system call fails.
 */
import { LRUCache } from 'lru-cache';
import { isCancelled } from '../file-system-error.js';
import type { MaybePromise } from '../file-system.js';

interface FailedPart {
  readonly offset: number;
  readonly end: number;
  readonly error: unknown;
}

/** The kernel asks again at once. */
const rememberMs = 1000;
const maxFiles = 1000;

export class FailedReads {
  /** The part of each file, by its inode, that failed last. */
  readonly #parts = new LRUCache<number, FailedPart>({
    max: maxFiles,
    ttl: rememberMs,
  });

  /** What `read` gives, for bytes of a file that none failed for just now; the error of those that did. */
  around(
    ino: number,
    offset: number,
    length: number,
    read: () => MaybePromise<Uint8Array>,
  ): MaybePromise<Uint8Array> {
    this.#refuse(ino, offset, length);
    try {
      const bytes = read();
      if (!(bytes instanceof Promise)) return bytes;
      return bytes.catch((error: unknown) => {
        this.#remember(ino, { offset, end: offset + length, error });
        throw error;
      });
    } catch (error) {
      this.#remember(ino, { offset, end: offset + length, error });
      throw error;
    }
  }

  #refuse(ino: number, offset: number, length: number): void {
    if (this.#parts.size === 0) return;
    const part = this.#parts.get(ino);
    if (part !== undefined && offset < part.end && part.offset < offset + length) throw part.error;
  }

  #remember(ino: number, part: FailedPart): void {
    if (!isCancelled(part.error)) this.#parts.set(ino, part);
  }
}
