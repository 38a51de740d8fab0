/** What the catalog knows of paths across sets: which names ever were, and every version of each. */
import { decodeName, encodeName } from '../base/index.js';
import { entryColumns, rowToEntry } from './entry.js';
import type { CatalogEntry, EntryRow } from './entry.js';
import { fullIdOf, rootId } from './schema.js';
import type { Catalog } from './catalog.js';
import type { Statement } from '../sqlite/index.js';

/** A path in a folder, whichever sets have it. */
export interface PathName {
  readonly id: number;
  readonly name: string;
  /** Whether it was a folder in any set. */
  readonly wasFolder: boolean;
}

/** The same, with the sets that hold its newest versions up to two sets; undefined where there is none. */
export interface PairedName extends PathName {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** What one set says of a path. */
export interface StoredVersion {
  readonly entry: CatalogEntry;
  /** The set says that the path is gone: the entry is nothing but its name then. */
  readonly isDeleted: boolean;
}

type NameRow = readonly [id: number, name: Buffer, folder: number];
type PairRow = readonly [...NameRow, before: number | null, after: number | null];
type Ranges = [fullBefore: number, before: number, fullAfter: number, after: number];

const deletedKind = 0;
/** A parameter after LIMIT; see catalog.ts. */
const anyLimit = '(? + 0)';
const newestIn =
  '(SELECT max(set_id) FROM versions WHERE name_id = n.id AND set_id BETWEEN ? AND ?)';

export class VersionReader {
  readonly #packed: Catalog['packed'];
  readonly #versions: Statement<[number], EntryRow>;
  readonly #names: Statement<[number, Buffer, number], NameRow>;
  readonly #pairs: Statement<[...Ranges, number, Buffer, number], PairRow>;

  constructor({ connection, packed }: Pick<Catalog, 'connection' | 'packed'>) {
    this.#packed = packed;
    this.#versions = connection
      .prepare<[number], EntryRow>(
        `SELECT ${entryColumns} FROM versions v JOIN names n ON n.id = v.name_id
         WHERE v.name_id = ? ORDER BY v.set_id`,
      )
      .raw();
    const below = `FROM names n WHERE n.parent = ? AND n.name > ? ORDER BY n.name LIMIT ${anyLimit}`;
    this.#names = connection
      .prepare<[number, Buffer, number], NameRow>(`SELECT n.id, n.name, n.folder ${below}`)
      .raw();
    this.#pairs = connection
      .prepare<[...Ranges, number, Buffer, number], PairRow>(
        `SELECT n.id, n.name, n.folder, ${newestIn}, ${newestIn} ${below}`,
      )
      .raw();
  }

  /** Every row of a path, deletions among them, by the ids of their sets; also of sets that are not listed whole. */
  versions(id: number): StoredVersion[] {
    return this.#versions
      .all(id)
      .map((row) => ({ entry: rowToEntry(row), isDeleted: row[4] === deletedKind }));
  }

  /** At most `limit` names of a folder by name as bytes, after the name `after`; a set need not have them any more. */
  names(folderId: number, after: string, limit: number): PathName[] {
    this.#packed.unpack(folderId);
    return this.#names.all(folderId, encodeName(after), limit).map(nameOf);
  }

  /** The same, with where the versions lie that two sets have. */
  pairs(
    sets: { readonly before: number; readonly after: number },
    folderId: number,
    after: string,
    limit: number,
  ): PairedName[] {
    this.#packed.unpack(folderId);
    const { before: a, after: b } = sets;
    const name = encodeName(after);
    const rows = this.#pairs.all(fullIdOf(a), a, fullIdOf(b), b, folderId, name, limit);
    return rows.map((row) => {
      const { id, name, wasFolder } = nameOf([row[0], row[1], row[2]]);
      return { id, name, wasFolder, before: row[3] ?? undefined, after: row[4] ?? undefined };
    });
  }
}

/** The root, as a name like others. */
export const rootName: PathName = { id: rootId, name: '', wasFolder: true };

function nameOf([id, name, folder]: NameRow): PathName {
  return { id, name: decodeName(name), wasFolder: folder !== 0 };
}
