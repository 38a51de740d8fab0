/**
 * All sets as one line of time, and every path on it. A chain's sets tell only what changed, and a full tells everything
 * anew: here both become versions, each with the set where it came to be and the last one that has it. What a full
 * stores that is the same as before is the same version.
 */
import { fullIdOf, rootName, VersionReader } from '../catalog/index.js';
import type { CatalogSet, ListSource, PathName, StoredVersion } from '../catalog/index.js';
import type { DuplifsError } from '../base/index.js';
import { splitPath } from '../base/index.js';
import { listSourceOf, ownedEntry } from './owned-entry.js';
import { isSameVersion } from './same-version.js';
import type { SnapshotEntry } from './entry.js';
import type { SnapshotSources } from './snapshot.js';

/** How a version ended: not at all, by another one, or with the path. */
export type VersionEnd = 'current' | 'replaced' | 'deleted';

export interface PathVersion {
  readonly entry: SnapshotEntry;
  /** The set where it came to be. */
  readonly from: CatalogSet;
  /** The last set that has it. */
  readonly until: CatalogSet;
  readonly end: VersionEnd;
  /** The first set that no longer has it; undefined for what is current. */
  readonly endedIn: CatalogSet | undefined;
}

/** A path that any set has, or had. */
export interface TimelinePath {
  readonly id: number;
  /** '' for the root. */
  readonly path: string;
  /** Its last component. */
  readonly name: string;
}

const namesPerQuery = 1000;

/**
 * Every path that any set has, or had, and its versions: Repository.timeline gives it.
 *
 * @example
 * ```js
 * import { openRepository } from 'duplifs';
 *
 * const repository = await openRepository({
 *   storage: process.env.BACKUP_URL,
 *   keys: { passphrases: [process.env.PASSPHRASE] },
 * });
 * const timeline = await repository.timeline((sets, error) => console.error(sets, error));
 * for (const { end, from } of timeline.versions(timeline.idOf('notes/today.txt'))) {
 *   console.log(end, from.kind); // prints current inc, then replaced full
 * }
 * await repository.close();
 * ```
 */
export class Timeline {
  /** Those whose trees can be known, oldest first. */
  readonly sets: readonly CatalogSet[];
  readonly #sources: SnapshotSources;
  readonly #reader: VersionReader;
  readonly #positions: ReadonlyMap<number, number>;
  /** Positions of sets that do not go on with the chain of the set before. */
  readonly #switches: readonly number[];

