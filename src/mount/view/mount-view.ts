/**
 * What a mount shows (docs/design.md, "What a mount shows"):
 *
 *     snapshots/2026-11-20T20-13-58Z/…   every backup set; with "-incomplete" when it is not whole
 *     latest -> snapshots/…              the newest whole one
 *     at/3D/…                            the tree at any time string that is looked up
 *     versions/path/to/file/…            every version of every path
 *
 * or, with a time, just the tree of that.
 */
import { LRUCache } from 'lru-cache';
import { rootNameId } from '../../snapshot/index.js';
import type { DuplifsError } from '../../base/index.js';
import type { ListedSet, Repository } from '../../repository/index.js';
import type { CatalogSet, Snapshot } from '../../snapshot/index.js';
import { parseTime } from '../../time/index.js';
import type { MountSession } from '../engine.js';
import type {
  Attributes,
  DirectoryEntry,
  MaybePromise,
  ReadOnlyFileSystem,
} from '../file-system.js';
import type { OwnerOverride } from './attributes.js';
import { FileSystemError } from '../file-system-error.js';
import { FailedReads } from './failed-reads.js';
import { FixedFolders, fixedIds } from './fixed-folders.js';
import { HiddenView } from './hidden-view.js';
import { fixedView, idOf, nodeNumber, viewOf } from './node-number.js';
import { snapshotFolder } from './snapshot-folders.js';
import { TreeView } from './tree-view.js';
import type { TreeViewOptions } from './tree-view.js';
import { changingSeconds, unchangingSeconds } from './view.js';
import type { View } from './view.js';
import { VersionsView } from './versions-view.js';

export interface MountViewOptions {
  readonly repository: Repository;
  readonly override: OwnerOverride;
  /** Show `user.duplifs.*` also to whoever lists extended attributes. */
  readonly listsXattrs?: boolean;
  /** Let absolute links into the folder that was backed up lead into the same snapshot. */
  readonly rewriteLinks?: boolean;
  /** Now, in seconds since the epoch. */
  readonly now: () => number;
  /** Show only this folder of this snapshot. */
  readonly only?: { readonly snapshot: Snapshot; readonly folderId: number } | undefined;
}

const versionsView = 1;
const firstTreeView = 2;
/** Times shown at once in `at/`: a view lives until as many others were asked for. */
const maxTimeViews = 1000;
const statfsBlockSize = 4096;

