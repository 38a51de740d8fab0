/** A snapshot's tree, or a folder of it, as a part of a mount. */
import { DuplifsError, encodeName } from '../../base/index.js';
import type { Snapshot, SnapshotEntry } from '../../snapshot/index.js';
import type { Attributes, DirectoryEntry, MaybePromise } from '../file-system.js';
import { entryAttributes } from './attributes.js';
import type { OwnerOverride } from './attributes.js';
import { nodeNumber } from './node-number.js';
import { rewriteLink } from './rewrite-link.js';
import { unchangingSeconds } from './view.js';
import type { View } from './view.js';
import { WholeReads } from './whole-reads.js';

export interface TreeViewOptions {
  readonly view: number;
  readonly snapshot: Snapshot;
  /** The id of the folder that is the view's root, and the inode that stands for it. */
  readonly start: number;
  readonly startNode: number;
  /** How long the kernel may keep the view's root, in seconds; it never keeps it for ever in `at/`. */
  readonly rootCacheSeconds: number;
  readonly override: OwnerOverride;
  /** The folder that was backed up, where absolute links into it are to lead into the view; undefined when nobody knows. */
  readonly linkSource?: (() => string | undefined) | undefined;
}

/** Linux' FUSE_NAME_MAX, as it long was. */
const maxNameBytes = 1024;

export class TreeView implements View {
  readonly snapshot: Snapshot;
  readonly #options: TreeViewOptions;
  readonly #reads: WholeReads;

  constructor(options: TreeViewOptions) {
    this.#options = options;
    this.snapshot = options.snapshot;
    this.#reads = new WholeReads(options.snapshot);
  }

