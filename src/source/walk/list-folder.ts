/**
 * The names in folders. As with stats (read-stats.ts) a synchronous call takes a fraction of an asynchronous one
 * while the kernel has the folder in its cache; where the disk or the network has to be asked, it would hold the
 * event loop. So calls are synchronous as long as they return at once.
 */
import { readdirSync } from 'node:fs';
import type { PathLike } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { quickMs } from './read-stats.js';

/** After a slow call so many are asynchronous. */
const slowRunLength = 32;

export class FolderLister {
  #slowCallsLeft = 0;

  /** The names, in no order. Throws what readdir throws, or rejects with it. */
  list(path: PathLike, encoding: 'latin1'): string[] | Promise<string[]> {
    if (this.#slowCallsLeft > 0) {
      this.#slowCallsLeft -= 1;
      return readdir(path, encoding);
    }
    const start = performance.now();
    const names = readdirSync(path, encoding);
    if (performance.now() - start > quickMs + names.length / 1000) {
      this.#slowCallsLeft = slowRunLength;
    }
    return names;
  }
}
