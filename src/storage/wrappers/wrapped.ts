import type { Body, ByteRange, Mirror, Storage, StoredObject, WriteOptions } from '../storage.js';

/** Passes every call on; a wrapper overrides what it changes. */
export class WrappedStorage implements Storage {
  readonly url: string;
  protected readonly inner: Storage;

  constructor(inner: Storage) {
    this.inner = inner;
    this.url = inner.url;
  }

  get mirror(): Mirror | undefined {
    return this.inner.mirror;
  }

  list(signal?: AbortSignal): Promise<readonly StoredObject[]> {
    return this.inner.list(signal);
  }

  stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    return this.inner.stat(name, signal);
  }

  read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    return this.inner.read(name, range, signal);
  }

  write(name: string, body: Body, options: WriteOptions): Promise<void> {
    return this.inner.write(name, body, options);
  }

  remove(names: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.inner.remove(names, signal);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
