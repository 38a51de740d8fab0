/** The folders that a mount itself makes: its root, `snapshots`, `at`, and the link `latest`. */
import { isDuplifsError } from '../../base/index.js';
import type { CatalogSet } from '../../snapshot/index.js';
import { formatFolderName } from '../../time/index.js';
import type { Attributes, DirectoryEntry, MaybePromise } from '../file-system.js';
import { folderAttributes } from './attributes.js';
import type { OwnerOverride } from './attributes.js';
import { fixedView, nodeNumber } from './node-number.js';
import { changingSeconds } from './view.js';
import type { View } from './view.js';

export const fixedIds = { root: 1, snapshots: 2, at: 3, latest: 4 } as const;

/** The trees behind these folders. */
export interface Trees {
  /** Newest first. */
  sets(): readonly CatalogSet[];
  nodeOfSet(set: CatalogSet): number;
  /** Fails with a DuplifsError for what is no time, or a time before the first set. */
  nodeAt(text: string): number;
  /** Called when the listing of `at/` has changed. */
  timeAsked(): void;
  readonly versionsNode: number;
  getattr(node: number, signal: AbortSignal): MaybePromise<Attributes | undefined>;
}

/** Names kept in `at/`; the oldest give way. */
const maxAskedTimes = 1000;

export class FixedFolders implements View {
  readonly #trees: Trees;
  readonly #override: OwnerOverride;
  readonly #asked: string[] = [];

  constructor(trees: Trees, override: OwnerOverride) {
    this.#trees = trees;
    this.#override = override;
  }

  lookup(id: number, name: string, signal: AbortSignal): MaybePromise<Attributes | undefined> {
    switch (id) {
      case fixedIds.root:
        if (name === 'versions') return this.#trees.getattr(this.#trees.versionsNode, signal);
        if (name === 'latest' || name === 'snapshots' || name === 'at') {
          return this.getattr(fixedIds[name]);
        }
        return undefined;
      case fixedIds.snapshots: {
        const set = this.#trees.sets().find((known) => setFolder(known) === name);
        return set && this.#trees.getattr(this.#trees.nodeOfSet(set), signal);
      }
      case fixedIds.at:
        return this.#at(name, signal);
      default:
        return undefined;
    }
  }

  getattr(id: number): Attributes | undefined {
    const newest = this.#trees.sets()[0];
    const ino = nodeNumber(fixedView, id);
    const seconds = newest?.endSeconds ?? 0;
    if (id === fixedIds.latest) {
      if (newest === undefined) return undefined;
      const size = Buffer.byteLength(this.readlink());
      return {
        ...folderAttributes(ino, seconds, 0, this.#override),
        kind: 'sym',
        mode: 0o777,
        nlink: 1,
        size,
        blocks: 0,
      };
    }
    const subfolders = {
      [fixedIds.root]: 3,
      [fixedIds.snapshots]: this.#trees.sets().length,
      [fixedIds.at]: this.#asked.length,
    }[id];
    return subfolders === undefined
      ? undefined
      : folderAttributes(ino, seconds, subfolders, this.#override);
  }

  readdir(id: number, cookie: number, limit: number): readonly DirectoryEntry[] {
    return this.#list(id)
      .map((entry, index) => ({ ...entry, cookie: index + 1 }))
      .slice(cookie, cookie + limit);
  }

  readlink(): string {
    const [newest] = this.#trees.sets();
    return newest === undefined ? '' : `snapshots/${setFolder(newest)}`;
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
        const latest = this.getattr(fixedIds.latest);
        return [
          folder('at', fixedIds.at),
          ...(latest
            ? [{ name: 'latest', ino: latest.ino, kind: latest.kind, attributes: latest }]
            : []),
          folder('snapshots', fixedIds.snapshots),
          folder('versions', this.#trees.versionsNode),
        ];
      }
      case fixedIds.snapshots:
        return [...this.#trees.sets()]
          .reverse()
          .map((set) => folder(setFolder(set), this.#trees.nodeOfSet(set)));
      case fixedIds.at:
        return this.#asked.map((name) => folder(name, this.#trees.nodeAt(name)));
      default:
        return [];
    }
  }

  #at(name: string, signal: AbortSignal): MaybePromise<Attributes | undefined> {
    try {
      const node = this.#trees.nodeAt(name);
      if (!this.#asked.includes(name)) {
        this.#asked.push(name);
        if (this.#asked.length > maxAskedTimes) this.#asked.shift();
        this.#trees.timeAsked();
      }
      return this.#trees.getattr(node, signal);
    } catch (error) {
      if (isDuplifsError(error, 'TIME_STRING', 'NO_BACKUP')) return undefined;
      throw error;
    }
  }
}

/** The folder of a set in `snapshots/`. */
function setFolder(set: CatalogSet): string {
  return formatFolderName(set.endSeconds);
}
