/**
 * Restores a snapshot, or one path of it, into a target, as the verified volumes have it. What fails is reported with
 * its path and the rest goes on; nothing half-written stays under its name.
 */
import { lstat, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DuplifsError, errorText, eventLoopTurns, IdSet } from '../base/index.js';
import { Disagreement, fileChunks, readSmallFile } from '../snapshot/index.js';
import type { ProvenWalk, Snapshot, SnapshotEntry } from '../snapshot/index.js';
import { hasDescriptors } from './descriptors.js';
import { isBelow, OpenFolders } from './open-folders.js';
import { TreeWriter } from './tree-writer.js';
import type { TreeWriterOptions } from './tree-writer.js';

/** Owners are set and nothing is replaced unless the options say otherwise. */
export interface RestoreOptions extends Partial<TreeWriterOptions> {
  /**
   * What becomes of an entry, by its path below the start: `scan` is for a folder that is made only where something in it
   * is included. By default all is included.
   */
  readonly select?: ((path: string, entry: SnapshotEntry) => Verdict) | undefined;
  /** Whether the target lies in a folder that is being restored into, and may be there. */
  readonly isPart?: boolean | undefined;
  /** What failed, and why; the path is relative to the target. */
  readonly onFailure: (path: string, error: unknown) => void;
  readonly onProgress?: ((progress: RestoreProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type Verdict = 'include' | 'exclude' | 'scan';

export interface RestoreProgress {
  readonly entries: number;
  readonly bytes: number;
  /** What all entries together are at most; exact once all volumes were seen. */
  readonly totalEntries: number;
  readonly totalBytes: number;
}

export interface RestoreResult {
  readonly entries: number;
  readonly bytes: number;
  /** Entries that were not restored, and volumes that could not be held against the signatures. */
  readonly failures: number;
  /** Of the failures: where signatures and volumes do not say the same. */
  readonly disagreements: number;
  /** Files of which only a part is in the backup; told as `file-incomplete`. */
  readonly incomplete: number;
}

/**
 * Restores `start` (the root, a folder or a file) as `target`. The tree must be loaded.
 *
 * @throws DuplifsError TARGET when the target holds something, or cannot be made
 *
 * @example
 * ```js
 * import { openRepository, restore } from 'duplifs';
 *
 * const repository = await openRepository({
 *   storage: process.env.BACKUP_URL,
 *   keys: { passphrases: [process.env.PASSPHRASE] },
 * });
 * const snapshot = repository.at(Date.now() / 1000);
 * await snapshot.load();
 * const result = await restore(snapshot, snapshot.root(), 'everything', {
 *   onFailure: (path, error) => console.error(path, error),
 * });
 * console.log(result.failures); // prints 0
 * await repository.close();
 * ```
 */
export async function restore(
  snapshot: Snapshot,
  start: SnapshotEntry,
  target: string,
  options: RestoreOptions,
): Promise<RestoreResult> {
  const { ownership = true, sparse = true, force = false, report = () => undefined } = options;
  if (options.isPart !== true) await refuseTarget(target, force, start.type === 'dir');
  await mkdir(dirname(target), { recursive: true });
  const all = { ...options, ownership, sparse, force, report };
  if (force && !hasDescriptors()) report({ level: 'warning', code: 'links-may-be-planted' });
  return new Restoring(snapshot, target, all).run(start);
}

/**
 * Fails unless the target is new, an empty folder (or, for a folder, a link to one), or may be written into.
 * @throws DuplifsError TARGET
 */
export async function refuseTarget(
  target: string,
  force: boolean,
  isFolder: boolean,
): Promise<void> {
  if (force) return;
  let isEmptyFolder: boolean;
  try {
    const there = await lstat(target);
    const isLink =
      isFolder &&
      there.isSymbolicLink() &&
      (await stat(target).catch(() => undefined))?.isDirectory() === true;
    isEmptyFolder = (isLink || there.isDirectory()) && (await readdir(target)).length === 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw new DuplifsError('TARGET', `Cannot use "${target}": ${errorText(error)}`, {
      cause: error,
    });
  }
  if (isEmptyFolder) return;
  throw new DuplifsError('TARGET', `"${target}" already exists and is not an empty folder`, {
    hint: 'Restore into a new folder, or write into this one with --force',
  });
}

/** Entries after which there are likely to be thousands. */
const many = 200;

class Restoring {
  readonly #snapshot: Snapshot;
  readonly #writer: TreeWriter;
  readonly #options: RestoreOptions & TreeWriterOptions;
  readonly #folders: OpenFolders;
  /** What was restored, or failed, by the id of its path. */
  readonly #done = new IdSet();
  #progress: RestoreProgress = { entries: 0, bytes: 0, totalEntries: 0, totalBytes: 0 };
  #failures = 0;
  #disagreements = 0;
  #incomplete = 0;
  /** Below a folder that could not be made nothing can be written. */
  #skipBelow: string | undefined;

  constructor(snapshot: Snapshot, target: string, options: RestoreOptions & TreeWriterOptions) {
    this.#snapshot = snapshot;
    this.#writer = new TreeWriter(target, options);
    this.#options = options;
    this.#folders = new OpenFolders(this.#writer, (path, error) => {
      this.#fail(path, error);
    });
  }

  async run(start: SnapshotEntry): Promise<RestoreResult> {
    try {
      return await this.#run(start);
    } finally {
      this.#writer.close();
    }
  }

  async #run(start: SnapshotEntry): Promise<RestoreResult> {
    if (this.#options.onProgress !== undefined) this.#countAll(start);
    const walk = this.#snapshot.provenWalk(start);
    await this.#restoreAll(walk);
    const wasOlder = [...walk.late].filter((path) =>
      this.#done.has(this.#snapshot.idOf(path) ?? 0),
    );
    if (walk.late.size > 0) {
      // of a volume that is out of order, or of deletions that the signatures alone have
      await this.#restoreAll(this.#snapshot.provenWalk(start));
      for (const path of wasOlder) this.#fail(path, restoredOlder(path));
    }
    for (const { name, reason } of walk.unheld) {
      this.#failures += 1;
      const event = { code: 'volume-not-compared', name, reason: errorText(reason) } as const;
      this.#options.report({ level: 'warning', ...event });
    }
    const { entries, bytes } = this.#progress;
    return {
      entries,
      bytes,
      failures: this.#failures,
      disagreements: this.#disagreements,
      incomplete: this.#incomplete,
    };
  }

  /** Restores what a walk gives and was not restored yet. */
  async #restoreAll(walk: ProvenWalk): Promise<void> {
    const { signal } = this.#options;
    const turn = eventLoopTurns();
    for await (const { path, entry, reason } of walk.entries(signal)) {
      signal?.throwIfAborted();
      this.#folders.leave(path);
      const wasDone = this.#done.has(entry.id);
      this.#done.add(entry.id);
      if (this.#skipBelow !== undefined && isBelow(path, this.#skipBelow)) continue;
      const verdict = this.#options.select?.(path, entry) ?? 'include';
      if (verdict !== 'include') {
        if (entry.type === 'dir' && verdict === 'scan') this.#folders.imply(path, entry);
        else if (entry.type === 'dir') this.#skipBelow = path;
        continue;
      }
      if (wasDone) {
        if (entry.type === 'dir')
          this.#folders.pass(path, isHint(entry) ? plainFolder(entry) : entry);
        continue;
      }
      try {
        if (reason !== undefined) this.#refuse(path, entry, reason);
        else await this.#restore(path, entry);
      } catch (error) {
        if (signal?.aborted === true) throw error;
        if (entry.type === 'dir') this.#skipBelow = path;
        this.#fail(path, error);
      }
      this.#advance(1, 0);
      if (this.#progress.entries === many) await this.#writer.prepareForMany();
      await turn(); // for signals, and the progress line
    }
    this.#folders.leave(undefined);
    this.#skipBelow = undefined;
  }

  /** Nothing is made of what no volume holds; what volumes hold below such a folder lies in a plain one. */
  #refuse(path: string, entry: SnapshotEntry, reason: unknown): void {
    if (entry.type === 'dir') this.#folders.imply(path, plainFolder(entry));
    this.#fail(path, reason);
  }

  async #restore(path: string, entry: SnapshotEntry): Promise<void> {
    if (entry.type === 'dir' && !entry.proven) {
      this.#folders.imply(path, entry);
      return;
    }
    this.#folders.open();
    const { type } = entry;
    if (path !== '') this.#options.report({ level: 'info', code: 'entry-writing', path, type });
    if (type === 'dir') {
      this.#folders.make(path, entry);
    } else if (entry.type === 'reg') {
      await this.#restoreFile(path, entry);
    } else {
      this.#snapshot.refuseUnknown(entry);
      this.#writer.writeSpecial(path, entry);
    }
  }

