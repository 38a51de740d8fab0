/** Writes paths, owners and versions into the catalog; prepared once for a connection. */
import { setImmediate } from 'node:timers/promises';
import { DuplifsError, encodeName } from '../base/index.js';
import { entryTypes, versionKinds } from './entry.js';
import type { EntryType, VersionKind } from './entry.js';
import { rootId } from './schema.js';
import type { Connection } from './schema.js';
import type { Statement } from '../sqlite/index.js';

/** What a sigtar, a volume or an index says of a path, apart from its bytes. */
export interface EntryFacts {
  readonly path: string;
  readonly type: EntryType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  readonly groupName: string;
  readonly mtimeSeconds: number;
  readonly linkTarget?: string | undefined;
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
}

/** What is known of a file whose entry cannot be used. */
const unknownFile: Omit<EntryFacts, 'path'> = {
  type: 'reg',
  mode: 0,
  uid: 0,
  gid: 0,
  userName: '',
  groupName: '',
  mtimeSeconds: 0,
};

/** How long a transaction may hold the event loop. */
const sliceMilliseconds = 8;
/** Deeper paths than any system call takes (PATH_MAX is 4096 bytes). */
const maxDepth = 4096;

/**
 * What stands behind a row: a sigtar alone, or a verified volume or an accepted index. `news` is what a volume holds
 * and the set's sigtar tells otherwise or not at all; it becomes `proven` once it was told (hold-against.ts).
 */
export const provenStates = { hint: 0, proven: 1, news: 2 } as const;
export type ProvenState = (typeof provenStates)[keyof typeof provenStates];

export interface VersionDetails {
  /** Of a regular file, in bytes: exactly, or no more than. */
  readonly size?: number | undefined;
  readonly sizeLimit?: number | undefined;
  /** Proven unless it says otherwise. */
  readonly state?: ProvenState;
  /** Whether no set has anything of the path's last component below its folder, packed entries among it. */
  readonly isNewName?: boolean;
}

/** Makes rows of what is known of a folder otherwise (packed-entries.ts): before a name in it gets one. */
export interface Unpacker {
  unpack(folderId: number): void;
}

export class EntryWriter {
  readonly #connection: Connection;
  readonly #findName: Statement<[number, Buffer], number>;
  readonly #addName: Statement<[number, Buffer]>;
  readonly #markFolder: Statement<[number]>;
  readonly #findOwner: Statement<[number, number, Buffer, Buffer], number>;
  readonly #addOwner: Statement<[number, number, Buffer, Buffer]>;
  readonly #putVersion: Statement;
  readonly #owners = new Map<string, number>();
  /** The components of the last path and their ids: entries come in order, so most are shared. */
  #components: string[] = [];
  #ids: number[] = [];
  readonly #unpacker: Unpacker | undefined;
  /** A folder that was unpacked since `forgetIds`. */
  #unpacked = 0;

