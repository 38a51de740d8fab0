/**
 * The catalog of one target: its sets and volumes, and every path in every set (schema.ts). This class
 * asks and keeps the rows; the files beside it fill them.
 */
import { LRUCache } from 'lru-cache';
import { decodeName, encodeName } from '../base/index.js';
import { DeltaMaps } from './delta-maps.js';
import { entryColumns, rowToEntry } from './entry.js';
import type { CatalogEntry, EntryRow } from './entry.js';
import { PackedEntries } from './packed-entries.js';
import { PieceReader } from './piece-reader.js';
import type { Piece } from './piece-reader.js';
import { fullIdOf, openCatalogFile, rootId } from './schema.js';
import type { Connection } from './schema.js';
import type { Statement } from '../sqlite/index.js';

export interface CatalogSet {
  readonly id: number;
  /** Times as in file names: `20231114T221320Z`, or `P.to.T` of an incremental. */
  readonly key: string;
  readonly kind: 'full' | 'inc';
  readonly startSeconds: number;
  readonly endSeconds: number;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  readonly groupName: string;
}

interface SetRow {
  id: number;
  key: string;
  kind: 'full' | 'inc';
  start_seconds: number;
  end_seconds: number;
}

/** What a set's tree was made from first. */
export type ListSource = 'index' | 'signatures' | 'volumes';

export interface ListedFrom {
  readonly source: ListSource;
  /** Of the file. */
  readonly name: string | undefined;
  /** Whether it is an index that does not say what the set was made on. */
  readonly isUnbound: boolean;
}

/** Each may be some kilobytes. */
const maxPaths = 500;

/** Subfolders counted: some 10 ms. ext4 stops counting, too, though later. */
const mostSubfolders = 10_000;

/**
 * A parameter after LIMIT. SQLite plans with the value of one that stands there alone, and so compiles the statement
 * anew (80 µs) whenever another value is bound.
 */
const anyLimit = '(? + 0)';

type VersionRange = [fullId: number, setId: number];

/** The newest version of the name `n` within a range of sets. */
const newestVersion = `
  v.name_id = n.id AND v.set_id = (
    SELECT max(set_id) FROM versions WHERE name_id = n.id AND set_id BETWEEN ? AND ?
  ) AND v.kind <> 0`;

export class Catalog {
  /** For the files of this folder that fill the catalog. */
  readonly connection: Connection;
  readonly deltaMaps: DeltaMaps;
  readonly packed: PackedEntries;
  readonly #children: Statement<[...VersionRange, number, Buffer, number], EntryRow>;
  readonly #child: Statement<[...VersionRange, number, Buffer], EntryRow>;
  readonly #entry: Statement<[...VersionRange, number], EntryRow>;
  readonly #history: Statement<VersionRangeOfName, EntryRow>;
  readonly #allVersions: Statement<[number], EntryRow>;
  readonly #subfolders: Statement<[...VersionRange, number], number>;
  readonly #namesBelow: Statement<[number, Buffer, number], [number, Buffer]>;
  readonly #nameBelow: Statement<[number, Buffer], number>;
  readonly #name: Statement<[number], [number, Buffer]>;
  readonly #parent: Statement<[number], number>;
  readonly #owner: Statement<[number], [number, number, Buffer, Buffer]>;
  readonly #list: Statement<[number], [ListSource | 'unbound-index' | null, string | null]>;
  readonly #pieces: PieceReader;
  readonly #cuts: Statement<[number, number, number], [setId: number, reason: string]>;
  readonly #setSize: Statement<[number, number, number]>;
  readonly #owners = new Map<number, Owner>();
  /** The last that were asked for. */
  readonly #paths = new LRUCache<number, string>({ max: maxPaths });

