/** Every path that ever was, and the versions of each, over all sets of all chains. */
import type { CatalogSet } from '../catalog/index.js';
import type { SnapshotEntry } from './entry.js';
import { ownedEntry } from './owned-entry.js';
import { isSameVersion } from './same-version.js';
import type { SnapshotSources } from './snapshot.js';

export interface FileVersionEntry {
  readonly set: CatalogSet;
  readonly entry: SnapshotEntry;
}

export class History {
  readonly #sources: SnapshotSources;

  /** @internal */
  constructor(sources: SnapshotSources) {
    this.#sources = sources;
  }

  get isLoaded(): boolean {
    const { sets } = this.#sources;
    return sets.newestFirst().every((set) => sets.isListed(set.id) || sets.isHidden(set));
  }

  /** Fills the catalog with the trees of all sets, but for those whose trees cannot be known. */
  async load(signal?: AbortSignal): Promise<void> {
    const { sets } = this.#sources;
    for (const set of sets.newestFirst().toReversed()) {
      try {
        await sets.list(set.id, signal);
      } catch (error) {
        if (!sets.isHidden(set)) throw error;
      }
    }
  }

  /** As Snapshot.opening. */
  opening(folderId: number, signal?: AbortSignal): Promise<void> | undefined {
    return this.#sources.catalog.packed.unpacking(folderId, signal);
  }

  /** At most `limit` names that ever were in a folder, in the order of their bytes, after `after`. */
  names(folderId: number, after: string, limit: number): { id: number; name: string }[] {
    return this.#sources.catalog.namesBelow(folderId, after, limit);
  }

  /** The id of a name in a folder, if it was ever there. */
  find(folderId: number, name: string): number | undefined {
    return this.#sources.catalog.nameBelow(folderId, name);
  }

  nameOf(id: number): string | undefined {
    return this.#sources.catalog.nameOf(id)?.name;
  }

  parentOf(id: number): number | undefined {
    return this.#sources.catalog.nameOf(id)?.parent;
  }

  /** The end of the newest set, in seconds since the epoch; 0 without any set. */
  newestSeconds(): number {
    return this.#sources.sets.newestFirst()[0]?.endSeconds ?? 0;
  }

  /**
   * The distinct versions of a path while it was not a folder, oldest first. A full backup stores an
   * unchanged file anew: what has the type, times, mode and owner of the version before is the same.
   */
  versions(id: number): FileVersionEntry[] {
    const { catalog, owners, sets: listing } = this.#sources;
    const sets = new Map(listing.newestFirst().map((set) => [set.id, set]));
    const found: FileVersionEntry[] = [];
    for (const version of catalog.allVersions(id)) {
      const set = sets.get(version.setId);
      if (set === undefined || version.type === 'dir') continue;
      const last = found.at(-1)?.entry;
      if (last !== undefined && set.kind === 'full' && isSameVersion(last, version)) continue;
      found.push({ set, entry: ownedEntry(version, catalog, owners) });
    }
    return found;
  }
}