  /** The id of the folder that holds the last path written; 0 of the root. */
  get parentId(): number {
    if (this.#ids.length === 0) return 0;
    return this.#ids.at(-2) ?? rootId;
  }

  /** Without `unpacker` no name is made in a folder of which anything is packed. */
  constructor(connection: Connection, unpacker?: Unpacker) {
    this.#connection = connection;
    this.#unpacker = unpacker;
    this.#findName = connection
      .prepare<[number, Buffer], number>('SELECT id FROM names WHERE parent = ? AND name = ?')
      .pluck();
    this.#addName = connection.prepare('INSERT INTO names (parent, name) VALUES (?, ?)');
    this.#markFolder = connection.prepare(
      'UPDATE names SET folder = 1 WHERE id = ? AND folder = 0',
    );
    this.#findOwner = connection
      .prepare<[number, number, Buffer, Buffer], number>(
        'SELECT id FROM owners WHERE uid = ? AND gid = ? AND user_name = ? AND group_name = ?',
      )
      .pluck();
    this.#addOwner = connection.prepare(
      'INSERT INTO owners (uid, gid, user_name, group_name) VALUES (?, ?, ?, ?)',
    );
    this.#putVersion = connection.prepare(`
      INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET kind = excluded.kind, type = excluded.type, mode = excluded.mode,
        owner = excluded.owner, mtime_seconds = excluded.mtime_seconds, size = excluded.size,
        link = excluded.link, major = excluded.major, minor = excluded.minor,
        proven = CASE
          WHEN excluded.proven = ${provenStates.hint} THEN ${provenStates.hint}
          WHEN versions.proven <> ${provenStates.hint} THEN versions.proven
          WHEN (versions.kind = 0) = (excluded.kind = 0) AND versions.type = excluded.type
            THEN ${provenStates.proven}
          ELSE excluded.proven END
    `);
  }

  /**
   * Calls `write` for each item, many in one short transaction, with a turn of the event loop between: a
   * long list holds nobody up. `settle` ends each transaction.
   */
  async writeAll<T>(
    items: Iterable<T>,
    write: (item: T) => void,
    signal?: AbortSignal,
    settle?: () => void,
  ): Promise<void> {
    const iterator = items[Symbol.iterator]();
    let next = iterator.next();
    const slice = this.#connection.transaction(() => {
      this.forgetIds(); // the transaction before may have been rolled back
      const end = performance.now() + sliceMilliseconds;
      for (let count = 1; next.done !== true; count += 1) {
        write(next.value);
        next = iterator.next();
        if (count % 16 === 0 && performance.now() > end) break;
      }
      settle?.();
    });
    while (next.done !== true) {
      signal?.throwIfAborted();
      slice();
      await setImmediate();
    }
  }

  /** To be called after ids that the writer has seen were removed. */
  forgetIds(): void {
    this.#components = [];
    this.#ids = [];
    this.#unpacked = 0;
    this.#owners.clear();
  }

  /** The id of a path, with its folders added as needed. */
  nameId(path: string, isNewName = false): number {
    if (path === '') {
      this.#components = [];
      this.#ids = [];
      return rootId;
    }
    const components = path.split('/');
    if (components.length > maxDepth) {
      throw new DuplifsError('DAMAGED', `A path is more than ${maxDepth} folders deep`);
    }
    const ids: number[] = [];
    let parent = rootId;
    let shared = true;
    for (const [at, component] of components.entries()) {
      shared &&= this.#components[at] === component;
      const known = shared ? this.#ids[at] : undefined;
      const mayBeNew = isNewName && at === components.length - 1;
      parent = known ?? this.#componentId(parent, component, mayBeNew);
      ids.push(parent);
    }
    this.#components = components;
    this.#ids = ids;
    return parent;
  }

  /** Adds or replaces the version of a path in a set. Sizes count for regular files only. */
  putVersion(
    setId: number,
    kind: Exclude<VersionKind, 'deleted'>,
    facts: EntryFacts,
    { size, sizeLimit, state = provenStates.proven, isNewName = false }: VersionDetails = {},
  ): number {
    const id = this.nameId(facts.path, isNewName);
    const link = facts.linkTarget === undefined ? null : encodeName(facts.linkTarget);
    this.#putVersion.run(
      id,
      setId,
      versionKinds.indexOf(kind),
      entryTypes.indexOf(facts.type),
      facts.mode,
      this.#ownerId(facts),
      facts.mtimeSeconds,
      facts.type === 'reg' ? (size ?? null) : (link?.length ?? 0),
      sizeLimit ?? null,
      link,
      facts.device?.major ?? null,
      facts.device?.minor ?? null,
      state,
    );
    if (facts.type === 'dir') this.#markFolder.run(id);
    return id;
  }

  /** A path whose entry cannot be used: a file with a size, whose bytes lie nowhere. */
  putLost(setId: number, path: string, state: ProvenState): number {
    return this.putVersion(setId, 'snapshot', { ...unknownFile, path }, { size: 1, state });
  }

  putDeletion(setId: number, path: string, state: ProvenState = provenStates.proven): number {
    const id = this.nameId(path);
    const deleted = versionKinds.indexOf('deleted');
    this.#putVersion.run(id, setId, deleted, 0, 0, 0, 0, null, null, null, null, null, state);
    return id;
  }

  /** The id of a name that has one in its folder. */
  findName(folderId: number, name: string): number | undefined {
    return this.#findName.get(folderId, encodeName(name));
  }

  /** The id of a path that has one. */
  findPath(path: string): number | undefined {
    let id: number | undefined = rootId;
    let shared = true;
    for (const [at, component] of path === '' ? [] : path.split('/').entries()) {
      shared &&= this.#components[at] === component;
      id = (shared ? this.#ids[at] : undefined) ?? this.findName(id, component);
      if (id === undefined) return undefined;
    }
    return id;
  }

  /** To be called after entries were packed. */
  forgetUnpacked(): void {
    this.#unpacked = 0;
  }

  #componentId(parent: number, component: string, isNewName: boolean): number {
    const name = encodeName(component);
    let known = this.#findName.get(parent, name);
    if (known === undefined && !isNewName && this.#unpacked !== parent) {
      this.#unpacker?.unpack(parent);
      this.#unpacked = parent;
      known = this.#findName.get(parent, name);
    }
    return known ?? Number(this.#addName.run(parent, name).lastInsertRowid);
  }

  #ownerId({ uid, gid, userName, groupName }: EntryFacts): number {
    const key = JSON.stringify([uid, gid, userName, groupName]);
    const known = this.#owners.get(key);
    if (known !== undefined) return known;
    const user = encodeName(userName);
    const group = encodeName(groupName);
    const id =
      this.#findOwner.get(uid, gid, user, group) ??
      Number(this.#addOwner.run(uid, gid, user, group).lastInsertRowid);
    this.#owners.set(key, id);
    return id;
  }
}