  lookup(id: number, name: string, signal: AbortSignal): MaybePromise<Attributes | undefined> {
    return this.#opened(id, signal, (folder) => {
      const entry = this.snapshot.child(folder, name);
      return entry && this.#attributes(entry, signal);
    });
  }

  getattr(id: number, signal: AbortSignal): MaybePromise<Attributes | undefined> {
    return this.#loaded(signal, () => {
      const entry = this.snapshot.entry(this.#folder(id));
      return entry && this.#attributes(entry, signal);
    });
  }

  readdir(
    id: number,
    cookie: number,
    limit: number,
    signal: AbortSignal,
  ): MaybePromise<readonly DirectoryEntry[]> {
    return this.#opened(id, signal, (folder) => {
      const after = cookie === 0 ? '' : (this.snapshot.nameOf(cookie) ?? '');
      return this.#children(folder, after, limit).map((entry) => this.#listed(entry));
    });
  }

  readlink(id: number, signal: AbortSignal): MaybePromise<string> {
    return this.#loaded(signal, () =>
      this.#proven(this.#entry(id), signal, (entry) => {
        this.snapshot.refuseUnknown(entry);
        return this.#target(entry);
      }),
    );
  }

  read(id: number, offset: number, length: number, signal: AbortSignal): MaybePromise<Uint8Array> {
    return this.#loaded(signal, () =>
      this.#proven(this.#entry(id), signal, (entry) =>
        this.#reads.read(entry, offset, length, signal),
      ),
    );
  }

  xattrs(id: number, signal: AbortSignal): MaybePromise<ReadonlyMap<string, Uint8Array>> {
    return this.#loaded(signal, () => provenance(this.snapshot, this.#entry(id), signal));
  }

  parentOf(id: number): number | undefined {
    if (id === this.#options.start) return undefined;
    const parent = this.snapshot.parentOf(id);
    return parent === undefined ? undefined : this.#node(parent);
  }

  cacheSeconds(id: number): number {
    return id === this.#options.start ? this.#options.rootCacheSeconds : unchangingSeconds;
  }

  #listed(entry: SnapshotEntry): DirectoryEntry {
    const { id, name, type, size } = entry;
    const ino = this.#node(id);
    // without a size there are no attributes; the kernel asks again where it needs them
    const isHeldBack = type !== 'dir' && this.snapshot.whyUnknown(entry) !== undefined;
    return size === undefined || isHeldBack || !this.#isShown(entry)
      ? { name, ino, kind: type, cookie: id }
      : { name, ino, kind: type, cookie: id, attributes: this.#known(entry, size) };
  }

  /** Waits for the tree where it is not in the catalog yet; most calls need not. */
  #loaded<T>(signal: AbortSignal, answer: () => MaybePromise<T>): MaybePromise<T> {
    if (this.snapshot.isLoaded) return answer();
    return this.snapshot.load(signal).then(answer);
  }

  /** Waits as well until the names in a folder are at hand. */
  #opened<T>(
    id: number,
    signal: AbortSignal,
    answer: (folder: number) => MaybePromise<T>,
  ): MaybePromise<T> {
    return this.#loaded(signal, () => {
      const folder = this.#folder(id);
      const opening = this.snapshot.opening(folder, signal);
      return opening === undefined ? answer(folder) : opening.then(() => answer(folder));
    });
  }

  /** Whether its attributes may be told: those of folders and links also from signatures, for lists. */
  #isShown(entry: SnapshotEntry): boolean {
    return entry.type === 'dir' || entry.type === 'sym' || this.snapshot.isProven(entry);
  }

  /**
   * Answers from the entry once volumes have shown that it is what the backup holds: names and types may come from
   * signatures, what lies behind them may not.
   */
  #proven<T>(
    entry: SnapshotEntry,
    signal: AbortSignal,
    answer: (proven: SnapshotEntry) => MaybePromise<T>,
  ): MaybePromise<T> {
    if (this.snapshot.isProven(entry)) return answer(entry);
    return this.snapshot.prove(entry, signal).then((proven) => {
      if (proven.type === entry.type) return answer(proven);
      throw new DuplifsError(
        'DAMAGED',
        `"${entry.name}" is listed as another type than its volume has it, in set ${this.snapshot.set.key}`,
        {
          hint: 'The signatures and the volumes of the set disagree; mount it again to see what it is',
        },
      );
    });
  }

  /** Without the names that no kernel takes: a single one would make the whole folder unreadable. */
  #children(folderId: number, after: string, limit: number): SnapshotEntry[] {
    for (let from = after; ;) {
      const children = this.snapshot.children(folderId, from, limit);
      const shown = children.filter(({ name }) => encodeName(name).length <= maxNameBytes);
      const last = children.at(-1);
      if (shown.length > 0 || last === undefined) return shown;
      from = last.name;
    }
  }

  /** In the root view the root's inode is 1, whatever folder it stands for. */
  #folder(id: number): number {
    const { start, startNode, view } = this.#options;
    return nodeNumber(view, id) === startNode ? start : id;
  }

  #node(id: number): number {
    const { start, startNode, view } = this.#options;
    return id === start ? startNode : nodeNumber(view, id);
  }

  #entry(id: number): SnapshotEntry {
    const entry = this.snapshot.entry(this.#folder(id));
    if (entry === undefined) {
      throw new DuplifsError('NOT_IN_BACKUP', 'The backup set is no longer on the storage');
    }
    return entry;
  }

  #attributes(entry: SnapshotEntry, signal: AbortSignal): MaybePromise<Attributes> {
    // folders are shown all the same: what lies in them may be known
    if (entry.type !== 'dir') this.snapshot.refuseUnknown(entry);
    if (entry.size !== undefined && this.#isShown(entry)) return this.#known(entry, entry.size);
    return this.snapshot.complete(entry, signal).then((known) => this.#known(known, known.size));
  }

  #target({ id, linkTarget = '' }: SnapshotEntry): string {
    const { linkSource, start } = this.#options;
    const source = linkSource?.();
    if (source === undefined) return linkTarget;
    const [shown, link] = [this.snapshot.pathOf(start), this.snapshot.pathOf(id)];
    return rewriteLink(linkTarget, { source, shown, link });
  }

  #known(entry: SnapshotEntry, stored: number): Attributes {
    const isRewritten = entry.type === 'sym' && this.#options.linkSource !== undefined;
    const size = isRewritten ? encodeName(this.#target(entry)).length : stored;
    const subfolders = entry.type === 'dir' ? this.snapshot.subfolders(entry.id) : 0;
    const { override } = this.#options;
    return entryAttributes(this.#node(entry.id), entry, { size, subfolders }, override);
  }
}

/** Where an entry comes from, as extended attributes, which Linux has for files and folders only. */
export async function provenance(
  snapshot: Snapshot,
  entry: SnapshotEntry,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Uint8Array>> {
  if (entry.type !== 'reg' && entry.type !== 'dir') return new Map();
  const set = snapshot.setOf(entry);
  const values = new Map([
    ['user.duplifs.time', new Date(set.endSeconds * 1000).toISOString()],
    ['user.duplifs.set', set.key],
  ]);
  const volumes = entry.type === 'reg' ? await snapshot.volumeNames(entry, signal) : [];
  values.set('user.duplifs.volumes', volumes.join('\n'));
  return new Map([...values].map(([name, value]) => [name, Buffer.from(value)]));
}
