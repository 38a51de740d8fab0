/** The file tree as of one backup set: lookup, list, read, walk. */
import { rootId } from '../catalog/index.js';
import type {
  Catalog,
  CatalogEntry,
  CatalogSet,
  ListSource,
  Owner,
  RebuiltCheck,
  RebuiltChecks,
  SetListing,
  TreeProof,
} from '../catalog/index.js';
import type { Content } from '../content/index.js';
import { DuplifsError, isDuplifsError, splitPath } from '../base/index.js';
import type { OwnerMap } from './owners.js';
import type { SnapshotEntry, WalkedEntry } from './entry.js';
import { listSourceOf, ownedEntry } from './owned-entry.js';
import { ProvenWalk } from './proven-walk.js';
import type { ListedFiles, SharedMemory } from './shared-memory.js';

/** What snapshots of one target share. */
export interface SnapshotSources {
  readonly catalog: Catalog;
  readonly sets: SetListing;
  readonly content: Content;
  readonly owners: OwnerMap;
  readonly proofOf: (setId: number) => TreeProof;
  readonly rebuilt: Pick<RebuiltChecks, 'isFor' | 'of'>;
  readonly memory: SharedMemory;
}

const entriesPerQuery = 1000;

export class Snapshot {
  readonly set: CatalogSet;
  readonly #sources: SnapshotSources;
  readonly #proof: TreeProof;
  /** Files that were listed last, by their ids: whoever lists a folder reads its files next. */
  readonly #listed: ListedFiles = new Map();
  #listedChanges = 0;
  /** Whether any file of the backup was cut short when it was read; asked once the tree is loaded. */
  #hasCuts: boolean | undefined;

  /** @internal */
  constructor(set: CatalogSet, sources: SnapshotSources) {
    this.set = set;
    this.#sources = sources;
    this.#proof = sources.proofOf(set.id);
  }

  /** Whether the tree is in the catalog; until then only `load` may be called. */
  get isLoaded(): boolean {
    return this.#sources.sets.isListed(this.set.id);
  }

  /** Fills the catalog with the tree, but for the sizes of regular files. */
  async load(signal?: AbortSignal): Promise<void> {
    await this.#sources.sets.list(this.set.id, signal);
  }

  root(): SnapshotEntry {
    const root = this.entry(rootId);
    if (root === undefined) {
      throw new DuplifsError('DAMAGED', `Set ${this.set.key} has no root folder`);
    }
    return root;
  }

