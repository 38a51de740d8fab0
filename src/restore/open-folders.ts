/** The folders whose content is being written: made when they must be, and finished when all is in them. */
import type { SnapshotEntry } from '../snapshot/index.js';
import type { TreeWriter } from './tree-writer.js';

interface Folder {
  readonly path: string;
  readonly entry: SnapshotEntry;
  /** `implied`: to be made when something is written below; `done`: made and finished before. */
  state: 'implied' | 'done' | 'open';
}

export class OpenFolders {
  readonly #writer: TreeWriter;
  readonly #onFailure: (path: string, error: unknown) => void;
  /** Outermost first. */
  readonly #folders: Folder[] = [];

  constructor(writer: TreeWriter, onFailure: (path: string, error: unknown) => void) {
    this.#writer = writer;
    this.#onFailure = onFailure;
  }

  /** Makes a folder in those that are open. */
  make(path: string, entry: SnapshotEntry): void {
    this.#writer.makeFolder(path);
    this.#folders.push({ path, entry, state: 'open' });
  }

  /** Notes a folder that is made only when something is written below. */
  imply(path: string, entry: SnapshotEntry): void {
    this.#folders.push({ path, entry, state: 'implied' });
  }

  /** Notes a folder that was finished before, or that was not made. */
  pass(path: string, entry: SnapshotEntry): void {
    this.#folders.push({ path, entry, state: entry.proven ? 'done' : 'implied' });
  }

  /** Has all folders there, and open for what is written next. */
  open(): void {
    for (const folder of this.#folders) {
      if (folder.state === 'open') continue;
      if (folder.state === 'implied') this.#writer.makeFolder(folder.path);
      else this.#writer.reopenFolder(folder.path);
      folder.state = 'open';
    }
  }

  /** Finishes the folders that `path` is not in: their content is complete now. */
  leave(path: string | undefined): void {
    for (;;) {
      const last = this.#folders.at(-1);
      if (last === undefined || (path !== undefined && isBelow(path, last.path))) return;
      this.#folders.pop();
      if (last.state !== 'open') continue;
      try {
        this.#writer.finishFolder(last.entry);
      } catch (error) {
        this.#onFailure(last.path, error);
      }
    }
  }
}

/** Whether a path lies in a folder; '' is what all lies in. */
export function isBelow(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}