  async #restoreFile(path: string, entry: SnapshotEntry): Promise<void> {
    const { signal } = this.#options;
    const size = entry.size ?? (await this.#snapshot.size(entry, signal));
    const complete = { ...entry, size };
    const small = readSmallFile(this.#snapshot, complete, signal);
    if (small === undefined) {
      await this.#writer.writeFile(path, complete, this.#chunks(complete));
    } else {
      const bytes = Buffer.isBuffer(small) ? small : await small;
      this.#writer.writeWholeFile(path, complete, bytes);
      this.#advance(0, size);
    }
    this.#tellCut(path, complete);
  }

  #tellCut(path: string, entry: SnapshotEntry): void {
    const cut = this.#snapshot.cutOf(entry);
    if (cut === undefined) return;
    this.#incomplete += 1;
    const { reason, since } = cut;
    const sinceSeconds = since.endSeconds;
    this.#options.report({ level: 'warning', code: 'file-incomplete', path, reason, sinceSeconds });
  }

  async *#chunks(entry: SnapshotEntry & { readonly size: number }): AsyncGenerator<Uint8Array> {
    // the file has no name yet when the end of its bytes is what fails
    for await (const chunk of fileChunks(this.#snapshot, entry, this.#options.signal)) {
      yield chunk;
      this.#advance(0, chunk.length);
    }
  }

