/**
 * Takes what an index says of paths into the catalog, in the order of the index: folders into rows, and what lies in them
 * packed, unless a folder's files have rows already (packed-entries.ts).
 */
import { EntryListEncoder } from '../archive/index.js';
import type { EntryRecords, IndexEntry } from '../archive/index.js';
import type { EntryWriter } from './entry-writer.js';
import type { ImpliedFolders } from './implied-folders.js';
import { unknownVolume } from './indexed-rows.js';
import type { IndexedRows, IndexedSet } from './indexed-rows.js';
import type { PackedEntries } from './packed-entries.js';

export interface EntryPackerOptions {
  readonly packed: PackedEntries;
  readonly writer: EntryWriter;
  readonly rows: IndexedRows;
  readonly implied: ImpliedFolders;
  readonly set: IndexedSet;
}

/** What is unpacked at once takes some 5 ms. */
const packBytes = 16 * 1024;

/** A folder that entries come of, as it was found in the transaction under way. */
interface OpenFolder {
  readonly path: string;
  readonly id: number;
  readonly mayPack: boolean;
  /** Whether the listing has made it, so that no row knows a name in it but those of folders of this set. */
  readonly isNew: boolean;
  list: EntryListEncoder | undefined;
}

export class EntryPacker {
  readonly #options: EntryPackerOptions;
  readonly #open: OpenFolder[] = [];
  /** Ids of folders that the listing has made. */
  readonly #made = new Set<number>();

  constructor(options: EntryPackerOptions) {
    this.#options = options;
  }

  /**
   * Within a transaction, before whose end `settle` is to be called.
   * @param records of the entry in its index, where they are known
   */
  put(entry: IndexEntry, records?: EntryRecords): void {
    const { implied } = this.#options;
    const { path } = entry;
    const cut = path.lastIndexOf('/');
    const folder = path === '' ? undefined : this.#enter(cut === -1 ? '' : path.slice(0, cut));
    if (folder === undefined) {
      this.#putRow(entry);
      return;
    }
    if (entry.kind !== 'deleted' && entry.type === 'dir') {
      this.#putFolder(entry, folder, path.slice(cut + 1));
      return;
    }
    if (!folder.mayPack) {
      this.#putRow(entry);
      return;
    }
    const mayHaveRow = !folder.isNew && this.#hasRow(folder, path.slice(cut + 1));
    const isCut = entry.kind !== 'deleted' && entry.cut !== undefined;
    if (mayHaveRow || isCut) {
      if (isCut) this.settle(); // who asks whether any file was cut asks rows
      this.#putRow(entry);
      return;
    }
    this.#pack(entry, folder, records);
    if (entry.kind !== 'deleted') implied.checkParent(folder.id);
  }

  /** Has all that came in the catalog. What is known of folders is forgotten: others may unpack them meanwhile. */
  settle(): void {
    for (const folder of this.#open) this.#keep(folder);
    this.#open.length = 0;
  }

  /** Rows of a folder's name are new to the set: other sets must not have a file of that name packed. */
  #putFolder(entry: IndexEntry, folder: OpenFolder, name: string): void {
    const { packed, set } = this.#options;
    if (this.#hasRow(folder, name)) {
      this.#putRow(entry);
      return;
    }
    const mayBePacked = !folder.isNew && packed.isPackedByOthers(folder.id, set.setId);
    if (mayBePacked) this.settle(); // for the writer unpacks the folder above
    this.#made.add(this.#putRow(entry, { isNewName: !mayBePacked }));
  }

  #putRow(entry: IndexEntry, details?: { readonly isNewName: boolean }): number {
    const { rows, set, implied } = this.#options;
    const id = rows.put(entry, set, details);
    if (entry.kind !== 'deleted') implied.check();
    return id;
  }

  #pack(entry: IndexEntry, folder: OpenFolder, records: EntryRecords | undefined): void {
    const { name, volumeId } = this.#options.set;
    if (entry.kind !== 'deleted') {
      for (const { volume } of entry.runs) {
        if (volumeId(volume) === undefined) throw unknownVolume(name, volume);
      }
    }
    folder.list ??= new EntryListEncoder();
    folder.list.add(entry, records);
    if (folder.list.length >= packBytes) this.#keep(folder);
  }

  #hasRow(folder: OpenFolder, name: string): boolean {
    return this.#options.writer.findName(folder.id, name) !== undefined;
  }

  /** The folder of a path, with those closed that it does not lie in. */
  #enter(path: string): OpenFolder {
    let top = this.#open.at(-1);
    if (top?.path === path) return top;
    while (top !== undefined && !isWithin(path, top.path)) {
      this.#keep(top);
      this.#open.pop();
      top = this.#open.at(-1);
    }
    if (top?.path === path) return top;
    const { packed, writer } = this.#options;
    let id = writer.findPath(path);
    if (id === undefined) {
      // folders that no entry names: where names are made for them, all must be in rows
      this.settle();
      id = writer.nameId(path);
    }
    const isNew = this.#made.has(id);
    const folder = { path, id, mayPack: packed.mayPack(id), isNew, list: undefined };
    this.#open.push(folder);
    return folder;
  }

  #keep(folder: OpenFolder): void {
    const { packed, set, writer } = this.#options;
    if (folder.list === undefined) return;
    packed.put(folder.id, set.setId, folder.list.written);
    writer.forgetUnpacked();
    folder.list = undefined;
  }
}

function isWithin(path: string, folder: string): boolean {
  return folder === '' || (path.startsWith(folder) && path.charCodeAt(folder.length) === 0x2f);
}
