/** The folders that a mount itself makes: its root, `snapshots`, `at`, and the link `latest`. */
import { isDuplifsError } from '../../base/index.js';
import type { ListedSet } from '../../repository/index.js';
import type { Attributes, DirectoryEntry, MaybePromise } from '../file-system.js';
import { folderAttributes } from './attributes.js';
import type { OwnerOverride } from './attributes.js';
import { fixedView, nodeNumber } from './node-number.js';
import { findByFolder, snapshotFolder } from './snapshot-folders.js';
import { changingSeconds } from './view.js';
import type { View } from './view.js';

export const fixedIds = { root: 1, snapshots: 2, at: 3, latest: 4 } as const;

/** The trees behind these folders. */
export interface Trees {
  /** Oldest first. */
  sets(): readonly ListedSet[];
  /** `isMarked`: under the name that says that it is not whole, which is a folder of its own. */
  nodeOfSet(listed: ListedSet, isMarked: boolean): number;
  /** The folder in `snapshots/` of the newest whole set; fails with a DuplifsError where no set is whole. */
  newestFolder(signal: AbortSignal): MaybePromise<string>;
  /** Fails with a DuplifsError for what is no time, or a time before the first set. */
  nodeAt(text: string): number;
  readonly versionsNode: number;
  getattr(node: number, signal: AbortSignal): MaybePromise<Attributes | undefined>;
}

export class FixedFolders implements View {
  readonly #trees: Trees;
  readonly #override: OwnerOverride;

  constructor(trees: Trees, override: OwnerOverride) {
    this.#trees = trees;
    this.#override = override;
  }

  lookup(id: number, name: string, signal: AbortSignal): MaybePromise<Attributes | undefined> {
    switch (id) {
      case fixedIds.root:
        if (name === 'versions') return this.#trees.getattr(this.#trees.versionsNode, signal);
        if (name === 'latest' || name === 'snapshots' || name === 'at') {
          return this.getattr(fixedIds[name], signal);
        }
        return undefined;
      case fixedIds.snapshots: {
        const found = findByFolder(this.#trees.sets(), name);
        if (found === undefined) return undefined;
        return this.#trees.getattr(this.#trees.nodeOfSet(found.listed, found.isMarked), signal);
      }
      case fixedIds.at:
        return this.#at(name, signal);
      default:
        return undefined;
    }
  }

  getattr(id: number, signal: AbortSignal): MaybePromise<Attributes | undefined> {
    const sets = this.#trees.sets();
    const ino = nodeNumber(fixedView, id);
    const seconds = sets.at(-1)?.endSeconds ?? 0;
    if (id === fixedIds.latest) {
      if (sets.length === 0) return undefined;
      const target = this.readlink(id, signal);
      return typeof target === 'string'
        ? this.#link(ino, target)
        : target.then((found) => this.#link(ino, found));
    }
    const subfolders = {
      [fixedIds.root]: 3,
      [fixedIds.snapshots]: sets.length,
      [fixedIds.at]: 0,
    }[id];
    return subfolders === undefined
      ? undefined
      : folderAttributes(ino, seconds, subfolders, this.#override);
  }

  #link(ino: number, target: string): Attributes {
    const seconds = this.#trees.sets().at(-1)?.endSeconds ?? 0;
    return {
      ...folderAttributes(ino, seconds, 0, this.#override),
      kind: 'sym',
      mode: 0o777,
      nlink: 1,
      size: Buffer.byteLength(target),
      blocks: 0,
    };
  }

  readdir(id: number, cookie: number, limit: number): readonly DirectoryEntry[] {
    return this.#list(id)
      .map((entry, index) => ({ ...entry, cookie: index + 1 }))
      .slice(cookie, cookie + limit);
  }

  readlink(_id: number, signal: AbortSignal): MaybePromise<string> {
    const folder = this.#trees.newestFolder(signal);
    if (typeof folder === 'string') return `snapshots/${folder}`;
    return folder.then((found) => `snapshots/${found}`);
  }

  read(): never {
    throw new Error('no files here');
  }

  xattrs(): ReadonlyMap<string, Uint8Array> {
    return new Map();
  }

  parentOf(id: number): number | undefined {
    return id === fixedIds.root ? undefined : fixedIds.root;
  }

  cacheSeconds(): number {
    return changingSeconds;
  }

  #list(id: number): Omit<DirectoryEntry, 'cookie'>[] {
    const folder = (name: string, ino: number): Omit<DirectoryEntry, 'cookie'> => ({
      name,
      ino,
      kind: 'dir',
    });
    switch (id) {
      case fixedIds.root: {
        const entries = [
          folder('at', fixedIds.at),
          folder('snapshots', fixedIds.snapshots),
          folder('versions', this.#trees.versionsNode),
        ];
        if (this.#trees.sets().length === 0) return entries;
        // which set it leads to may have to be found out: who wants to know asks
        const latest = { name: 'latest', ino: fixedIds.latest, kind: 'sym' as const };
        return [...entries.slice(0, 1), latest, ...entries.slice(1)];
      }
      case fixedIds.snapshots:
        return this.#trees
          .sets()
          .map((set) => folder(snapshotFolder(set), this.#trees.nodeOfSet(set, !set.isWhole)));
      // any time may be looked up, and none is listed: else `find` and `du` would count trees twice by what was looked up
      case fixedIds.at:
      default:
        return [];
    }
  }

  #at(name: string, signal: AbortSignal): MaybePromise<Attributes | undefined> {
    try {
      return this.#trees.getattr(this.#trees.nodeAt(name), signal);
    } catch (error) {
      if (isDuplifsError(error, 'TIME_STRING', 'NO_BACKUP')) return undefined;
      throw error;
    }
  }
}