  #fail(path: string, error: unknown): void {
    this.#failures += 1;
    if (error instanceof Disagreement) this.#disagreements += 1;
    this.#options.onFailure(path, error);
  }

  #countAll(start: SnapshotEntry): void {
    let totalEntries = 0;
    let totalBytes = 0;
    for (const { path, entry } of this.#snapshot.walk(start)) {
      if ((this.#options.select?.(path, entry) ?? 'include') !== 'include') continue;
      totalEntries += 1;
      if (entry.type === 'reg') totalBytes += entry.sizeLimit;
    }
    this.#progress = { ...this.#progress, totalEntries, totalBytes };
  }

  #advance(entries: number, bytes: number): void {
    const before = this.#progress; // field by field: it is done for each file
    this.#progress = {
      entries: before.entries + entries,
      bytes: before.bytes + bytes,
      totalEntries: before.totalEntries,
      totalBytes: before.totalBytes,
    };
    this.#options.onProgress?.(this.#progress);
  }
}

/** Whether signatures alone tell of the entry itself. */
function isHint(entry: SnapshotEntry): boolean {
  return !entry.proven && entry.kind === 'stored';
}

function restoredOlder(path: string): Disagreement {
  return new Disagreement(
    `"${path}" was restored as an older set has it, before a volume of a newer set was found to hold it`,
    'The signatures of the newer set do not tell of it; restore again into a new folder',
  );
}

/** For what lies below a folder that nothing verified holds. */
function plainFolder(entry: SnapshotEntry): SnapshotEntry {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return { ...entry, mode: 0o700, uid, gid };
}
