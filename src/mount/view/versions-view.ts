/**
 * `versions/`: every path that ever was. Each is a folder: it holds the names that were ever below it
 * and, where the path was a file, each distinct version of that.
 */
import { rootNameId } from '../../snapshot/index.js';
import type { FileVersionEntry, History } from '../../snapshot/index.js';
import type { Attributes, DirectoryEntry, MaybePromise } from '../file-system.js';
import { folderAttributes } from './attributes.js';
import type { OwnerOverride } from './attributes.js';
import { nodeNumber } from './node-number.js';
import { versionName } from './version-name.js';
import { changingSeconds } from './view.js';
import type { View } from './view.js';

export interface VersionsViewOptions {
  readonly view: number;
  readonly history: History;
  readonly override: OwnerOverride;
  /** The file as it is in its set, under an inode of its own. */
  readonly nodeOfVersion: (version: FileVersionEntry) => number;
  readonly getattr: (node: number, signal: AbortSignal) => MaybePromise<Attributes | undefined>;
}

/** Cookies of versions lie above those of names, which are ids of names. */
const firstVersionCookie = 2 ** 40;

interface NamedVersion {
  readonly name: string;
  readonly version: FileVersionEntry;
}

export class VersionsView implements View {
  readonly #options: VersionsViewOptions;

  constructor(options: VersionsViewOptions) {
    this.#options = options;
  }

  lookup(id: number, name: string, signal: AbortSignal): MaybePromise<Attributes | undefined> {
    const { history, nodeOfVersion, getattr } = this.#options;
    return this.#opened(id, signal, () => {
      const child = history.find(id, name);
      if (child !== undefined) return this.#folder(child);
      const found = this.#versions(id).find((named) => named.name === name);
      return found && getattr(nodeOfVersion(found.version), signal);
    });
  }

  getattr(id: number, signal: AbortSignal): MaybePromise<Attributes | undefined> {
    return this.#loaded(signal, () => this.#folder(id));
  }

  readdir(
    id: number,
    cookie: number,
    limit: number,
    signal: AbortSignal,
  ): MaybePromise<readonly DirectoryEntry[]> {
    return this.#opened(id, signal, () => {
      const names = cookie >= firstVersionCookie ? [] : this.#names(id, cookie, limit);
      if (names.length > 0) return names;
      const from = Math.max(0, cookie - firstVersionCookie);
      return this.#versions(id)
        .slice(from, from + limit)
        .map(({ name, version }, index) => ({
          name,
          ino: this.#options.nodeOfVersion(version),
          kind: version.entry.type,
          cookie: firstVersionCookie + from + index + 1,
        }));
    });
  }

  readlink(): never {
    throw new Error('only folders here');
  }

  read(): never {
    throw new Error('only folders here');
  }

  xattrs(): ReadonlyMap<string, Uint8Array> {
    return new Map();
  }

  parentOf(id: number): number | undefined {
    const parent = id === rootNameId ? undefined : this.#options.history.parentOf(id);
    return parent === undefined ? undefined : nodeNumber(this.#options.view, parent);
  }

  cacheSeconds(): number {
    return changingSeconds;
  }

  #loaded<T>(signal: AbortSignal, answer: () => MaybePromise<T>): MaybePromise<T> {
    const { history } = this.#options;
    return history.isLoaded ? answer() : history.load(signal).then(answer);
  }

  /** Waits as well until the names in a folder are at hand. */
  #opened<T>(id: number, signal: AbortSignal, answer: () => MaybePromise<T>): MaybePromise<T> {
    return this.#loaded(
      signal,
      () => this.#options.history.opening(id, signal)?.then(answer) ?? answer(),
    );
  }

  #names(id: number, cookie: number, limit: number): DirectoryEntry[] {
    const { history, view } = this.#options;
    const after = cookie === 0 ? '' : (history.nameOf(cookie) ?? '');
    return history.names(id, after, limit).map((child) => ({
      name: child.name,
      ino: nodeNumber(view, child.id),
      kind: 'dir' as const,
      cookie: child.id,
      attributes: this.#folder(child.id),
    }));
  }

  #folder(id: number): Attributes {
    const { history, view, override } = this.#options;
    // nlink 1: "not counted", as some file systems have it; find then looks for itself
    return {
      ...folderAttributes(nodeNumber(view, id), history.newestSeconds(), 0, override),
      nlink: 1,
    };
  }

  /** The path's versions by name; one whose name is taken by a path below gets a tilde. */
  #versions(id: number): NamedVersion[] {
    const { history } = this.#options;
    const fileName = history.nameOf(id) ?? '';
    return history.versions(id).map((version) => {
      let name = versionName(fileName, version.set.endSeconds);
      while (history.find(id, name) !== undefined) name += '~';
      return { name, version };
    });
  }
}
