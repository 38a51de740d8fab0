/**
 * Verifies a snapshot: every file is decoded, its volumes are held against their hashes, and all is compared with
 * the signatures of the backup or with a folder. Told is the first
 * difference of each entry (docs/format/2-behaviour.md 7.4).
 */
import { comparePaths, DuplifsError, encodeName } from '../base/index.js';
import type { Snapshot, SnapshotEntry } from '../snapshot/index.js';
import { compareEntry } from './compare-entry.js';
import type { ComparedEntry } from './compare-entry.js';
import { FileCheck, signatureCheck } from './content-check.js';
import type { ContentCheck } from './content-check.js';
import type { Difference } from './difference.js';

export interface VerifyOptions {
  /** What is compared with, in the order of the format, paths below `start`; undefined: nothing is. */
  readonly other: AsyncIterable<readonly ComparedEntry[]> | undefined;
  /** The folder that `other` is of; undefined when it is of the signatures. */
  readonly folder: string | undefined;
  /** The keys of the sets that have the signatures, by their times; undefined when it is of a folder. */
  readonly signedSets?: ReadonlyMap<number, string> | undefined;
  /** Compare with the files that links in the folder lead to. */
  readonly followLinks: boolean;
  readonly onDifference: (difference: Difference) => Promise<void>;
  /** A file that cannot be decoded. */
  readonly onFailure: (path: string, error: unknown) => void;
  readonly signal: AbortSignal;
}

export interface VerifyResult {
  /** Entries of either side. */
  readonly compared: number;
  readonly differences: number;
  readonly failures: number;
  /** The keys of the sets that have what differs from the signatures, or whose signatures have it. */
  readonly differingSets: readonly string[];
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
  readonly #differingSets = new Set<string>();

  constructor(snapshot: Snapshot, options: VerifyOptions) {
    this.#snapshot = snapshot;
    this.#options = options;
  }

  async run(start: SnapshotEntry): Promise<VerifyResult> {
    const { other, signal } = this.#options;
    const entries = other === undefined ? undefined : flatten(other);
    let have = await entries?.next();
    for await (const { path, entry, reason } of this.#snapshot.provenWalk(start).entries(signal)) {
      signal.throwIfAborted();
      while (have?.done === false && comparePaths(have.value.path, path) < 0) {
        this.#compared += 1;
        await this.#differ({ kind: 'new', path: have.value.path }, undefined, have.value);
        have = await entries?.next();
      }
      this.#compared += 1;
      const found = have?.done === false && have.value.path === path ? have.value : undefined;
      if (found !== undefined) have = await entries?.next();
      if (reason === undefined) await this.#verify(path, entry, found);
      else this.#fail(path, reason);
    }
    for (; have?.done === false; have = await entries?.next()) {
      this.#compared += 1;
      await this.#differ({ kind: 'new', path: have.value.path }, undefined, have.value);
    }
    return {
      compared: this.#compared,
      differences: this.#differences,
      failures: this.#failures,
      differingSets: [...this.#differingSets].toSorted(),
    };
  }

  async #verify(
    path: string,
    entry: SnapshotEntry,
    found: ComparedEntry | undefined,
  ): Promise<void> {
    try {
      const { signal } = this.#options;
      const size = entry.type === 'reg' ? await this.#snapshot.size(entry, signal) : 0;
      const complete = { ...entry, size };
      const difference =
        this.#options.other === undefined ? undefined : compareEntry(path, complete, found);
      if (difference !== undefined) await this.#differ(difference, entry, found);
      if (complete.type !== 'reg') {
        this.#snapshot.refuseUnknown(entry);
        return;
      }
      const check = difference === undefined ? await this.#checkOf(path, found) : undefined;
      if (!(await this.#readFile(complete, check))) {
        await this.#differ({ kind: 'data', path }, entry, found);
      }
      this.#refuseCut(complete);
    } catch (error) {
      this.#options.signal.throwIfAborted();
      this.#fail(path, error);
    }
  }

  #fail(path: string, reason: unknown): void {
    this.#failures += 1;
    this.#options.onFailure(path, reason);
  }

  /** What is in the backup of such a file is well, and still not all of it. */
  #refuseCut(entry: SnapshotEntry): void {
    const cut = this.#snapshot.cutOf(entry);
    if (cut === undefined) return;
    throw new DuplifsError(
      'INCOMPLETE',
      `It could not be read to its end when it was backed up (${cut.reason}), since set ${cut.since.key}`,
    );
  }

  async #checkOf(
    path: string,
    found: ComparedEntry | undefined,
  ): Promise<ContentCheck | undefined> {
    const { folder, followLinks } = this.#options;
    if (found === undefined) return undefined;
    if (folder !== undefined) {
      const at = encodeName(path === '' ? folder : `${folder}/${path}`);
      return FileCheck.open(at, chunkBytes, followLinks);
    }
    return found.signature && signatureCheck(found.signature, path);
  }

  /** Decodes the whole file; false when its content is not what the check wants. */
  async #readFile(
    entry: SnapshotEntry & { readonly size: number },
    check: ContentCheck | undefined,
  ): Promise<boolean> {
    const { signal } = this.#options;
    try {
      for (let at = 0; at < entry.size;) {
        const length = Math.min(chunkBytes, entry.size - at);
        const chunk = await this.#snapshot.read(entry, at, length, signal);
        if (chunk.length === 0) {
          throw new DuplifsError('DAMAGED', 'The file is shorter than its size');
        }
        await check?.update(chunk);
        at += chunk.length;
      }
      return check === undefined || (await check.isSame());
    } finally {
      await check?.close();
    }
  }

  async #differ(
    difference: Difference,
    entry: SnapshotEntry | undefined,
    found: ComparedEntry | undefined,
  ): Promise<void> {
    this.#differences += 1;
    this.#noteSets(entry, found?.setSeconds);
    await this.#options.onDifference(difference);
  }

  /** Of both sides: whose signatures are of another time or set cannot be told from one. */
  #noteSets(entry: SnapshotEntry | undefined, setSeconds: number | undefined): void {
    const { signedSets } = this.#options;
    if (signedSets === undefined) return;
    if (entry !== undefined) this.#differingSets.add(this.#snapshot.setOf(entry).key);
    const signed = signedSets.get(setSeconds ?? NaN);
    if (signed !== undefined) this.#differingSets.add(signed);
  }
}

async function* flatten<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T, undefined> {
  for await (const batch of batches) yield* batch;
  return undefined;
}
