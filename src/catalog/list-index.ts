/**
 * Fills a set's tree from its index (docs/index-format.md): metadata, exact sizes, the places of all
 * bytes, and the tables of blocks, without decoding any volume.
 *
 * Session keys are handed over, never written: the catalog lies on the disk in the clear.
 */
import { IndexParser } from '../archive/index.js';
import type { BlockStarts, BlockTable, IndexBinding, IndexVolume } from '../archive/index.js';
import { DuplifsError } from '../base/index.js';
import { ForeignIndex } from '../target/index.js';
import { cipherById } from '../openpgp/index.js';
import type { Catalog, CatalogSet } from './catalog.js';
import { EntryPacker } from './entry-packer.js';
import type { EntryWriter } from './entry-writer.js';
import { ImpliedFolders } from './implied-folders.js';
import type { ImpliedPaths } from './implied-folders.js';
import { IndexedRows, unknownVolume } from './indexed-rows.js';
import { putPoints, putTable } from './seek-tables.js';
import type { SetVolume } from './set-volumes.js';
import type { VolumeDirectory } from './volume-directory.js';

const partBytes = 1024;
const tableBytesPerBatch = 2 ** 20;
/** Beside its blocks. */
const bytesPerTable = 200;

export interface IndexTarget {
  readonly catalog: Catalog;
  readonly writer: EntryWriter;
  readonly set: CatalogSet;
  /** As the set's manifest has them. */
  readonly volumes: readonly SetVolume[];
  /** Keeps the session keys that the index gives. */
  readonly directory: VolumeDirectory;
}

export interface ListedIndex extends ImpliedPaths {
  /** Undefined in an index of an older version. */
  readonly binding: IndexBinding | undefined;
}

const foreignHint =
  'An earlier --time can be restored. If only the index was mistaken, remove this file: the set is then read without it';

/**
 * Reads a whole index's plaintext into the catalog. Fails with DAMAGED when it is not about this set or
 * does not agree with the manifest; what was written by then must be cleared.
 */
export async function listIndex(
  { catalog, writer, set, volumes, directory }: IndexTarget,
  name: string,
  plaintext: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): Promise<ListedIndex> {
  const byNumber = new Map(volumes.map((volume) => [volume.number, volume]));
  const implied = new ImpliedFolders({ catalog, writer, set });
  const tables = new VolumeTables(catalog, byNumber, directory, name);
  const indexed = { setId: set.id, name, volumeId: (number: number) => byNumber.get(number)?.id };
  const rows = new IndexedRows(catalog.connection, writer);
  const packer = new EntryPacker({ packed: catalog.packed, writer, rows, implied, set: indexed });
  let binding: IndexBinding | undefined;
  const parser = new IndexParser(name, {
    set: ({ setKey }) => {
      if (setKey === set.key) return;
      throw new ForeignIndex(name, set.key, setKey, foreignHint);
    },
    entry: (entry, records) => {
      packer.put(entry, records);
    },
    volume: (volume) => {
      tables.add(volume);
    },
    blockStarts: (part) => {
      tables.addStarts(part);
    },
    binding: (found) => {
      binding = found;
    },
  });
  const push = (part: Buffer): void => {
    parser.push(part);
  };
  const settle = (): void => {
    packer.settle();
  };
  for await (const chunk of plaintext) {
    await writer.writeAll(partsOf(chunk), push, signal, settle);
    if (tables.isFull) tables.write();
  }
  parser.end();
  tables.finish(set.id);
  return { ...(await implied.finish(signal)), binding };
}

/** Some entries each, so that between them can be looked at the time. */
function* partsOf(chunk: Buffer): Generator<Buffer> {
  for (let at = 0; at < chunk.length; at += partBytes) yield chunk.subarray(at, at + partBytes);
}

/** Writes the volumes' tables of blocks as they come: some 36 bytes for 256 KiB of backup, and where blocks begin. */
class VolumeTables {
  readonly #catalog: Catalog;
  readonly #volumes: ReadonlyMap<number, SetVolume>;
  readonly #directory: VolumeDirectory;
  readonly #name: string;
  #added: [SetVolume, BlockTable][] = [];
  #addedStarts: [SetVolume, BlockStarts][] = [];
  #heldBytes = 0;
  #seen = 0;

  constructor(
    catalog: Catalog,
    volumes: ReadonlyMap<number, SetVolume>,
    directory: VolumeDirectory,
    name: string,
  ) {
    this.#catalog = catalog;
    this.#volumes = volumes;
    this.#directory = directory;
    this.#name = name;
  }

  add(record: IndexVolume): void {
    const volume = this.#volumes.get(record.number);
    if (volume === undefined) throw unknownVolume(this.#name, record.number);
    if (volume.hash?.algorithm !== 'SHA1' || volume.hash.hex !== record.sha1.toString('hex')) {
      throw new DuplifsError(
        'DAMAGED',
        `"${this.#name}" is not about the volume ${record.number} that the manifest names`,
      );
    }
    // without blocks nothing is known of how parts of it can be read: it may be found out
    if (record.table.blocks.length > 0) this.#added.push([volume, record.table]);
    this.#heldBytes += bytesPerTable + record.table.blocks.length;
    this.#seen += 1; // no volume comes twice (PlaceCheck)
    if (record.sessionKey === undefined) return;
    const { algorithm, key } = record.sessionKey;
    this.#directory.keepSessionKey(volume.id, { algorithm: cipherById(algorithm).name, key });
  }

  addStarts(part: BlockStarts): void {
    const volume = this.#volumes.get(part.volume);
    if (volume === undefined) throw unknownVolume(this.#name, part.volume);
    this.#addedStarts.push([volume, part]);
    for (const { window } of part.starts) this.#heldBytes += bytesPerTable + window.length;
  }

  /** Whether there is as much as should be written before more comes. */
  get isFull(): boolean {
    return this.#heldBytes >= tableBytesPerBatch;
  }

  /** Writes what was added since the last time, in one short transaction. */
  write(): void {
    const added = this.#added;
    const starts = this.#addedStarts;
    this.#added = [];
    this.#addedStarts = [];
    this.#heldBytes = 0;
    const { connection } = this.#catalog;
    connection.transaction(() => {
      for (const [volume, table] of added) putTable(connection, volume, table);
      for (const [volume, part] of starts) putPoints(connection, volume, part);
    })();
  }

  /** To be called once the index was found to be whole. */
  finish(setId: number): void {
    if (this.#seen < this.#volumes.size) {
      throw new DuplifsError('DAMAGED', `"${this.#name}" does not name all volumes of its set`);
    }
    this.write();
    this.#catalog.connection
      .prepare('UPDATE volumes SET catalogued = 1 WHERE set_id = ?')
      .run(setId);
    for (const volume of this.#volumes.values()) volume.catalogued = true;
  }
}