  /**
   * @internal
   * @param sets that are listed
   */
  constructor(sources: SnapshotSources, sets: Iterable<CatalogSet>) {
    this.#sources = sources;
    this.#reader = new VersionReader(sources.catalog);
    this.sets = [...sets].sort((a, b) => a.endSeconds - b.endSeconds || a.id - b.id);
    this.#positions = new Map(this.sets.map(({ id }, position) => [id, position]));
    this.#switches = this.sets.flatMap(({ id }, position) => {
      const before = this.sets[position - 1];
      return before !== undefined && fullIdOf(before.id) === fullIdOf(id) ? [] : [position];
    });
  }

  /** The id of a path that any set has, or had; undefined for others. */
  idOf(path: string): number | undefined {
    let id: number | undefined = rootName.id;
    for (const name of splitPath(path)) {
      if (id !== undefined) id = this.#sources.catalog.nameBelow(id, name);
    }
    return id;
  }

  /** Every path that is known, a folder before what it held, in the format's order; some may have no version. */
  *paths(): Generator<TimelinePath> {
    yield { id: rootName.id, path: '', name: '' };
    const open = [{ path: '', names: this.#namesBelow(rootName.id) }];
    for (let folder = open.at(-1); folder !== undefined; folder = open.at(-1)) {
      const next = folder.names.next();
      if (next.done === true) {
        open.pop();
        continue;
      }
      const { id, name, wasFolder } = next.value;
      const path = folder.path === '' ? name : `${folder.path}/${name}`;
      yield { id, path, name };
      if (wasFolder) open.push({ path, names: this.#namesBelow(id) });
    }
  }

  /** The versions of a path, newest first. */
  versions(id: number): PathVersion[] {
    const rows = this.#reader.versions(id).filter(({ entry }) => this.#positions.has(entry.setId));
    if (rows.length === 0) return [];
    const found: PathVersion[] = [];
    let open: { row: StoredVersion; from: number } | undefined;
    const close = (position: number, end: VersionEnd): void => {
      if (open !== undefined) found.push(this.#version(open, position, end));
      open = undefined;
    };
    for (const position of this.#eventsOf(rows)) {
      const row = newestUpTo(rows, this.#idAt(position));
      if (row === undefined || row.isDeleted) {
        close(position, 'deleted');
      } else if (open === undefined) {
        open = { row, from: position };
      } else if (row.entry.setId !== open.row.entry.setId) {
        if (this.#isRepeated(position, open.row, row)) {
          // its place in the newer chain is the one that lasts
          open = { row: row.entry.size === undefined ? open.row : row, from: open.from };
        } else {
          close(position, 'replaced');
          open = { row, from: position };
        }
      }
    }
    close(this.sets.length, 'current');
    return found.reverse();
  }

  /** What an entry is known from. */
  sourceOf(entry: SnapshotEntry): ListSource {
    return listSourceOf(entry, this.#sources.catalog);
  }

  /** The exact size of an entry; of a regular file it may have to be found in the volumes. */
  async size(entry: SnapshotEntry, signal?: AbortSignal): Promise<number> {
    return entry.size ?? (await this.#sources.content.size(entry, 'reader', signal));
  }

  /** Why not all states of a path can be known: what tells of them is lost. Undefined where they are known. */
  whyUnknown(id: number): DuplifsError | undefined {
    const { sets } = this.#sources;
    if (!sets.hasUnknown) return undefined;
    const rows = this.#reader.versions(id);
    for (const [position, set] of this.sets.entries()) {
      const version = newestUpTo(rows, set.id)?.entry.setId ?? fullIdOf(set.id) - 1;
      const reason = sets.whyUnknown(this.#idAt(position), version, id);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /** Whether anything is lost that may tell of paths nobody knows of. */
  get hasUnknown(): boolean {
    return this.#sources.sets.hasUnknown;
  }

  *#namesBelow(folderId: number): Generator<PathName, undefined> {
    for (let after = ''; ;) {
      const names = this.#reader.names(folderId, after, namesPerQuery);
      yield* names;
      const last = names.at(-1);
      if (last === undefined || names.length < namesPerQuery) return;
      after = last.name;
    }
  }

  /** Positions at which the state of a path can be another than before. */
  #eventsOf(rows: readonly StoredVersion[]): number[] {
    const own = rows.map(({ entry }) => this.#positions.get(entry.setId) ?? 0);
    return [...new Set([...own, ...this.#switches])].sort((a, b) => a - b);
  }

  /** Whether a set of another chain only repeats what there was. */
  #isRepeated(position: number, before: StoredVersion, row: StoredVersion): boolean {
    return this.#switches.includes(position) && isSameVersion(before.entry, row.entry);
  }

  #version(
    { row, from }: { row: StoredVersion; from: number },
    ended: number,
    end: VersionEnd,
  ): PathVersion {
    const { catalog, owners } = this.#sources;
    return {
      entry: ownedEntry(row.entry, catalog, owners),
      from: this.#setAt(from),
      until: this.#setAt(ended - 1),
      end,
      endedIn: this.sets[ended],
    };
  }

  #setAt(position: number): CatalogSet {
    const set = this.sets[position];
    if (set === undefined) throw new RangeError(`There is no set ${String(position)}`);
    return set;
  }

  #idAt(position: number): number {
    return this.#setAt(position).id;
  }
}

/** The newest of the rows, which are ordered, in the chain of a set and up to it. */
function newestUpTo(rows: readonly StoredVersion[], setId: number): StoredVersion | undefined {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.entry.setId ?? 0) <= setId) low = middle + 1;
    else high = middle;
  }
  const row = rows[low - 1];
  return row !== undefined && row.entry.setId >= fullIdOf(setId) ? row : undefined;
}
