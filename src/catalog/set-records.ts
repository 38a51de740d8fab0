/**
 * What the catalog knows of one set, as an index says it: entries in the order of the volumes, and how parts of the volumes
 * can be read. All of it is from volumes that were verified whole, or from an index that was believed; what only a sigtar
 * has told is no part of it.
 */
import { setImmediate } from 'node:timers/promises';
import type {
  BlockStart,
  BlockTable,
  IndexEntry,
  IndexVolume,
  PieceRun,
} from '../archive/index.js';
import { decodeName, DuplifsError } from '../base/index.js';
import type { Catalog, CatalogSet, Owner } from './catalog.js';
import { notInVolumes } from './disagreement.js';
import { entryTypes, versionKinds } from './entry.js';
import { provenStates } from './entry-writer.js';
import { rootId } from './schema.js';
import { pointsOf, tableOf } from './seek-tables.js';
import type { SetVolume } from './set-volumes.js';
import type { Statement } from '../sqlite/index.js';

const rowsPerPage = 500;
const startsPerPage = 64;
const entriesPerBatch = 200;

type Row = readonly [
  id: number,
  name: Buffer,
  kind: number | null,
  type: number,
  mode: number,
  owner: number,
  mtimeSeconds: number,
  size: number | null,
  link: Buffer | null,
  major: number | null,
  minor: number | null,
  proven: number,
];

/** A folder that is gone through. */
interface OpenFolder {
  readonly id: number;
  readonly path: string;
  page: Row[];
  at: number;
}

export class SetRecords {
  readonly #catalog: Catalog;
  readonly #set: CatalogSet;
  readonly #children: Statement<[setId: number, parent: number, after: Buffer], Row>;
  readonly #cut: Statement<[id: number, setId: number], string>;

  /** The set's volumes must all be catalogued. */
  constructor(catalog: Catalog, set: CatalogSet) {
    this.#catalog = catalog;
    this.#set = set;
    const { connection } = catalog;
    // who asks for all rows of a set is rare, and all others need not keep this
    connection.exec('CREATE INDEX IF NOT EXISTS versions_of_set ON versions (set_id)');
    this.#children = connection
      .prepare<[number, number, Buffer], Row>(
        `SELECT n.id, n.name, v.kind, v.type, v.mode, v.owner, v.mtime_seconds, v.size, v.link, v.major, v.minor, v.proven
         FROM names n LEFT JOIN versions v ON v.name_id = n.id AND v.set_id = ?
         WHERE n.parent = ? AND n.name > ? ORDER BY n.name LIMIT ${rowsPerPage}`,
      )
      .raw();
    this.#cut = connection
      .prepare<[number, number], string>('SELECT reason FROM cuts WHERE name_id = ? AND set_id = ?')
      .pluck();
  }

