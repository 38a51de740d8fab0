/** Writes what an index says of a path: its version, and where its bytes lie. */
import type { IndexEntry } from '../archive/index.js';
import { DuplifsError } from '../base/index.js';
import { DeltaMaps } from './delta-maps.js';
import type { EntryWriter, VersionDetails } from './entry-writer.js';
import type { Connection } from './schema.js';
import type { Statement } from '../sqlite/index.js';

/** A set, and the ids of its volumes by their numbers. */
export interface IndexedSet {
  readonly setId: number;
  /** Of the index, for errors. */
  readonly name: string;
  readonly volumeId: (number: number) => number | undefined;
}

export class IndexedRows {
  readonly #writer: EntryWriter;
  readonly #deltaMaps: DeltaMaps;
  readonly #putPiece: Statement<number[]>;
  readonly #putCut: Statement<[id: number, setId: number, reason: string]>;

  constructor(connection: Connection, writer: EntryWriter) {
    this.#writer = writer;
    this.#deltaMaps = new DeltaMaps(connection);
    this.#putPiece = connection.prepare(
      'INSERT OR REPLACE INTO pieces VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#putCut = connection.prepare('INSERT OR REPLACE INTO cuts VALUES (?, ?, ?)');
  }

  /**
   * The id of the path.
   * @throws DuplifsError DAMAGED when the set has no volume of a number
   */
  put(entry: IndexEntry, set: IndexedSet, details?: Pick<VersionDetails, 'isNewName'>): number {
    const { setId } = set;
    if (entry.kind === 'deleted') return this.#writer.putDeletion(setId, entry.path);
    const { size } = entry;
    const id = this.#writer.putVersion(setId, entry.kind, entry, { size, ...details });
    if (entry.cut !== undefined) this.#putCut.run(id, setId, entry.cut);
    if (entry.deltaMap !== undefined) this.#deltaMaps.put(setId, id, entry.deltaMap);
    const isWhole = entry.runs.length === 1 && entry.runs[0]?.count === 1;
    let number = isWhole ? 0 : 1;
    for (const { volume, offset, length, count, stride } of entry.runs) {
      const volumeId = set.volumeId(volume);
      if (volumeId === undefined) throw unknownVolume(set.name, volume);
      this.#putPiece.run(id, setId, volume, offset, length, volumeId, number, count, stride);
      number += count;
    }
    return id;
  }
}

export function unknownVolume(name: string, number: number): DuplifsError {
  return new DuplifsError(
    'DAMAGED',
    `"${name}" names the volume ${number}, which the manifest does not`,
  );
}