export class MountView implements ReadOnlyFileSystem {
  readonly listsXattrs: boolean;
  readonly #options: MountViewOptions;
  readonly #views = new Map<number, View>();
  readonly #failedReads = new FailedReads();
  #nextView = firstTreeView;
  #kernel: Pick<MountSession, 'invalidateEntry' | 'invalidateNode'> | undefined;
  /** The view of a set in `snapshots/`, there under the name that says that it is not whole, and of its files in `versions/`. */
  readonly #snapshotViews = new Map<number, number>();
  readonly #markedViews = new Map<number, number>();
  /** By the keys of sets whose trees cannot be known. */
  readonly #hiddenViews = new Map<string, number>();
  readonly #versionViews = new Map<number, number>();
  readonly #timeViews = new LRUCache<string, number>({
    max: maxTimeViews,
    dispose: (view) => this.#views.delete(view),
  });

  constructor(options: MountViewOptions) {
    this.#options = options;
    this.listsXattrs = options.listsXattrs ?? false;
    const { only, override, repository } = options;
    if (only !== undefined) {
      const { snapshot, folderId } = only;
      const root = { view: fixedView, start: folderId, startNode: fixedIds.root };
      this.#views.set(
        fixedView,
        this.#tree(snapshot, { ...root, rootCacheSeconds: unchangingSeconds }),
      );
      return;
    }
    const trees = {
      sets: () => repository.listedSets(),
      nodeOfSet: this.#nodeOfSet.bind(this),
      newestFolder: this.#newestFolder.bind(this),
      nodeAt: (text: string) => rootOf(this.#timeView(text)),
      versionsNode: rootOf(versionsView),
      getattr: this.getattr.bind(this),
    };
    this.#views.set(fixedView, new FixedFolders(trees, override));
    this.#views.set(
      versionsView,
      new VersionsView({
        view: versionsView,
        history: repository.history,
        override,
        nodeOfVersion: ({ set, entry }) =>
          nodeNumber(this.#viewOfSet(this.#versionViews, set), entry.id),
        getattr: this.getattr.bind(this),
      }),
    );
  }

  lookup(parent: number, name: string, signal: AbortSignal): MaybePromise<Attributes | undefined> {
    return this.#view(parent)?.lookup(idOf(parent), name, signal);
  }

  getattr(ino: number, signal: AbortSignal): MaybePromise<Attributes | undefined> {
    return this.#view(ino)?.getattr(idOf(ino), signal);
  }

  readdir(
    ino: number,
    cookie: number,
    limit: number,
    signal: AbortSignal,
  ): MaybePromise<readonly DirectoryEntry[]> {
    return this.#view(ino)?.readdir(idOf(ino), cookie, limit, signal) ?? [];
  }

  readlink(ino: number, signal: AbortSignal): MaybePromise<string> {
    return this.#view(ino)?.readlink(idOf(ino), signal) ?? '';
  }

  read(ino: number, offset: number, length: number, signal: AbortSignal): MaybePromise<Uint8Array> {
    const view = this.#view(ino);
    if (view === undefined) return Buffer.alloc(0);
    const id = idOf(ino);
    return this.#failedReads.around(
      { ino, offset, length },
      () => view.read(id, offset, length, signal),
      async () => (await view.getattr(id, signal))?.size,
    );
  }

  xattrs(ino: number, signal: AbortSignal): MaybePromise<ReadonlyMap<string, Uint8Array>> {
    return this.#view(ino)?.xattrs(idOf(ino), signal) ?? new Map<string, Uint8Array>();
  }

  /** The folder above, for `..`; the root's is itself. */
  parentOf(ino: number): number {
    return this.#view(ino)?.parentOf(idOf(ino)) ?? fixedIds.root;
  }

  cacheSeconds(ino: number): number {
    return this.#view(ino)?.cacheSeconds(idOf(ino)) ?? 0;
  }

  /** Says who serves this view: the kernel has to be told of what changes, for it keeps what it saw. */
  servedBy(kernel: Pick<MountSession, 'invalidateEntry' | 'invalidateNode'>): void {
    this.#kernel = kernel;
  }

  /** Has the kernel ask anew for what the sets on the storage make. */
  invalidate(): void {
    const kernel = this.#kernel;
    if (kernel === undefined) return;
    for (const name of ['latest', 'at', 'snapshots', 'versions']) {
      kernel.invalidateEntry(fixedIds.root, name);
    }
    kernel.invalidateNode(fixedIds.snapshots);
    kernel.invalidateNode(fixedIds.latest);
  }

  /**
   * As large as the backup is on its storage, and full: file managers take what is 0 in size for broken. Never asks the
   * storage: a mount whose network is gone must still answer `df`.
   */
  statfs(): ReturnType<ReadOnlyFileSystem['statfs']> {
    const blocks = Math.ceil(this.#options.repository.storedBytes / statfsBlockSize);
    return { blockSize: statfsBlockSize, blocks: Math.max(1, blocks), files: 0 };
  }

  #view(ino: number): View | undefined {
    return this.#views.get(viewOf(ino));
  }

  #nodeOfSet(listed: ListedSet, isMarked: boolean): number {
    const { set } = listed;
    if (set === undefined) return rootOf(this.#viewOfHidden(listed));
    return rootOf(this.#viewOfSet(isMarked ? this.#markedViews : this.#snapshotViews, set));
  }

  #viewOfHidden({ key, endSeconds }: ListedSet): number {
    const known = this.#hiddenViews.get(key);
    if (known !== undefined) return known;
    const view = this.#nextView;
    this.#nextView += 1;
    const { override, repository } = this.#options;
    const why = (): DuplifsError => repository.whyHidden(key);
    this.#views.set(view, new HiddenView({ node: rootOf(view), endSeconds, override, why }));
    this.#hiddenViews.set(key, view);
    return view;
  }

  /** Manifests may have to be read to find the newest whole set. */
  #newestFolder(signal: AbortSignal): MaybePromise<string> {
    const { repository, now } = this.#options;
    const folderOf = (set: CatalogSet | undefined): string => {
      if (set === undefined) throw repository.nothingWhole(now()) ?? new FileSystemError('ENOENT');
      return snapshotFolder({ ...set, isWhole: repository.faultsOf(set).length === 0 });
    };
    const newest = repository.newestWhole(now(), signal);
    return newest instanceof Promise ? newest.then(folderOf) : folderOf(newest);
  }

  #viewOfSet(views: Map<number, number>, set: CatalogSet): number {
    let view = views.get(set.id);
    if (view === undefined) {
      const keepsLinks = views === this.#versionViews; // there no path leads to the others
      const snapshot = this.#options.repository.snapshot(set);
      view = this.#addTree(snapshot, unchangingSeconds, keepsLinks);
      views.set(set.id, view);
    }
    return view;
  }

  /** The view of a time string as of now: `at/now` moves on when a new set appears. */
  #timeView(text: string): number {
    const { repository, now } = this.#options;
    const snapshot = repository.at(parseTime(text, now()));
    const known = this.#timeViews.get(text);
    const view = known === undefined ? undefined : this.#views.get(known);
    if (known !== undefined && view instanceof TreeView && view.snapshot === snapshot) return known;
    const added = this.#addTree(snapshot, changingSeconds);
    this.#timeViews.set(text, added);
    return added;
  }

  #addTree(snapshot: Snapshot, rootCacheSeconds: number, keepsLinks = false): number {
    const view = this.#nextView;
    this.#nextView += 1;
    const root = { view, start: rootNameId, startNode: nodeNumber(view, rootNameId) };
    this.#views.set(view, this.#tree(snapshot, { ...root, rootCacheSeconds }, keepsLinks));
    return view;
  }

  #tree(
    snapshot: Snapshot,
    root: Pick<TreeViewOptions, 'view' | 'start' | 'startNode' | 'rootCacheSeconds'>,
    keepsLinks = false,
  ): TreeView {
    const { override, repository, rewriteLinks = false } = this.#options;
    const linkSource = (): string | undefined => repository.sourceOf(snapshot.set)?.folder;
    return new TreeView({
      ...root,
      snapshot,
      override,
      linkSource: rewriteLinks && !keepsLinks ? linkSource : undefined,
    });
  }
}

function rootOf(view: number): number {
  return nodeNumber(view, rootNameId);
}
