/**
 * A folder that the rsync program reaches, by its own protocol or through ssh. rsync puts files in place
 * itself when they are whole; it cannot read parts of them, so whole ones are kept on the local disk.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beyondEnd } from '../range.js';
import { newSpool, spoolTo } from '../spool.js';
import type { Body, ByteRange, Storage, StoredObject, WriteOptions } from '../storage.js';
import { WholeFileCache } from '../whole-file-cache.js';
import { leastBytesPerSecond } from '../wrappers/stall.js';
import { GrowthWatch } from './growth-watch.js';
import { isMissing, rsync } from './rsync-program.js';
import type { RsyncEnvironment, RsyncRun } from './rsync-program.js';

export interface RsyncTarget {
  /** For messages. */
  readonly url: string;
  /** "host::module/" or "host:" or "host:/", to which the path is appended. */
  readonly base: string;
  /** Without slashes around it. */
  readonly path: string;
  /** Before all others: time-outs, the remote shell. */
  readonly options: readonly string[];
  readonly timeoutSeconds: number;
  readonly environment: RsyncEnvironment;
}

/** As for the other storages (wrappers/stall.ts). */
const callFactor = 10;
/** Where the growth of a file is watched instead. A timer of Node's does not take more. */
const noLimitSeconds = 2_000_000;

const cacheBytes = 2 * 1024 * 1024 * 1024;

export class RsyncStorage implements Storage {
  readonly url: string;
  readonly #target: RsyncTarget;
  readonly #cache: WholeFileCache;
  #made: Promise<void> | undefined;

  constructor(target: RsyncTarget) {
    this.url = target.url;
    this.#target = target;
    this.#cache = new WholeFileCache(cacheBytes, (name, folder, signal) =>
      this.#fetch(name, folder, signal),
    );
  }

  async list(signal?: AbortSignal): Promise<readonly StoredObject[]> {
    const printed = await this.#run(
      ['--list-only', '--no-h', '--8-bit-output', this.#folder()],
      signal,
    );
    return printed.split('\n').flatMap((line) => listed(line) ?? []);
  }

  async stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    try {
      const printed = await this.#run(
        ['--list-only', '--no-h', '--8-bit-output', this.#source(name)],
        signal,
      );
      const objects = printed.split('\n').flatMap((line) => listed(line) ?? []);
      return objects.find((object) => object.name === name);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async *read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    // who reads a whole file wants it as it is now
    if (range === undefined) this.#cache.forget(name);
    const file = await this.#cache.get(name, signal);
    try {
      const offset = range?.offset ?? 0;
      const end = range?.length === undefined ? file.size : offset + range.length;
      if (offset > file.size || end > file.size) throw beyondEnd(name, this.url);
      for await (const chunk of file.read(offset, end)) {
        signal?.throwIfAborted();
        yield chunk;
      }
    } finally {
      await file.release();
    }
  }

  async write(name: string, body: Body, { signal }: WriteOptions): Promise<void> {
    const spool = await newSpool();
    try {
      const size = await spoolTo(join(spool.folder, name), body, signal);
      this.#made ??= this.#make().catch((error: unknown) => {
        this.#made = undefined;
        throw error;
      });
      await this.#made;
      const args = ['--whole-file', '--from0', '--files-from=-', `${spool.folder}/`];
      const more = { input: `${name}\0`, seconds: this.#longestFor(size) };
      await this.#run([...args, this.#folder()], signal, more);
      this.#cache.forget(name);
    } finally {
      await spool.remove();
    }
  }

  async remove(names: readonly string[], signal?: AbortSignal): Promise<void> {
    const empty = await newSpool();
    try {
      const args = ['--delete-missing-args', '--from0', '--files-from=-', `${empty.folder}/`];
      const input = names.map((name) => `${name}\0`).join('');
      await this.#run([...args, this.#folder()], signal, { input });
      for (const name of names) this.#cache.forget(name);
    } finally {
      await empty.remove();
    }
  }

  close(): Promise<void> {
    this.#cache.clear();
    return Promise.resolve();
  }

  #folder(): string {
    const { base, path } = this.#target;
    return path === '' ? base || './' : `${base}${path}/`;
  }

  /**
   * A file as a source. rsync expands wildcards there itself and its versions disagree about escapes, so that
   * a question mark stands for each character that would need one; others that match do no harm. (With
   * --files-from there would be no wildcards, but daemons of 3.5 lose the files that it names.)
   */
  #source(name: string): string {
    return `${this.#folder()}${/[*?[]/.test(name) ? name.replaceAll(/[\\*?[\]]/g, '?') : name}`;
  }

  async #fetch(name: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
    const watch = new GrowthWatch(folder, this.#target.timeoutSeconds, signal);
    try {
      const args = ['--whole-file', this.#source(name), `${folder}/`];
      await this.#run(args, watch.signal, { seconds: noLimitSeconds });
    } catch (error) {
      throw watch.failure ?? error;
    } finally {
      watch.end();
    }
  }

  /** In seconds; for a call that moves so many bytes. */
  #longestFor(bytes: number): number {
    const seconds = this.#target.timeoutSeconds * callFactor + bytes / leastBytesPerSecond;
    return Math.min(noLimitSeconds, Math.ceil(seconds));
  }

  /** Makes the folder and its parents: an empty copy of them is sent. */
  async #make(): Promise<void> {
    const { base, path } = this.#target;
    if (path === '') return;
    const spool = await newSpool();
    try {
      await mkdir(join(spool.folder, path), { recursive: true, mode: 0o700 });
      await this.#run(['--dirs', '--relative', `${spool.folder}/./${path}/`, base || './']);
    } finally {
      await spool.remove();
    }
  }

  #run(
    args: readonly string[],
    signal?: AbortSignal,
    { input = '', seconds = this.#longestFor(0) }: Partial<RsyncRun> = {},
  ): Promise<string> {
    const { options, environment } = this.#target;
    return rsync([...options, ...args], environment, { input, signal, seconds });
  }
}

/**
 * A line of `--list-only`: "-rw------- 123 2026/11/21 08:00:00 name". Control characters in names are
 * written as "\#ooo". What rsync itself is still writing (".name.XXXXXX") is not there yet.
 */
function listed(line: string): StoredObject | undefined {
  const found =
    /^-\S+ +([0-9]+) ([0-9]{4})\/([0-9]{2})\/([0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) (.+)$/.exec(
      line,
    );
  if (!found) return undefined;
  const [, size, year = '', month = '', day = '', time = '', text = ''] = found;
  const name = text.replaceAll(/\\#([0-7]{3})/g, (_all, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  if (/^\..+\.[A-Za-z0-9]{6}$/.test(name)) return undefined;
  const modified = Date.parse(`${year}-${month}-${day}T${time}Z`);
  return { name, size: Number(size), modifiedSeconds: Math.floor(modified / 1000) };
}
