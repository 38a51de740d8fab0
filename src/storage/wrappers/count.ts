import { lengthOf, watchBody } from '../body.js';
import type { Body, ByteRange, Storage, StoredObject, WriteOptions } from '../storage.js';
import { WrappedStorage } from './wrapped.js';

/** What went over the line, retries included: for `--verbosity 8` and the JSON statistics. */
export class StorageStatistics {
  /** Calls of each kind; a call may be several requests of the protocol. */
  lists = 0;
  stats = 0;
  reads = 0;
  writes = 0;
  removes = 0;
  /** Calls that were made again. */
  retries = 0;
  bytesRead = 0;
  bytesWritten = 0;

  /** All calls. */
  get requests(): number {
    return this.lists + this.stats + this.reads + this.writes + this.removes;
  }

  /** For `--json`: all fields, and their sum. */
  toJSON(): Readonly<Record<string, number>> {
    const { requests, lists, stats, reads, writes, removes, retries, bytesRead, bytesWritten } =
      this;
    return { requests, lists, stats, reads, writes, removes, retries, bytesRead, bytesWritten };
  }

  /** One line for people. */
  toString(): string {
    const kinds = [
      [this.lists, 'lists'],
      [this.stats, 'looks'],
      [this.reads, 'reads'],
      [this.writes, 'writes'],
      [this.removes, 'removals'],
      [this.retries, 'tried again'],
    ] as const;
    const parts = kinds.filter(([count]) => count > 0).map(([count, kind]) => `${count} ${kind}`);
    return (
      `Storage: ${this.requests} requests (${parts.join(', ')}), ` +
      `${this.bytesRead} bytes read, ${this.bytesWritten} bytes written`
    );
  }
}

export class CountStorage extends WrappedStorage {
  readonly #statistics: StorageStatistics;

  constructor(inner: Storage, statistics: StorageStatistics) {
    super(inner);
    this.#statistics = statistics;
  }

  override list(signal?: AbortSignal): Promise<readonly StoredObject[]> {
    this.#statistics.lists += 1;
    return this.inner.list(signal);
  }

  override stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    this.#statistics.stats += 1;
    return this.inner.stat(name, signal);
  }

  override async *read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    this.#statistics.reads += 1;
    for await (const chunk of this.inner.read(name, range, signal)) {
      this.#statistics.bytesRead += chunk.length;
      yield chunk;
    }
  }

  override write(name: string, body: Body, options: WriteOptions): Promise<void> {
    this.#statistics.writes += 1;
    const counted = watchBody(body, (bytes) => {
      this.#statistics.bytesWritten += bytes;
    });
    // the watched body no longer tells its length, and servers store nothing of a body of unknown length
    const size = options.size ?? lengthOf(body);
    return this.inner.write(name, counted, size === undefined ? options : { ...options, size });
  }

  override remove(names: readonly string[], signal?: AbortSignal): Promise<void> {
    this.#statistics.removes += 1;
    return this.inner.remove(names, signal);
  }
}
