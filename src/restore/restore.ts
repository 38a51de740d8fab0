/**
 * Restores a snapshot, or one path of it, into a target. What fails is reported with its path and the
 * rest goes on; nothing half-written stays under its name.
 */
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DuplifsError, errorText, eventLoopTurns } from '../base/index.js';
import type { Snapshot, SnapshotEntry } from '../snapshot/index.js';
import { TreeWriter } from './tree-writer.js';
import type { TreeWriterOptions } from './tree-writer.js';

/** Owners are set and nothing is replaced unless the options say otherwise. */
export interface RestoreOptions extends Partial<TreeWriterOptions> {
  /** What failed, and why; the path is relative to the target. */
  readonly onFailure: (path: string, error: unknown) => void;
  readonly onProgress?: ((progress: RestoreProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

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
  readonly failures: number;
}

/** One read: what the kernel, the cache and the disk all take well. */
const chunkLength = 1 << 20;

/** Restores `start` (the root, a folder or a file) as `target`. The tree must be loaded. */
export async function restore(
  snapshot: Snapshot,
  start: SnapshotEntry,
  target: string,
  options: RestoreOptions,
): Promise<RestoreResult> {
  const { ownership = true, force = false, report = () => undefined } = options;
  await refuseTarget(target, force);
  await mkdir(dirname(target), { recursive: true });
  const all = { ...options, ownership, force, report };
  return new Restoring(snapshot, target, all).run(start);
}

/** Fails unless the target is new, an empty folder, or may be written into. */
async function refuseTarget(target: string, force: boolean): Promise<void> {
  if (force) return;
  let isEmptyFolder: boolean;
  try {
    isEmptyFolder = (await lstat(target)).isDirectory() && (await readdir(target)).length === 0;
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

class Restoring {
  readonly #snapshot: Snapshot;
  readonly #writer: TreeWriter;
  readonly #options: RestoreOptions & TreeWriterOptions;
  /** Folders whose content is being written, outermost first. */
  readonly #open: { readonly path: string; readonly entry: SnapshotEntry }[] = [];
  #progress: RestoreProgress = { entries: 0, bytes: 0, totalEntries: 0, totalBytes: 0 };
  #failures = 0;
  /** Below a folder that could not be made nothing can be written. */
  #skipBelow: string | undefined;

  constructor(snapshot: Snapshot, target: string, options: RestoreOptions & TreeWriterOptions) {
    this.#snapshot = snapshot;
    this.#writer = new TreeWriter(target, options);
    this.#options = options;
  }

  async run(start: SnapshotEntry): Promise<RestoreResult> {
    const turn = eventLoopTurns();
    if (this.#options.onProgress !== undefined) this.#countAll(start);
    for (const { path, entry } of this.#snapshot.walk(start)) {
      this.#options.signal?.throwIfAborted();
      this.#leaveFolders(path);
      if (this.#skipBelow !== undefined && isBelow(path, this.#skipBelow)) continue;
      try {
        await this.#restore(path, entry);
      } catch (error) {
        if (this.#options.signal?.aborted === true) throw error;
        if (entry.type === 'dir') this.#skipBelow = path;
        this.#fail(path, error);
      }
      this.#advance({ entries: 1 });
      await turn(); // for signals, and the progress line
    }
    this.#leaveFolders(undefined);
    return { ...this.#progress, failures: this.#failures };
  }

  async #restore(path: string, entry: SnapshotEntry): Promise<void> {
    if (entry.type === 'dir') {
      this.#writer.makeFolder(path);
      this.#open.push({ path, entry });
    } else if (entry.type === 'reg') {
      const complete = await this.#snapshot.complete(entry, this.#options.signal);
      await this.#writer.writeFile(path, complete, this.#chunks(complete));
    } else {
      this.#writer.writeSpecial(path, entry);
    }
  }

  async *#chunks(entry: SnapshotEntry & { readonly size: number }): AsyncGenerator<Uint8Array> {
    const { signal } = this.#options;
    const { size } = entry;
    for (let at = 0; at < size;) {
      const chunk = await this.#snapshot.read(entry, at, Math.min(chunkLength, size - at), signal);
      if (chunk.length === 0)
        throw new DuplifsError('DAMAGED', 'The file is shorter than its size');
      yield chunk;
      at += chunk.length;
      this.#advance({ bytes: chunk.length });
    }
  }

  /** Finishes the folders that `path` is not in: their content is complete now. */
  #leaveFolders(path: string | undefined): void {
    for (;;) {
      const last = this.#open.at(-1);
      if (last === undefined || (path !== undefined && isBelow(path, last.path))) return;
      this.#open.pop();
      try {
        this.#writer.finishFolder(last.path, last.entry);
      } catch (error) {
        this.#fail(last.path, error);
      }
    }
  }

  #fail(path: string, error: unknown): void {
    this.#failures += 1;
    this.#options.onFailure(path, error);
  }

  #countAll(start: SnapshotEntry): void {
    let totalEntries = 0;
    let totalBytes = 0;
    for (const { entry } of this.#snapshot.walk(start)) {
      totalEntries += 1;
      if (entry.type === 'reg') totalBytes += entry.sizeLimit;
    }
    this.#progress = { ...this.#progress, totalEntries, totalBytes };
  }

  #advance({ entries = 0, bytes = 0 }: { entries?: number; bytes?: number }): void {
    const { entries: entriesBefore, bytes: bytesBefore, ...totals } = this.#progress;
    this.#progress = { entries: entriesBefore + entries, bytes: bytesBefore + bytes, ...totals };
    this.#options.onProgress?.(this.#progress);
  }
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}
