/** The folders that parts of a backup lie in, where only the parts are restored. */
import { chmodSync, lchownSync, lstatSync, mkdirSync, utimesSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { DuplifsError, encodeName, isDuplifsError } from '../../base/index.js';
import type { Snapshot, SnapshotEntry } from '../../snapshot/index.js';

interface Made {
  readonly path: string;
  /** In the backup; undefined for one that the backup does not have. */
  readonly entry: SnapshotEntry | undefined;
}

export class ParentFolders {
  readonly #target: string;
  readonly #made: Made[] = [];
  /** Folders that were there and get more: their times as they were. */
  readonly #times = new Map<string, number>();

  constructor(target: string) {
    this.#target = target;
  }

  /**
   * Makes the folders between the target and a place in it. A link on the way is not followed: it may have been put there
   * to lead elsewhere.
   * @throws DuplifsError TARGET
   */
  make(place: string, entryOf: (pathBelowTarget: string) => SnapshotEntry | undefined): void {
    const folder = dirname(place);
    const below = relative(this.#target, folder);
    if (below === '..' || below.startsWith('../')) return;
    if (below === '') {
      this.#note(this.#target);
      return;
    }
    mkdirSync(encodeName(this.#target), { recursive: true });
    this.#note(this.#target);
    let at = '';
    for (const name of below.split('/')) {
      at = at === '' ? name : `${at}/${name}`;
      const path = join(this.#target, at);
      const there = lstatSync(encodeName(path), { throwIfNoEntry: false });
      if (there?.isDirectory() === true) {
        this.#note(path);
        continue;
      }
      if (there !== undefined) {
        throw new DuplifsError('TARGET', `"${path}" is in the way: it is no folder`, {
          hint: 'Restore into a new folder',
        });
      }
      mkdirSync(encodeName(path), { mode: 0o700 });
      this.#made.push({ path, entry: entryOf(at) });
    }
  }

  #note(path: string): void {
    const seconds = lstatSync(encodeName(path), { throwIfNoEntry: false })?.mtimeMs;
    if (seconds !== undefined && !this.#times.has(path)) this.#times.set(path, seconds / 1000);
  }

  /** Gives those that were made the attributes that they have in the backup: the innermost first. */
  finish(ownership: boolean): void {
    for (const [path, seconds] of this.#times) utimesSync(encodeName(path), seconds, seconds);
    for (const { path, entry } of this.#made.toReversed()) {
      if (entry === undefined) continue;
      const name = encodeName(path);
      if (ownership && process.getuid?.() === 0) lchownSync(name, entry.uid, entry.gid);
      chmodSync(name, entry.mode);
      utimesSync(name, entry.mtimeSeconds, entry.mtimeSeconds);
    }
  }
}

/** The folder of that path, if the backup has one; a plain one is made where its volume is lost or damaged. */
export async function folderEntry(
  snapshot: Snapshot,
  path: string,
  signal: AbortSignal,
): Promise<SnapshotEntry | undefined> {
  const id = snapshot.idOf(path);
  const entry = id === undefined ? undefined : snapshot.entry(id);
  if (entry?.type !== 'dir') return undefined;
  try {
    return await snapshot.prove(entry, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isDuplifsError(error, 'DAMAGED', 'FILE_MISSING', 'STORAGE_NOT_FOUND')) throw error;
    return undefined;
  }
}