  /** The entry with an id; undefined when it did not exist at that time. */
  entry(id: number): SnapshotEntry | undefined {
    const listed = this.#listed.get(id);
    if (listed !== undefined && this.#listedChanges === this.#proof.changes) return listed;
    return this.#withOwner(this.#sources.catalog.entry(this.set.id, id));
  }

  /**
   * Has a folder's names at hand where finding them takes long, with turns of the event loop between; undefined where there is
   * nothing to wait for. Whoever does not ask waits longer for the first of them.
   */
  opening(folderId: number, signal?: AbortSignal): Promise<void> | undefined {
    return this.#sources.catalog.packed.unpacking(folderId, signal);
  }

  child(folderId: number, name: string): SnapshotEntry | undefined {
    return this.#withOwner(this.#sources.catalog.child(this.set.id, folderId, name));
  }

  /** At most `limit` entries of a folder in the order of their names as bytes, after the name `after`. */
  children(folderId: number, after: string, limit: number): SnapshotEntry[] {
    const children = this.#childrenInTurn(folderId, after, limit);
    for (const entry of children) this.#keep(entry);
    return children;
  }

  /** The id of a path, whether or not it exists at that time; undefined for one that no set has. */
  idOf(path: string): number | undefined {
    let id: number | undefined = rootId;
    for (const name of splitPath(path)) {
      if (id !== undefined) id = this.#sources.catalog.nameBelow(id, name);
    }
    return id;
  }

  /** The last component of a path. */
  nameOf(id: number): string | undefined {
    return this.#sources.catalog.nameOf(id)?.name;
  }

  /** The path in the backup, '' of its root. */
  pathOf(id: number): string {
    return this.#sources.catalog.pathOf(id);
  }

  /** The id of the folder above; the root's is itself. */
  parentOf(id: number): number | undefined {
    return this.#sources.catalog.parentOf(id);
  }

  /** Whom the entry belongs to, as it is stored. */
  storedOwner(entry: Pick<SnapshotEntry, 'ownerId'>): Owner {
    return this.#sources.catalog.owner(entry.ownerId);
  }

  /** The set that the entry was last changed in. */
  setOf(entry: SnapshotEntry): CatalogSet {
    return this.#sources.sets.newestFirst().find(({ id }) => id === entry.setId) ?? this.set;
  }

  /** How many folders a folder holds; Infinity where they are too many to count. */
  subfolders(folderId: number): number {
    const { catalog, memory } = this.#sources;
    return memory.subfolders(this.set.id, folderId, () =>
      catalog.subfolders(this.set.id, folderId),
    );
  }

  /** The entry at a path; fails with NOT_IN_BACKUP. Links are not followed. */
  resolve(path: string): SnapshotEntry {
    let entry = this.root();
    for (const name of splitPath(path)) {
      const child = entry.type === 'dir' ? this.child(entry.id, name) : undefined;
      if (child === undefined) {
        throw new DuplifsError(
          'NOT_IN_BACKUP',
          `"${path}" is not in the backup of ${this.set.key}`,
          {
            hint: 'List what there is with list-current-files, or choose another --time',
          },
        );
      }
      entry = child;
    }
    return entry;
  }

  /** The entry and all below it, each folder before what it holds, in the format's order. */
  *walk(start: SnapshotEntry): Generator<WalkedEntry> {
    yield { path: '', entry: start };
    // no recursion: a hostile backup may be thousands of folders deep
    const open = start.type === 'dir' ? [{ path: '', children: this.#allChildren(start.id) }] : [];
    for (let folder = open.at(-1); folder !== undefined; folder = open.at(-1)) {
      const next = folder.children.next();
      if (next.done === true) {
        open.pop();
        continue;
      }
      const entry = next.value;
      const path = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`;
      yield { path, entry };
      if (entry.type === 'dir') open.push({ path, children: this.#allChildren(entry.id) });
    }
  }

  /**
   * The same walk, as the volumes have the tree: see ProvenWalk. Names that the signatures do not tell of are part of
   * it, and what they alone tell of comes with a reason.
   * @internal
   */
  provenWalk(start: SnapshotEntry): ProvenWalk {
    const parts = {
      proof: this.#proof,
      children: this.#childrenInTurn.bind(this),
      entry: this.entry.bind(this),
    };
    return new ProvenWalk(parts, start, this.#sources.catalog.pathOf(start.id));
  }

  /** Whether verified volumes, or an index, have shown that the entry is what the backup holds at that time. */
  isProven(entry: SnapshotEntry): boolean {
    return this.#proof.isProven(entry);
  }

  /**
   * The entry as the volumes have it, for what may be known from signatures alone.
   * @throws DuplifsError DAMAGED when they do not hold it, and whatever keeps them from being read
   */
  async prove(entry: SnapshotEntry, signal?: AbortSignal): Promise<SnapshotEntry> {
    const path = this.#sources.catalog.pathOf(entry.id);
    await this.provePath(path, signal);
    const proven = this.entry(entry.id);
    if (proven !== undefined) return proven;
    throw new DuplifsError(
      'DAMAGED',
      `"${path}" was deleted, as the volumes of its chain have it`,
      {
        hint: 'The signatures of the chain do not tell of it; look at the set before',
      },
    );
  }

  /** Has what the volumes say of a path in the catalog; the path need not exist. */
  async provePath(path: string, signal?: AbortSignal): Promise<void> {
    await this.#proof.prove(path, signal);
  }

  /**
   * The entry of a path, as the volumes have it. Of a folder whose own volume is lost or damaged, as the signatures have
   * it: other volumes may hold what lies in it, and a proven walk tells of all else.
   * @throws DuplifsError NOT_IN_BACKUP, and as `prove`
   */
  async resolveProven(path: string, signal?: AbortSignal): Promise<SnapshotEntry> {
    try {
      await this.provePath(path, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const isLost = isDuplifsError(error, 'DAMAGED', 'FILE_MISSING', 'STORAGE_NOT_FOUND');
      if (!isLost || this.resolve(path).type !== 'dir') throw error;
    }
    return this.resolve(path);
  }

  /** Whose an entry is as the backup has it: numbers and names, whatever this machine has for them. */
  ownerOf({ ownerId }: Pick<SnapshotEntry, 'ownerId'>): Owner {
    return this.#sources.catalog.owner(ownerId);
  }

  /** What an entry is known from. */
  sourceOf(entry: SnapshotEntry): ListSource {
    return listSourceOf(entry, this.#sources.catalog);
  }

  /**
   * Why the state of the entry at the snapshot's time cannot be known: a set may have changed it, and what tells of that
   * is lost. Undefined where it is known.
   */
  whyUnknown({ id, setId }: Pick<SnapshotEntry, 'id' | 'setId'>): DuplifsError | undefined {
    return this.#sources.sets.whyUnknown(this.set.id, setId, id);
  }

  /** Fails when the state of the entry cannot be known (whyUnknown). */
  refuseUnknown(entry: Pick<SnapshotEntry, 'id' | 'setId'>): void {
    const reason = this.whyUnknown(entry);
    if (reason !== undefined) throw reason;
  }

  /** Why a file is not all that it was when it was backed up, and since which set; undefined where it is. */
  cutOf({ type, setId, id }: SnapshotEntry): { reason: string; since: CatalogSet } | undefined {
    const { catalog } = this.#sources;
    this.#hasCuts ??= catalog.hasCuts();
    const cut = this.#hasCuts && type === 'reg' ? catalog.cutOf(setId, id) : undefined;
    if (cut === undefined) return undefined;
    const since = this.#sources.sets.newestFirst().find((set) => set.id === cut.sinceSetId);
    return { reason: cut.reason, since: since ?? this.set };
  }

  /** The exact size of an entry; of a regular file it may have to be found in the volumes. */
  async size(entry: SnapshotEntry, signal?: AbortSignal): Promise<number> {
    this.refuseUnknown(entry);
    return entry.size ?? (await this.#sources.content.size(entry, 'reader', signal));
  }

  /**
   * The entry with its exact size, and all else as the volumes have it: where they and the signatures
   * disagree, the volumes are right (a file that changed while it was backed up).
   * @throws as `prove`
   */
  async complete(
    entry: SnapshotEntry,
    signal?: AbortSignal,
  ): Promise<SnapshotEntry & { readonly size: number }> {
    const proven = this.isProven(entry) ? entry : await this.prove(entry, signal);
    const size = await this.size(proven, signal);
    return { ...(this.entry(entry.id) ?? proven), size };
  }

  /** Bytes of a regular file, fewer than `length` only at its end; verified. */
  read(
    entry: SnapshotEntry,
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): Buffer | Promise<Buffer> {
    this.refuseUnknown(entry);
    return this.#sources.content.read(entry, offset, length, signal);
  }

  /** Whether `rebuiltCheck` may have anything to tell of the entry: cheap to ask. @internal */
  mayCheckRebuilt({ setId, proven }: SnapshotEntry): boolean {
    return !proven || this.#sources.rebuilt.isFor(setId);
  }

  /** What a file must be that is rebuilt from a change; undefined where its volume alone says it. @internal */
  async rebuiltCheck(entry: SnapshotEntry): Promise<RebuiltCheck | undefined> {
    return this.#sources.rebuilt.of(entry);
  }

  /** The names of the volumes that hold a regular file's bytes. */
  async volumeNames(entry: SnapshotEntry, signal?: AbortSignal): Promise<string[]> {
    return this.#sources.content.volumeNames(entry, signal);
  }

  *#allChildren(folderId: number): Generator<SnapshotEntry, undefined> {
    for (let after = ''; ;) {
      const children = this.#childrenInTurn(folderId, after, entriesPerQuery);
      yield* children;
      const last = children.at(-1);
      if (last === undefined || children.length < entriesPerQuery) return;
      after = last.name;
    }
  }

  /** The same for a walk, which asks for none of them again. */
  #childrenInTurn(folderId: number, after: string, limit: number): SnapshotEntry[] {
    const found = this.#sources.catalog.children(this.set.id, folderId, after, limit);
    return found.map((entry) => this.#owned(entry));
  }

  /** Keeps a file that has its exact size, so that nothing about it changes any more before others are recorded. */
  #keep(entry: SnapshotEntry): void {
    if (entry.type !== 'reg' || entry.size === undefined) return;
    if (this.#listedChanges !== this.#proof.changes) this.#listed.clear();
    this.#listedChanges = this.#proof.changes;
    this.#sources.memory.keep(this.#listed, entry);
  }

  #withOwner(entry: CatalogEntry | undefined): SnapshotEntry | undefined {
    return entry && this.#owned(entry);
  }

  #owned(entry: CatalogEntry): SnapshotEntry {
    return ownedEntry(entry, this.#sources.catalog, this.#sources.owners);
  }
}
