/**
 * What every backend promises, made true in one place directly around it: names are plain, a range gives
 * its exact bytes, a body has its stated size, listings are of sane size, and whatever was thrown leaves
 * as a DuplifsError with URL and name and without a credential.
 */
import { DuplifsError, errorText } from '../../base/index.js';
import { lengthOf, mapBody } from '../body.js';
import type { Failure } from '../errors.js';
import { StorageError, systemFailure } from '../errors.js';
import { checkName, checkText, isPlainName } from '../names.js';
import type { Body, ByteRange, Storage, StoredObject, WriteOptions } from '../storage.js';
import { WrappedStorage } from './wrapped.js';

const maxObjects = 2_000_000;

export interface CheckedOptions {
  /** The meaning of an error of the backend's library; undefined when it is none of it. */
  readonly explain?: (error: unknown) => Failure | undefined;
  /** Names are text there, not bytes. */
  readonly utf8Names?: boolean;
  /** Never to be seen in a message. */
  readonly secrets?: readonly string[];
}

export class CheckedStorage extends WrappedStorage {
  readonly #explain: (error: unknown) => Failure | undefined;
  readonly #secrets: readonly string[];
  readonly #utf8Names: boolean;

  constructor(inner: Storage, options: CheckedOptions = {}) {
    super(inner);
    this.#explain = options.explain ?? (() => undefined);
    this.#secrets = (options.secrets ?? []).filter((secret) => secret !== '');
    this.#utf8Names = options.utf8Names ?? false;
  }

  override async list(signal?: AbortSignal): Promise<readonly StoredObject[]> {
    return await this.#guard('list the files on', undefined, signal, async () => {
      const objects = await this.inner.list(signal);
      if (objects.length > maxObjects) {
        throw new StorageError('DAMAGED', `"${this.url}" lists more than ${maxObjects} files`);
      }
      return objects.filter((object) => isPlainName(object.name) && isSize(object.size));
    });
  }

  override async stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    this.#checkName(name);
    return await this.#guard('look for', name, signal, () => this.inner.stat(name, signal));
  }

  override async *read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    this.#checkName(name);
    checkRange(range);
    if (range?.length === 0) return;
    let left = range?.length ?? Number.POSITIVE_INFINITY;
    try {
      signal?.throwIfAborted();
      for await (const chunk of this.inner.read(name, range, signal)) {
        if (chunk.length > left) throw this.#wrongLength(name, 'more');
        left -= chunk.length;
        if (chunk.length > 0) yield chunk;
      }
    } catch (error) {
      throw this.#translate('read', name, signal, error);
    }
    if (left > 0 && range?.length !== undefined) throw this.#wrongLength(name, 'less');
  }

  override async write(name: string, body: Body, options: WriteOptions): Promise<void> {
    this.#checkName(name);
    const { size } = options;
    const length = lengthOf(body);
    if (length !== undefined && size !== undefined && size !== length) {
      throw this.#bodySize(name, length, size);
    }
    const exact =
      length !== undefined || size === undefined
        ? body
        : mapBody(body, (chunks) => this.#exactly(name, chunks, size));
    const known = length === undefined ? options : { ...options, size: length };
    await this.#guard('write', name, options.signal, () => this.inner.write(name, exact, known));
  }

  override async remove(names: readonly string[], signal?: AbortSignal): Promise<void> {
    for (const name of names) this.#checkName(name);
    if (names.length === 0) return;
    const one = names.length === 1 ? names[0] : undefined;
    await this.#guard('remove', one, signal, () => this.inner.remove(names, signal));
  }

  /**
   * The last bytes are held back until the body has ended: a server that has all that it was told of takes
   * the file for whole, and may say so before a body that is longer, or fails at its end, is asked again.
   */
  async *#exactly(
    name: string,
    chunks: AsyncIterable<Uint8Array>,
    size: number,
  ): AsyncGenerator<Uint8Array> {
    let got = 0;
    let last: Uint8Array | undefined;
    for await (const chunk of chunks) {
      got += chunk.length;
      if (got > size) break;
      if (got < size) yield chunk;
      else last ??= chunk;
    }
    if (got !== size) throw this.#bodySize(name, got, size);
    if (last !== undefined) yield last;
  }

  #checkName(name: string): void {
    checkName(name, this.url);
    if (this.#utf8Names) checkText(name, this.url);
  }

  async #guard<T>(
    action: string,
    name: string | undefined,
    signal: AbortSignal | undefined,
    call: () => Promise<T>,
  ): Promise<T> {
    try {
      signal?.throwIfAborted();
      return await call();
    } catch (error) {
      throw this.#translate(action, name, signal, error);
    }
  }

  #translate(
    action: string,
    name: string | undefined,
    signal: AbortSignal | undefined,
    error: unknown,
  ): DuplifsError {
    const what = name === undefined ? `"${this.url}"` : `"${name}" on "${this.url}"`;
    if (error instanceof DuplifsError) return error;
    if (signal?.aborted === true) {
      return new DuplifsError('ABORTED', `Cancelled while trying to ${action} ${what}`);
    }
    const failure = this.#explain(error) ?? systemFailure(error) ?? unknownFailure(error);
    const hint = failure.hint ?? hintFor(failure, name);
    return new StorageError(
      failure.code,
      this.#redact(`Cannot ${action} ${what}: ${failure.reason}`),
      { transient: failure.transient, hint },
    );
  }

  #wrongLength(name: string, which: 'more' | 'less'): StorageError {
    return new StorageError(
      'STORAGE',
      `"${this.url}" sent ${which} of "${name}" than what was asked for`,
      { transient: true },
    );
  }

  #bodySize(name: string, got: number, size: number): DuplifsError {
    return new DuplifsError(
      'STORAGE',
      `Cannot write "${name}" on "${this.url}": the body has ${got} bytes, not ${size}`,
    );
  }

  #redact(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) {
      clean = clean.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***');
    }
    return clean;
  }
}

function checkRange(range: ByteRange | undefined): void {
  if (range === undefined) return;
  const { offset, length } = range;
  if (isSize(offset) && (length === undefined || isSize(length))) return;
  throw new RangeError(`The range ${offset} + ${length ?? 'rest'} is none`);
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function unknownFailure(error: unknown): Failure {
  return { code: 'STORAGE', transient: true, reason: errorText(error) };
}

function hintFor(failure: Failure, name: string | undefined): string | undefined {
  switch (failure.code) {
    case 'STORAGE_DENIED':
      return 'Check the credentials and what they permit on this storage';
    case 'STORAGE_NOT_FOUND':
      return name === undefined
        ? 'Check the URL; a folder that does not exist yet is made by the first backup'
        : undefined;
    case 'NO_SPACE':
      return 'Make room on the storage, or raise its quota';
    default:
      return undefined;
  }
}