  /** The ids of regular files whose sizes are still to be found (Content.size), for volumes share them. */
  unsized(): number[] {
    return this.#catalog.connection
      .prepare<[number], number>(
        `SELECT name_id FROM versions INDEXED BY versions_of_set
         WHERE set_id = ? AND type = 0 AND kind IN (1, 2) AND size IS NULL`,
      )
      .pluck()
      .all(this.#set.id);
  }

  /**
   * All entries and deletions, some at a time, with a turn of the event loop between.
   * @throws DuplifsError DAMAGED where the volumes are not all that the set's signatures tell, or hold what cannot be used
   */
  async *entries(): AsyncGenerator<readonly IndexEntry[]> {
    let batch: IndexEntry[] = [];
    for (const entry of this.#walk(await this.#folders())) {
      batch.push(entry);
      if (batch.length < entriesPerBatch) continue;
      yield batch;
      batch = [];
      await setImmediate();
    }
    if (batch.length > 0) yield batch;
  }

  /** The table of a volume, and where its blocks begin; without blocks where it can only be read from its start. */
  tableOf(volume: SetVolume): { table: IndexVolume['table']; starts: Iterable<BlockStart> } {
    const { id, container } = volume;
    const { connection } = this.#catalog;
    const table = tableOf(connection, id, container);
    if (table !== undefined) return { table, starts: startsOf(this.#catalog, id) };
    const plaintextLength = connection
      .prepare<[number], number>('SELECT plaintext_length FROM volume_tables WHERE volume_id = ?')
      .pluck()
      .get(id);
    if (plaintextLength === undefined) {
      throw new DuplifsError('INCOMPLETE', `"${volume.name ?? ''}" was not decoded yet`);
    }
    return { table: wholeTable(container, plaintextLength), starts: [] };
  }

  /** The folders that hold something of the set, near or far. */
  async #folders(): Promise<ReadonlySet<number>> {
    const parents = this.#catalog.connection
      .prepare<[number], number>(
        `SELECT DISTINCT n.parent FROM versions v INDEXED BY versions_of_set JOIN names n ON n.id = v.name_id
         WHERE v.set_id = ?`,
      )
      .pluck()
      .all(this.#set.id);
    const folders = new Set<number>([rootId]);
    for (const parent of parents) {
      for (let id = parent; id !== 0 && !folders.has(id);) {
        folders.add(id);
        id = this.#catalog.parentOf(id) ?? 0;
      }
    }
    await setImmediate();
    return folders;
  }

  *#walk(folders: ReadonlySet<number>): Generator<IndexEntry> {
    const root = this.#rootRow();
    const rootEntry = root && this.#entryOf(root, '');
    if (rootEntry !== undefined) yield rootEntry;
    const open: OpenFolder[] = [this.#open(rootId, '')];
    for (let folder = open.at(-1); folder !== undefined; folder = open.at(-1)) {
      const row = this.#next(folder);
      if (row === undefined) {
        open.pop();
        continue;
      }
      const name = decodeName(row[1]);
      const path = folder.path === '' ? name : `${folder.path}/${name}`;
      const entry = this.#entryOf(row, path);
      if (entry !== undefined) yield entry;
      if (folders.has(row[0])) open.push(this.#open(row[0], path));
    }
  }

  /** The root has no name, and so comes after nothing. */
  #rootRow(): Row | undefined {
    return this.#catalog.connection
      .prepare<[number, number], Row>(
        `SELECT ${rootId}, x'', kind, type, mode, owner, mtime_seconds, size, link, major, minor, proven
         FROM versions WHERE name_id = ? AND set_id = ?`,
      )
      .raw()
      .get(rootId, this.#set.id);
  }

  #open(id: number, path: string): OpenFolder {
    return {
      id,
      path,
      page: this.#children.all(this.#set.id, id, Buffer.alloc(0)),
      at: 0,
    };
  }

  #next(folder: OpenFolder): Row | undefined {
    if (folder.at >= folder.page.length && folder.page.length === rowsPerPage) {
      const last = folder.page.at(-1)?.[1] ?? Buffer.alloc(0);
      folder.page = this.#children.all(this.#set.id, folder.id, last);
      folder.at = 0;
    }
    folder.at += 1;
    return folder.page[folder.at - 1];
  }

  /** Undefined where the set has nothing of the path, or only a folder that was put in for what lies below it. */
  #entryOf(row: Row, path: string): IndexEntry | undefined {
    const [id, , kindNumber, typeNumber, mode, ownerId, mtimeSeconds, size, link, major, minor] =
      row;
    if (kindNumber === null) return undefined;
    const kind = versionKinds[kindNumber];
    const type = entryTypes[typeNumber] ?? 'reg';
    const owner = this.#catalog.owner(ownerId);
    const isFolder = kind !== 'deleted' && type === 'dir';
    if (isFolder && isPutIn({ mode, mtimeSeconds, owner }, this.#set)) return undefined;
    if (row[11] === provenStates.hint || kind === 'stored' || kind === undefined) {
      throw notInVolumes(path, this.#set.key, this.#catalog.listOf(this.#set.id)?.name);
    }
    if (kind === 'deleted') return { kind, path };
    const { uid, gid, userName, groupName } = owner;
    const common = { path, type, mode, uid, gid, userName, groupName, mtimeSeconds, kind };
    if (type === 'sym') {
      return { ...common, linkTarget: decodeName(link ?? Buffer.alloc(0)), size: 0, runs: [] };
    }
    if (type === 'chr' || type === 'blk') {
      return { ...common, device: { major: major ?? 0, minor: minor ?? 0 }, size: 0, runs: [] };
    }
    if (type !== 'reg') return { ...common, size: 0, runs: [] };
    if (size === null) throw this.#unusable(path, 'its size is not known');
    const runs = this.#runsOf(id, path);
    const length = runs.reduce((sum, run) => sum + run.length * run.count, 0);
    if (kind === 'snapshot' && length !== size)
      throw this.#unusable(path, 'pieces of it are missing');
    const setId = this.#set.id;
    const cut = this.#cut.get(id, setId);
    const deltaMap = kind === 'diff' ? this.#catalog.deltaMaps.of(setId, id) : undefined;
    return { ...common, size, runs, cut, deltaMap };
  }

  #runsOf(id: number, path: string): PieceRun[] {
    const runs: PieceRun[] = [];
    let next = 0;
    for (const page of this.#catalog.pieces(this.#set.id, id)) {
      for (const { volumeNumber: volume, offset, length, number, count, stride } of page) {
        const isNext = runs.length === 0 ? number <= 1 : number === next;
        if (!isNext) throw this.#unusable(path, 'pieces of it are missing');
        next = number + count;
        runs.push({ volume, offset, length, count, stride: count === 1 ? 0 : stride });
      }
    }
    if (runs.length === 0) throw this.#unusable(path, 'pieces of it are missing');
    return runs;
  }

  #unusable(path: string, reason: string): DuplifsError {
    return new DuplifsError(
      'DAMAGED',
      `What set ${this.#set.key} holds of "${path}" cannot be used: ${reason}`,
    );
  }
}

/** Whether it is a folder as implied-folders.ts makes them: who reads the index makes it again. */
function isPutIn(
  { mode, mtimeSeconds, owner }: { mode: number; mtimeSeconds: number; owner: Owner },
  { endSeconds }: CatalogSet,
): boolean {
  const isNameless = owner.userName === '' && owner.groupName === '';
  return isNameless && mode === 0o755 && mtimeSeconds === endSeconds;
}

/** Of a volume that can only be read from its start. */
function wholeTable(container: SetVolume['container'], plaintextLength: number): BlockTable {
  const none = { plaintextLength, blocks: Buffer.alloc(0) };
  return container === 'gpg' ? { ...none, container, layout: undefined } : { ...none, container };
}

/** A page at a time, for they may be many. */
function* startsOf({ connection }: Catalog, volumeId: number): Generator<BlockStart> {
  const of = pointsOf(connection, volumeId);
  for (let first = 0; ; first += startsPerPage) {
    const page = of(first, startsPerPage);
    yield* page;
    if (page.length < startsPerPage) return;
  }
}
