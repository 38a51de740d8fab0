/** Two trees of one backup, walked side by side: what both have from one and the same set is passed over unread. */
import { fullIdOf, VersionReader } from '../catalog/index.js';
import type { PairedName } from '../catalog/index.js';
import { splitPath } from '../base/index.js';
import type { SnapshotEntry } from './entry.js';
import type { Snapshot, SnapshotSources } from './snapshot.js';

/** A path of which the trees may not say the same; undefined where a tree does not have it. */
export interface PairedEntry {
  /** In the backup. */
  readonly path: string;
  readonly before: SnapshotEntry | undefined;
  readonly after: SnapshotEntry | undefined;
}

/** A folder of either tree, or of both. */
interface Level {
  readonly path: string;
  readonly isBefore: boolean;
  readonly isAfter: boolean;
  readonly names: Generator<PairedName, undefined>;
}

const namesPerQuery = 1000;

/**
 * What may differ between two trees: Repository.pair gives it.
 *
 * @example
 * ```js
 * import { openRepository } from 'duplifs';
 *
 * const repository = await openRepository({
 *   storage: process.env.BACKUP_URL,
 *   keys: { passphrases: [process.env.PASSPHRASE] },
 * });
 * const [after, before] = repository.sets().map((set) => repository.snapshot(set));
 * await before.load();
 * await after.load();
 * const paths = [...repository.pair(before, after).differing('')].map(({ path }) => path);
 * console.log(paths.includes('notes/today.txt'), paths.includes('notes/plan.txt')); // prints true false
 * await repository.close();
 * ```
 */
export class TreePair {
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly #sources: SnapshotSources;
  readonly #reader: VersionReader;

  /** Of two snapshots that are loaded. @internal */
  constructor(before: Snapshot, after: Snapshot, sources: SnapshotSources) {
    this.before = before;
    this.after = after;
    this.#sources = sources;
    this.#reader = new VersionReader(sources.catalog);
  }

  /** Whether one tree is what the other became by incrementals: what a set stored is a change then. */
  get isOneChain(): boolean {
    return fullIdOf(this.before.set.id) === fullIdOf(this.after.set.id);
  }

  /** What may differ at a path and below it, in the format's order; undefined when neither tree has the path. */
  differing(path: string): Generator<PairedEntry> | undefined {
    const before = entryAt(this.before, path);
    const after = entryAt(this.after, path);
    if (before === undefined && after === undefined) return undefined;
    return this.#differing({ path, before, after });
  }

  *#differing(start: PairedEntry): Generator<PairedEntry> {
    if (this.#mayDiffer(start)) yield start;
    const top = this.#levelOf(start);
    const open = top === undefined ? [] : [top];
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const next = level.names.next();
      if (next.done === true) {
        open.pop();
        continue;
      }
      const found = this.#pairOf(level, next.value);
      if (found === undefined) continue;
      if (this.#mayDiffer(found)) yield found;
      const below = this.#levelOf(found);
      if (below !== undefined) open.push(below);
    }
  }

  #pairOf(level: Level, paired: PairedName): PairedEntry | undefined {
    const { id, name, wasFolder } = paired;
    const [was, is] = [
      level.isBefore ? paired.before : undefined,
      level.isAfter ? paired.after : undefined,
    ];
    // of a file that neither tree has from elsewhere nothing need be read
    if (was === is && !wasFolder && !this.#sources.sets.hasUnknown) return undefined;
    const before = was === undefined ? undefined : this.before.entry(id);
    const after = is === undefined ? undefined : this.after.entry(id);
    if (before === undefined && after === undefined) return undefined;
    return { path: level.path === '' ? name : `${level.path}/${name}`, before, after };
  }

  #mayDiffer({ before, after }: PairedEntry): boolean {
    return before?.setId !== after?.setId || this.#sources.sets.hasUnknown;
  }

  /** Undefined for what is no folder in either tree. */
  #levelOf({ path, before, after }: PairedEntry): Level | undefined {
    const isBefore = before?.type === 'dir';
    const isAfter = after?.type === 'dir';
    const folder = isBefore ? before : after;
    if (folder === undefined || (!isBefore && !isAfter)) return undefined;
    return { path, isBefore, isAfter, names: this.#namesBelow(folder.id) };
  }

  *#namesBelow(folderId: number): Generator<PairedName, undefined> {
    const sets = { before: this.before.set.id, after: this.after.set.id };
    for (let after = ''; ;) {
      const names = this.#reader.pairs(sets, folderId, after, namesPerQuery);
      yield* names;
      const last = names.at(-1);
      if (last === undefined || names.length < namesPerQuery) return;
      after = last.name;
    }
  }
}

function entryAt(snapshot: Snapshot, path: string): SnapshotEntry | undefined {
  let entry: SnapshotEntry | undefined = snapshot.root();
  for (const name of splitPath(path)) {
    entry = entry?.type === 'dir' ? snapshot.child(entry.id, name) : undefined;
  }
  return entry;
}