  constructor(path: string) {
    this.connection = openCatalogFile(path);
    const prepare = <P extends unknown[], R = unknown>(sql: string): Statement<P, R> =>
      this.connection.prepare<P, R>(sql);
    const select = `SELECT ${entryColumns} FROM names n JOIN versions v ON ${newestVersion}`;
    this.#children = prepare<[...VersionRange, number, Buffer, number], EntryRow>(
      `${select} WHERE n.parent = ? AND n.name > ? ORDER BY n.name LIMIT ${anyLimit}`,
    ).raw();
    this.#child = prepare<[...VersionRange, number, Buffer], EntryRow>(
      `${select} WHERE n.parent = ? AND n.name = ?`,
    ).raw();
    this.#entry = prepare<[...VersionRange, number], EntryRow>(`${select} WHERE n.id = ?`).raw();
    this.#subfolders = prepare<[...VersionRange, number], number>(
      `SELECT count(*) FROM (
         SELECT 1 FROM names n INDEXED BY folders JOIN versions v ON ${newestVersion} AND v.type = 1
         WHERE n.parent = ? AND n.folder = 1 LIMIT ${mostSubfolders + 1}
       )`,
    ).pluck();
    const versions = `SELECT ${entryColumns} FROM versions v JOIN names n ON n.id = v.name_id`;
    this.#history = prepare<VersionRangeOfName, EntryRow>(
      `${versions} WHERE v.name_id = ? AND v.set_id BETWEEN ? AND ? ORDER BY v.set_id DESC`,
    ).raw();
    this.#allVersions = prepare<[number], EntryRow>(
      `${versions} JOIN sets s ON s.id = v.set_id WHERE v.name_id = ? AND v.kind <> 0
       ORDER BY s.end_seconds, s.id`,
    ).raw();
    this.#namesBelow = prepare<[number, Buffer, number], [number, Buffer]>(
      `SELECT id, name FROM names n WHERE parent = ? AND name > ?
         AND EXISTS (SELECT 1 FROM versions v JOIN sets s ON s.id = v.set_id
                     WHERE v.name_id = n.id AND v.kind <> 0)
       ORDER BY name LIMIT ${anyLimit}`,
    ).raw();
    this.#nameBelow = prepare<[number, Buffer], number>(
      'SELECT id FROM names WHERE parent = ? AND name = ?',
    ).pluck();
    this.#name = prepare<[number], [number, Buffer]>(
      'SELECT parent, name FROM names WHERE id = ?',
    ).raw();
    this.#parent = prepare<[number], number>('SELECT parent FROM names WHERE id = ?').pluck();
    this.#owner = prepare<[number], [number, number, Buffer, Buffer]>(
      'SELECT uid, gid, user_name, group_name FROM owners WHERE id = ?',
    ).raw();
    this.#list = prepare<[number], [ListSource | 'unbound-index' | null, string | null]>(
      'SELECT listed_from, listed_name FROM sets WHERE id = ?',
    ).raw();
    this.#pieces = new PieceReader(this.connection);
    this.deltaMaps = new DeltaMaps(this.connection);
    this.packed = new PackedEntries(this.connection);
    this.#cuts = prepare<[number, number, number], [number, string]>(
      'SELECT set_id, reason FROM cuts WHERE name_id = ? AND set_id BETWEEN ? AND ? ORDER BY set_id DESC',
    ).raw();
    this.#setSize = prepare<[number, number, number]>(
      'UPDATE versions SET size = ? WHERE name_id = ? AND set_id = ?',
    );
  }

  close(): void {
    this.connection.close();
  }

  /** The sets of all chains, by time. */
  sets(): CatalogSet[] {
    return this.connection
      .prepare<[], SetRow>('SELECT * FROM sets ORDER BY end_seconds, id')
      .all()
      .map((row) => ({
        id: row.id,
        key: row.key,
        kind: row.kind,
        startSeconds: row.start_seconds,
        endSeconds: row.end_seconds,
      }));
  }

  /** The machine and folder that a set was made of, where its manifest was read and says so. */
  sourceOf(setId: number): { hostName: string; folder: string } | undefined {
    const row = this.connection
      .prepare<[number], { host_name: string | null; source: Buffer | null }>(
        'SELECT host_name, source FROM sets WHERE id = ?',
      )
      .get(setId);
    if (row === undefined || row.host_name === null || row.source === null) return undefined;
    return { hostName: row.host_name, folder: decodeName(row.source) };
  }

  /** What the set's tree was made from, and the name of that file; undefined for a set that is not listed. */
  listOf(setId: number): ListedFrom | undefined {
    const row = this.#list.get(setId);
    if (row === undefined || row[0] === null) return undefined;
    const [from, name] = row;
    const isUnbound = from === 'unbound-index';
    return { source: isUnbound ? 'index' : from, name: name ?? undefined, isUnbound };
  }

  /** Notes what the set's tree is made from. */
  setList(setId: number, source: ListSource | 'unbound-index', name?: string): void {
    this.connection
      .prepare('UPDATE sets SET listed_from = ?, listed_name = ? WHERE id = ?')
      .run(source, name ?? null, setId);
  }

  /** The entries of a folder as of a set, by name as bytes, after the name `after`. */
  children(setId: number, folderId: number, after: string, limit: number): CatalogEntry[] {
    this.packed.unpack(folderId);
    return this.#children
      .all(fullIdOf(setId), setId, folderId, encodeName(after), limit)
      .map(rowToEntry);
  }

  child(setId: number, folderId: number, name: string): CatalogEntry | undefined {
    this.packed.unpack(folderId);
    return toEntry(this.#child.get(fullIdOf(setId), setId, folderId, encodeName(name)));
  }

  /** The path's newest version up to the set; undefined when it did not exist then. */
  entry(setId: number, id: number): CatalogEntry | undefined {
    return toEntry(this.#entry.get(fullIdOf(setId), setId, id));
  }

  /** How many folders a folder holds as of a set; Infinity where they are too many to count. */
  subfolders(setId: number, folderId: number): number {
    const count = this.#subfolders.get(fullIdOf(setId), setId, folderId) ?? 0;
    return count > mostSubfolders ? Infinity : count;
  }

  /** The versions of a path in the set's chain up to the set, newest first, deletions among them. */
  history(setId: number, id: number): (CatalogEntry & { readonly deleted: boolean })[] {
    return this.#history
      .all(id, fullIdOf(setId), setId)
      .map((row) => ({ ...rowToEntry(row), deleted: row[4] === 0 }));
  }

  /** Every version of a path in every chain, oldest first, without deletions. */
  allVersions(id: number): CatalogEntry[] {
    return this.#allVersions.all(id).map(rowToEntry);
  }

  /** The names that ever were in a folder, by name as bytes, after the name `after`. */
  namesBelow(folderId: number, after: string, limit: number): { id: number; name: string }[] {
    this.packed.unpack(folderId);
    return this.#namesBelow
      .all(folderId, encodeName(after), limit)
      .map(([id, name]) => ({ id, name: decodeName(name) }));
  }

  nameBelow(folderId: number, name: string): number | undefined {
    this.packed.unpack(folderId);
    return this.#nameBelow.get(folderId, encodeName(name));
  }

  /** Parent and last component of a path; the root's parent is itself. */
  nameOf(id: number): { parent: number; name: string } | undefined {
    if (id === rootId) return { parent: rootId, name: '' };
    const row = this.#name.get(id);
    return row && { parent: row[0], name: decodeName(row[1]) };
  }

  /** The id of the folder that a path lies in; the root's is itself. */
  parentOf(id: number): number | undefined {
    return id === rootId ? rootId : this.#parent.get(id);
  }

  pathOf(id: number): string {
    // names of ids never change; whoever asks for a path asks for its neighbours next
    const below: { readonly id: number; readonly name: string }[] = [];
    let path = '';
    for (let at = id; at !== rootId;) {
      const known = this.#paths.get(at);
      if (known !== undefined) {
        path = known;
        break;
      }
      const row = this.nameOf(at);
      if (row === undefined) return ''; // forgotten with its sets
      below.push({ id: at, name: row.name });
      at = row.parent;
    }
    for (const step of below.reverse()) {
      path = path === '' ? step.name : `${path}/${step.name}`;
    }
    if (below.length > 0) this.#paths.set(id, path);
    const folder = below.at(-2);
    if (folder !== undefined) this.#paths.set(folder.id, path.slice(0, path.lastIndexOf('/')));
    return path;
  }

  owner(id: number): Owner {
    const known = this.#owners.get(id);
    if (known !== undefined) return known;
    const row = this.#owner.get(id);
    const owner: Owner = {
      uid: row?.[0] ?? 0,
      gid: row?.[1] ?? 0,
      userName: decodeName(row?.[2] ?? Buffer.alloc(0)),
      groupName: decodeName(row?.[3] ?? Buffer.alloc(0)),
    };
    this.#owners.set(id, owner);
    return owner;
  }

  /** Where the bytes of a path's version in a set lie, in order, some at a time. */
  pieces(setId: number, id: number): Iterable<readonly Piece[]> {
    return this.#pieces.pages(setId, id);
  }

  /** The same, if they are few, and cheaper for who asks for paths in the order of their ids; see PieceReader. */
  piecesInTurn(setId: number, id: number): Piece[] | undefined {
    return this.#pieces.piecesInTurn(setId, id);
  }

  /** What is noted as the most that a file's size can be: by its signature, or by an index that is not believed. */
  sizeLimit(setId: number, id: number): number | undefined {
    const sql = 'SELECT size_limit FROM versions WHERE name_id = ? AND set_id = ?';
    return (
      this.connection.prepare<[number, number], number | null>(sql).pluck().get(id, setId) ??
      undefined
    );
  }

  /** Whether `cutOf` has anything to tell of any file. */
  hasCuts(): boolean {
    return this.connection.prepare('SELECT 1 FROM cuts LIMIT 1').get() !== undefined;
  }

  /**
   * Why the file's version in a set is not all of the file as it was then: it could not be read to its end. With it the
   * set since which that has been so without a whole version between.
   */
  cutOf(
    setId: number,
    id: number,
  ): { readonly reason: string; readonly sinceSetId: number } | undefined {
    const cuts = this.#cuts.all(id, fullIdOf(setId), setId);
    const [newest] = cuts;
    if (newest?.[0] !== setId) return undefined;
    const wasCut = new Set(cuts.map(([cutSetId]) => cutSetId));
    let sinceSetId = setId;
    for (const version of this.history(setId, id)) {
      if (!wasCut.has(version.setId)) break;
      sinceSetId = version.setId;
    }
    return { reason: newest[1], sinceSetId };
  }

  /** Keeps a size that was found by resolving a delta. */
  setSize(setId: number, id: number, size: number): void {
    this.#setSize.run(size, id, setId);
  }
}

type VersionRangeOfName = [nameId: number, ...VersionRange];

function toEntry(row: EntryRow | undefined): CatalogEntry | undefined {
  return row && rowToEntry(row);
}
