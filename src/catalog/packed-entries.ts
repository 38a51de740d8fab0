/**
 * Entries of sets that nobody has asked for yet. Rows take ten times as long to write as it takes to read an index, and
 * most folders of a backup are never looked at: what an index says of a folder's files is kept as it came, and becomes
 * rows when the folder is.
 *
 * What all sets say of a folder's files is either here or in rows, but for files that rows know by their own names: so
 * whoever has the id of a path finds all its versions in rows, and only who looks for names in a folder has to unpack it.
 * Folders themselves always have rows.
 */
import { decodeEntryList } from '../archive/index.js';
import { eventLoopTurns } from '../base/index.js';
import { EntryWriter } from './entry-writer.js';
import { IndexedRows } from './indexed-rows.js';
import type { IndexedSet } from './indexed-rows.js';
import type { Connection } from './schema.js';
import type { Statement } from '../sqlite/index.js';

type PackRow = readonly [id: number, setId: number, name: string | null, entries: Buffer];

/** Names of a folder that are looked at to find that all of them are folders. */
const mostNames = 64;
/** What takes longer to unpack than an event loop should wait, in bytes. */
const largeBytes = 64 * 1024;

export class PackedEntries {
  readonly #connection: Connection;
  readonly #any: Statement<[folder: number], number>;
  readonly #bytes: Statement<[folder: number], number | null>;
  readonly #others: Statement<[folder: number, setId: number], number>;
  readonly #names: Statement<[folder: number], [count: number, folders: number | null]>;
  readonly #put: Statement<[folder: number, setId: number, entries: Buffer, setId: number]>;
  readonly #next: Statement<[folder: number], PackRow>;
  readonly #remove: Statement<[id: number]>;
  readonly #foldersOf: Statement<[setId: number], number>;
  readonly #volumeId: Statement<[setId: number, number: number], number>;
  readonly #writer: EntryWriter;
  readonly #rows: IndexedRows;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#any = connection
      .prepare<[number], number>('SELECT 1 FROM packed_entries WHERE folder = ? LIMIT 1')
      .pluck();
    this.#bytes = connection
      .prepare<[number], number | null>(
        'SELECT sum(length(entries)) FROM packed_entries WHERE folder = ?',
      )
      .pluck();
    this.#others = connection
      .prepare<[number, number], number>(
        'SELECT 1 FROM packed_entries WHERE folder = ? AND set_id <> ? LIMIT 1',
      )
      .pluck();
    this.#names = connection
      .prepare<[number], [number, number]>(
        `SELECT count(*), sum(folder) FROM (SELECT folder FROM names WHERE parent = ? LIMIT ${mostNames})`,
      )
      .raw();
    this.#put = connection.prepare(
      `INSERT INTO packed_entries (folder, set_id, entries)
       SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM sets WHERE id = ?)`,
    );
    this.#next = connection
      .prepare<[number], PackRow>(
        `SELECT p.id, p.set_id, s.listed_name, p.entries FROM packed_entries p JOIN sets s ON s.id = p.set_id
         WHERE p.folder = ? ORDER BY p.id LIMIT 1`,
      )
      .raw();
    this.#remove = connection.prepare('DELETE FROM packed_entries WHERE id = ?');
    this.#foldersOf = connection
      .prepare<[number], number>('SELECT DISTINCT folder FROM packed_entries WHERE set_id = ?')
      .pluck();
    this.#volumeId = connection
      .prepare<[number, number], number>('SELECT id FROM volumes WHERE set_id = ? AND number = ?')
      .pluck();
    this.#writer = new EntryWriter(connection);
    this.#rows = new IndexedRows(connection, this.#writer);
  }

  /** Whether what sets say of the folder's files may be packed: none of it is in rows, as far as a quick look tells. */
  mayPack(folderId: number): boolean {
    if (this.#isPacked(folderId)) return true;
    const [count, folders] = this.#names.get(folderId) ?? [0, 0];
    return count < mostNames && count === (folders ?? 0);
  }

  /** Whether entries of the folder are packed that other sets have. */
  isPackedByOthers(folderId: number, setId: number): boolean {
    return this.#others.get(folderId, setId) !== undefined;
  }

  /**
   * Keeps entries of a folder, unless their set has vanished meanwhile; within a transaction in which it was found that they
   * may be packed.
   */
  put(folderId: number, setId: number, entries: Buffer): void {
    this.#put.run(folderId, setId, entries, setId);
  }

  /** Makes rows of all that is packed of a folder: to be called before names are looked for in it. */
  unpack(folderId: number): void {
    if (!this.#isPacked(folderId)) return;
    this.#inTransaction(() => {
      while (this.#unpackNext(folderId)) continue;
    });
  }

  /** The same with turns of the event loop between, where it takes long; undefined, and nothing done, where it does not. */
  unpacking(folderId: number, signal?: AbortSignal): Promise<void> | undefined {
    const bytes = this.#bytes.get(folderId) ?? 0;
    return bytes > largeBytes ? this.#unpackInTurn(folderId, signal) : undefined;
  }

  /** Makes rows of all that is packed of a set. */
  unpackSet(setId: number): void {
    const folders = this.#foldersOf.all(setId);
    this.#inTransaction(() => {
      for (const folder of folders) while (this.#unpackNext(folder)) continue;
    });
  }

  /** The same, with turns of the event loop between. */
  async unpackSetInTurn(setId: number, signal?: AbortSignal): Promise<void> {
    for (const folder of this.#foldersOf.all(setId)) await this.#unpackInTurn(folder, signal);
  }

  async #unpackInTurn(folderId: number, signal: AbortSignal | undefined): Promise<void> {
    const turn = eventLoopTurns();
    // nobody has ids of what is half in rows: who looks for names unpacks the rest
    const step = this.#connection.transaction(() => this.#unpackNext(folderId));
    while (step()) {
      signal?.throwIfAborted();
      await turn();
    }
  }

  #isPacked(folderId: number): boolean {
    return this.#any.get(folderId) !== undefined;
  }

  /** False when nothing is left. */
  #unpackNext(folderId: number): boolean {
    const row = this.#next.get(folderId);
    if (row === undefined) return false;
    const [id, setId, listedName, entries] = row;
    this.#remove.run(id);
    this.#writer.forgetIds();
    const name = listedName ?? 'index';
    const set = { setId, name, volumeId: this.#volumeIds(setId) };
    for (const entry of decodeEntryList(entries, name)) this.#rows.put(entry, set);
    return true;
  }

  #volumeIds(setId: number): IndexedSet['volumeId'] {
    let known: { readonly number: number; readonly id: number | undefined } | undefined;
    return (number) => {
      if (known?.number !== number) known = { number, id: this.#volumeId.get(setId, number) };
      return known.id;
    };
  }

  #inTransaction(work: () => void): void {
    if (this.#connection.inTransaction) work();
    else this.#connection.transaction(work)();
  }
}
