/**
 * What this machine remembers of the regular files of the last set: size, inode and exact times, none of which
 * the format keeps. With it a change that leaves mtime, mode and owner as they were is noticed all the same
 * (docs/format/README.md, "Where duplifs does otherwise"). Lines of text in the order of paths, gzipped, so that
 * it is read beside the walk in constant memory:
 *
 *     duplifs-seen 1 <key of the set> <when the walk began, milliseconds>
 *     <size> <inode> <mtime, ms> <ctime, ms> <path, as JSON>
 *
 * It is a help and no more: lost, of another set or damaged, it is as if there were none.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { createGunzip, createGzip, type Gzip } from 'node:zlib';
import { comparePaths } from '../../base/index.js';
import type { WalkEntry } from '../walk/index.js';

export const seenFileName = 'duplifs-seen.gz';

interface SeenRecord {
  readonly path: string;
  readonly facts: string;
  readonly ctimeMs: number;
}

/** Reads what was remembered; paths must be asked for in order. */
export class SeenReader {
  readonly #lines: AsyncIterator<string>;
  #sinceMs = 0;
  #record: SeenRecord | undefined;

  private constructor(lines: AsyncIterator<string>) {
    this.#lines = lines;
  }

  /** Undefined when there is nothing for this set. */
  static async open(path: string, setKey: string): Promise<SeenReader | undefined> {
    const input = createReadStream(path);
    const text = createGunzip();
    input.on('error', (error) => text.destroy(error));
    const lines = createInterface({ input: input.pipe(text), crlfDelay: Infinity });
    text.on('error', () => {
      lines.close();
    });
    const reader = new SeenReader(lines[Symbol.asyncIterator]());
    const header = (await reader.#line())?.split(' ') ?? [];
    if (header[0] !== 'duplifs-seen' || header[1] !== '1' || header[2] !== setKey) {
      lines.close();
      input.destroy();
      return undefined;
    }
    reader.#sinceMs = Number(header[3]);
    await reader.#step();
    return reader;
  }

  /**
   * Whether the file is the very one that the last set read; undefined when it is not remembered. A file that
   * changed while or after the last walk began may have changed again within the same tick of the clock.
   */
  async isSame(entry: WalkEntry): Promise<boolean | undefined> {
    while (this.#record !== undefined && comparePaths(this.#record.path, entry.path) < 0) {
      await this.#step();
    }
    if (this.#record?.path !== entry.path) return undefined;
    return this.#record.facts === factsOf(entry) && this.#record.ctimeMs < this.#sinceMs;
  }

  async #step(): Promise<void> {
    const line = await this.#line();
    const parts = line === undefined ? null : /^(\d+ \d+ \S+ (\S+)) (".*")$/.exec(line);
    const [, facts, ctime, path] = parts ?? [];
    this.#record =
      facts === undefined || path === undefined
        ? undefined
        : { facts, ctimeMs: Number(ctime), path: JSON.parse(path) as string };
  }

  async #line(): Promise<string | undefined> {
    try {
      const next = await this.#lines.next();
      return next.done === true ? undefined : next.value;
    } catch {
      return undefined;
    }
  }
}

/** Writes what the next run is to remember; it counts once `commit` was called. */
export class SeenWriter {
  readonly #path: string;
  readonly #gzip: Gzip;
  readonly #done: Promise<void>;
  #lines: string[] = [];

  /** `path` is that of the final file; what is written lies beside it until then. */
  constructor(path: string, setKey: string, sinceMs: number) {
    this.#path = path;
    this.#gzip = createGzip({ level: 1 });
    const file = createWriteStream(`${path}.new`, { mode: 0o600 });
    this.#gzip.pipe(file);
    this.#done = finished(file);
    this.#done.catch(() => undefined);
    this.#lines.push(`duplifs-seen 1 ${setKey} ${sinceMs}`);
  }

  /** Undefined when more may come at once. */
  add(entry: WalkEntry): Promise<unknown> | undefined {
    this.#lines.push(`${factsOf(entry)} ${JSON.stringify(entry.path)}`);
    return this.#lines.length < 1000 ? undefined : this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    this.#gzip.end();
    await this.#done;
  }

  async commit(): Promise<void> {
    await rename(`${this.#path}.new`, this.#path);
  }

  async #flush(): Promise<void> {
    const text = `${this.#lines.join('\n')}\n`;
    this.#lines = [];
    if (!this.#gzip.write(text)) await Promise.race([once(this.#gzip, 'drain'), this.#done]);
  }
}

function factsOf({ size, inode, mtimeMs, ctimeMs }: WalkEntry): string {
  return `${size} ${inode} ${mtimeMs} ${ctimeMs}`;
}
