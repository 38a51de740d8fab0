/**
 * What a catalog that is there already tells without its target: for completion. Nothing is written, made or mended; of a
 * catalog that is damaged, of another version or in use in a way that keeps readers out, nothing is known.
 */
import { existsSync } from 'node:fs';
import { decodeEntryList } from '../archive/index.js';
import { decodeName, encodeName, hasEscapes } from '../base/index.js';
import { entryTypes, versionKinds } from './entry.js';
import type { EntryType } from './entry.js';
import { fullIdOf, rootId, schemaVersion } from './ids.js';
import type { Connection } from './schema.js';
import type { Statement } from '../sqlite/index.js';

/** A path of one of the sets. */
export interface KnownPath {
  readonly path: string;
  readonly isFolder: boolean;
}

export interface KnownSet {
  readonly id: number;
  readonly kind: string;
  /** Seconds since the epoch. */
  readonly endSeconds: number;
  /** Whether the catalog has its tree. */
  readonly isListed: boolean;
}

/** Of a folder's names so many are looked at. */
const mostNames = 5000;
const deleted = versionKinds.indexOf('deleted');

/** Opens the catalog at `path` for reading; undefined where there is none that can be read. Loads SQLite only then. */
export async function openKnownPaths(path: string): Promise<KnownPaths | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    const { openDatabase } = await import('../sqlite/index.js');
    const connection = openDatabase(path, { isReadOnly: true, timeoutMs: 50 });
    if (connection.pragma('user_version') === schemaVersion) {
      return new KnownPaths(connection);
    }
    connection.close();
  } catch {
    // a lock, damage, another user's: then it is not known
  }
  return undefined;
}

type NameRow = readonly [id: number, name: Buffer, folder: number];

/** A name in a folder, and what it is in the tree that is asked for; undefined where that does not have it. */
type KnownName = readonly [name: string, type: EntryType | undefined];

export class KnownPaths {
  readonly #connection: Connection;
  readonly #names: Statement<[number, Buffer, Buffer, number], NameRow>;
  readonly #child: Statement<[number, Buffer], NameRow>;
  readonly #newest: Statement<[number, number, number], [kind: number, type: number]>;
  readonly #packed: Statement<[number], [setId: number, entries: Buffer]>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#names = connection
      .prepare<[number, Buffer, Buffer, number], NameRow>(
        'SELECT id, name, folder FROM names WHERE parent = ? AND name >= ? AND name < ? ORDER BY name LIMIT (? + 0)',
      )
      .raw();
    this.#child = connection
      .prepare<[number, Buffer], NameRow>(
        'SELECT id, name, folder FROM names WHERE parent = ? AND name = ?',
      )
      .raw();
    this.#newest = connection
      .prepare<[number, number, number], [number, number]>(
        'SELECT kind, type FROM versions WHERE name_id = ? AND set_id BETWEEN ? AND ? ORDER BY set_id DESC LIMIT 1',
      )
      .raw();
    this.#packed = connection
      .prepare<[number], [number, Buffer]>(
        'SELECT set_id, entries FROM packed_entries WHERE folder = ? ORDER BY set_id, id',
      )
      .raw();
  }

  /** All sets, the newest first. */
  sets(): KnownSet[] {
    return this.#connection
      .prepare<[], [number, string, number, number]>(
        'SELECT id, kind, end_seconds, listed FROM sets ORDER BY end_seconds DESC, id DESC',
      )
      .raw()
      .all()
      .map(([id, kind, endSeconds, listed]) => ({ id, kind, endSeconds, isListed: listed === 1 }));
  }

  /**
   * Paths that begin with `typed`, to the end of the name that is begun.
   * @param set whose tree has them; undefined for all that ever were
   */
  beginning(typed: string, set: number | undefined): KnownPath[] {
    const cut = typed.lastIndexOf('/') + 1;
    const folder = typed.slice(0, cut);
    const parent = this.#idOf(folder.split('/').filter((name) => name !== ''));
    if (parent === undefined) return [];
    const begun = typed.slice(cut);
    const from = encodeName(begun);
    const inRows = this.#names
      .all(parent, from, behind(from), mostNames)
      .map(([id, bytes, wasFolder]): KnownName => {
        const type = set === undefined ? (wasFolder === 0 ? 'reg' : 'dir') : this.#typeIn(id, set);
        return [decodeName(bytes), type];
      });
    return [...inRows, ...this.#packedNames(parent, begun, set)]
      .filter(([name, type]) => type !== undefined && !hasEscapes(name)) // what is not UTF-8 cannot be typed
      .sort(([a], [b]) => Buffer.compare(encodeName(a), encodeName(b)))
      .slice(0, mostNames)
      .map(([name, type]) => ({ path: folder + name, isFolder: type === 'dir' }));
  }

  /** Names that have no row yet (packed-entries.ts). */
  #packedNames(folderId: number, begun: string, set: number | undefined): Iterable<KnownName> {
    const found = new Map<string, EntryType | undefined>();
    for (const [setId, entries] of this.#packed.iterate(folderId)) {
      if (set !== undefined && (setId > set || setId < fullIdOf(set))) continue;
      for (const entry of decodeEntryList(entries, 'catalog')) {
        const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
        if (!name.startsWith(begun)) continue;
        if (entry.kind !== 'deleted') found.set(name, entry.type);
        else if (set !== undefined) found.set(name, undefined);
      }
      if (found.size > mostNames) break;
    }
    return found;
  }

  close(): void {
    this.#connection.close();
  }

  #idOf(names: readonly string[]): number | undefined {
    let id: number | undefined = rootId;
    for (const name of names) {
      if (id === undefined) return undefined;
      [id] = this.#child.get(id, encodeName(name)) ?? [undefined];
    }
    return id;
  }

  /** Undefined where the tree of the set does not have it. */
  #typeIn(id: number, set: number): EntryType | undefined {
    const [kind, type] = this.#newest.get(id, fullIdOf(set), set) ?? [deleted, 0];
    return kind === deleted ? undefined : entryTypes[type];
  }
}

/** The first bytes behind all that begin with `start`. */
function behind(start: Buffer): Buffer {
  let end = start.length;
  while (end > 0 && start[end - 1] === 0xff) end -= 1;
  if (end === 0) return Buffer.alloc(256, 0xff);
  const next = Buffer.from(start.subarray(0, end));
  next[end - 1] = (next[end - 1] ?? 0) + 1;
  return next;
}
