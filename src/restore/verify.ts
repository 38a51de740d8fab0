/**
 * Verifies a snapshot: every file is decoded and so checked against the hashes of its volumes, and on request all
 * is compared with a folder. The lines are duplicity's (docs/format/2-behaviour.md 7.4): the first difference of
 * each entry.
 */
import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { comparePaths, DuplifsError, encodeName } from '../base/index.js';
import type { Snapshot, SnapshotEntry } from '../snapshot/index.js';
import { formatLocalTime } from '../time/index.js';

/** An entry of the folder that is compared with, as lstat shows it. */
export interface ComparedEntry {
  readonly path: string;
  readonly type: SnapshotEntry['type'];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  readonly linkTarget?: string;
  readonly device?: { readonly major: number; readonly minor: number };
}

export interface VerifyOptions {
  /** The folder's entries in the order of the format; undefined: nothing is compared. */
  readonly source: AsyncIterable<readonly ComparedEntry[]> | undefined;
  /** The folder's path. */
  readonly sourceRoot: string;
  readonly onDifference: (line: string) => void;
  /** A file that cannot be decoded. */
  readonly onFailure: (path: string, error: unknown) => void;
  readonly signal: AbortSignal;
}

export interface VerifyResult {
  /** Entries of either side. */
  readonly compared: number;
  readonly differences: number;
  readonly failures: number;
}

const chunkBytes = 1 << 20;

/** Verifies what lies at and below `start`. The tree must be loaded. */
export async function verify(
  snapshot: Snapshot,
  start: SnapshotEntry,
  options: VerifyOptions,
): Promise<VerifyResult> {
  return new Verifying(snapshot, options).run(start);
}

class Verifying {
  readonly #snapshot: Snapshot;
  readonly #options: VerifyOptions;
  #compared = 0;
  #differences = 0;
  #failures = 0;

  constructor(snapshot: Snapshot, options: VerifyOptions) {
    this.#snapshot = snapshot;
    this.#options = options;
  }

  async run(start: SnapshotEntry): Promise<VerifyResult> {
    const { source, signal } = this.#options;
    const entries = source === undefined ? undefined : flatten(source);
    let have = await entries?.next();
    for (const { path, entry } of this.#snapshot.walk(start)) {
      signal.throwIfAborted();
      while (have?.done === false && comparePaths(have.value.path, path) < 0) {
        this.#compared += 1;
        this.#differ(`New file ${shown(have.value.path)}`);
        have = await entries?.next();
      }
      this.#compared += 1;
      const found = have?.done === false && have.value.path === path ? have.value : undefined;
      if (found !== undefined) have = await entries?.next();
      await this.#verify(path, entry, found);
    }
    for (; have?.done === false; have = await entries?.next()) {
      this.#compared += 1;
      this.#differ(`New file ${shown(have.value.path)}`);
    }
    return {
      ...{ compared: this.#compared, differences: this.#differences, failures: this.#failures },
    };
  }

  async #verify(
    path: string,
    entry: SnapshotEntry,
    found: ComparedEntry | undefined,
  ): Promise<void> {
    const difference =
      this.#options.source === undefined ? undefined : differenceOf(path, entry, found);
    if (difference !== undefined) this.#differ(difference);
    if (entry.type !== 'reg') return;
    try {
      const isSame = await this.#readFile(
        path,
        entry,
        found !== undefined && difference === undefined,
      );
      if (!isSame) this.#differ(`Data for file ${shown(path)} is different`);
    } catch (error) {
      this.#options.signal.throwIfAborted();
      this.#failures += 1;
      this.#options.onFailure(path, error);
    }
  }

  /** Decodes the whole file; false when it is to be compared and the folder's is another one. */
  async #readFile(path: string, entry: SnapshotEntry, compares: boolean): Promise<boolean> {
    const { signal, sourceRoot } = this.#options;
    const complete = await this.#snapshot.complete(entry, signal);
    const file = compares
      ? await open(
          encodeName(path === '' ? sourceRoot : `${sourceRoot}/${path}`),
          constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
        )
      : undefined;
    try {
      let isSame = file === undefined || isSize(await file.stat(), complete.size);
      const own = Buffer.allocUnsafe(chunkBytes);
      for (let at = 0; at < complete.size;) {
        const length = Math.min(chunkBytes, complete.size - at);
        const chunk = await this.#snapshot.read(complete, at, length, signal);
        if (chunk.length === 0) {
          throw new DuplifsError('DAMAGED', 'The file is shorter than its size');
        }
        if (file !== undefined && isSame) {
          const { bytesRead } = await file.read(own, 0, chunk.length, at);
          isSame = own.subarray(0, bytesRead).equals(chunk);
        }
        at += chunk.length;
      }
      return isSame;
    } finally {
      await file?.close();
    }
  }

  #differ(text: string): void {
    this.#differences += 1;
    this.#options.onDifference(`Difference found: ${text}`);
  }
}

/** The first thing that differs apart from the content. */
function differenceOf(
  path: string,
  entry: SnapshotEntry,
  found: ComparedEntry | undefined,
): string | undefined {
  const name = shown(path);
  if (found === undefined) return `File ${name} is missing`;
  if (found.type !== entry.type) {
    return `File ${name} has type ${found.type}, expected ${entry.type}`;
  }
  if (entry.type === 'sym') {
    if (found.linkTarget === entry.linkTarget) return undefined;
    return `Symlink ${name} points to b'${found.linkTarget ?? ''}', expected b'${entry.linkTarget ?? ''}'`;
  }
  const rights = (one: Pick<ComparedEntry, 'mode' | 'uid' | 'gid'>): string =>
    `${one.uid}:${one.gid} ${one.mode.toString(8)}`;
  if (rights(found) !== rights(entry)) {
    return `File ${name} has permissions ${rights(found)}, expected ${rights(entry)}`;
  }
  if (entry.device !== undefined) {
    const numbers = ({ device }: ComparedEntry | SnapshotEntry): string =>
      `(${device?.major ?? 0}, ${device?.minor ?? 0})`;
    if (numbers(found) === numbers(entry)) return undefined;
    return `Device file ${name} has numbers ${numbers(found)}, expected ${numbers(entry)}`;
  }
  const mtime = Math.max(0, found.mtimeSeconds);
  if (mtime === entry.mtimeSeconds) return undefined;
  return `File ${name} has mtime ${formatLocalTime(mtime)}, expected ${formatLocalTime(entry.mtimeSeconds)}`;
}

function isSize(stats: Stats, size: number): boolean {
  return stats.isFile() && stats.size === size;
}

function shown(path: string): string {
  return path === '' ? '.' : path;
}

async function* flatten<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T, undefined> {
  for await (const batch of batches) yield* batch;
  return undefined;
}
