/** What all snapshots of a target keep in memory together, so that it does not grow with the number of sets. */
import { LRUCache } from 'lru-cache';
import type { SnapshotEntry } from './entry.js';

/** Folders whose subfolders were counted. */
const maxCounts = 50_000;
/** Files kept of the folders listed last: more than one listing takes in. */
const filesPerSnapshot = 4096;
/** Snapshots that are listed at the same time, by several readers. */
const maxListing = 4;

/** Files that were listed last, by their ids: whoever lists a folder reads its files next. */
export type ListedFiles = Map<number, SnapshotEntry>;

export class SharedMemory {
  readonly #counts = new LRUCache<string, number>({ max: maxCounts });
  /** Of the snapshots listed last; the latest comes last. */
  readonly #listing = new Set<ListedFiles>();

  /** How many folders a folder of a set holds: what `count` says, which is asked once. */
  subfolders(setId: number, folderId: number, count: () => number): number {
    const key = `${setId}:${folderId}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const counted = count();
    this.#counts.set(key, counted);
    return counted;
  }

  /** Keeps a file in the map of its snapshot, and of other snapshots no more than room is for. */
  keep(files: ListedFiles, entry: SnapshotEntry): void {
    if (!this.#listing.has(files) || files.size === 0) this.#admit(files);
    if (files.size >= filesPerSnapshot) {
      const [oldest] = files.keys();
      if (oldest !== undefined) files.delete(oldest);
    }
    files.set(entry.id, entry);
  }

  #admit(files: ListedFiles): void {
    this.#listing.delete(files);
    this.#listing.add(files);
    if (this.#listing.size <= maxListing) return;
    const [oldest] = this.#listing;
    oldest?.clear();
    if (oldest !== undefined) this.#listing.delete(oldest);
  }
}
