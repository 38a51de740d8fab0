/**
 * Fills the catalog from one decoded volume: the metadata of its entries, where their bytes lie, and the
 * exact sizes. It watches the plaintext as it streams by and writes only after the volume was verified.
 */
import { comparePaths, DuplifsError } from '../base/index.js';
import { DifftarParser, type DifftarEntry } from '../archive/index.js';
import { DeltaLengthCounter } from '../librsync/index.js';
import { type VolumeObserver } from '../volume/index.js';
import { type EntryWriter } from './entry-writer.js';
import { type Connection } from './schema.js';
import { type SetVolume, type SetVolumes } from './set-volumes.js';

interface Recorded {
  readonly entry: DifftarEntry;
  readonly pieces: { readonly offset: number; readonly length: number }[];
  /** Of a diff: counts what the delta makes. */
  readonly counter: DeltaLengthCounter | undefined;
}

export class VolumeRecorder implements VolumeObserver {
  readonly #connection: Connection;
  readonly #writer: EntryWriter;
  readonly #volume: SetVolume;
  readonly #volumes: SetVolumes;
  readonly #warn: (message: string) => void;
  readonly #entries: Recorded[] = [];
  readonly #parser: DifftarParser;
  #outOfOrder = 0;

  constructor(
    connection: Connection,
    writer: EntryWriter,
    volume: SetVolume,
    volumes: SetVolumes,
    warn: (message: string) => void,
  ) {
    this.#connection = connection;
    this.#writer = writer;
    this.#volume = volume;
    this.#volumes = volumes;
    this.#warn = warn;
    this.#parser = new DifftarParser(volume.name ?? '', {
      entry: (entry, dataOffset) => {
        this.#entry(entry, dataOffset);
      },
      data: (bytes) => this.#entries.at(-1)?.counter?.push(bytes),
      entryEnd: () => undefined,
    });
  }

  chunk(bytes: Buffer): void {
    this.#parser.push(bytes);
  }

  async commit(): Promise<void> {
    this.#parser.end();
    if (this.#outOfOrder > 0) {
      this.#warn(
        `"${this.#volume.name ?? ''}" holds ${this.#outOfOrder} entries out of order; they are shown in their place`,
      );
    }
    const putPiece = this.#connection.prepare(
      'INSERT OR REPLACE INTO pieces VALUES (?, ?, ?, ?, ?, ?)',
    );
    await this.#writer.writeAll(this.#entries, (recorded) => {
      this.#write(recorded, (id, piece) =>
        putPiece.run(
          id,
          this.#volume.setId,
          this.#volume.number,
          piece.offset,
          piece.length,
          this.#volume.id,
        ),
      );
    });
    this.#volume.catalogued = true;
    this.#connection.prepare('UPDATE volumes SET catalogued = 1 WHERE id = ?').run(this.#volume.id);
    this.#completeShared();
  }

  #entry(entry: DifftarEntry, dataOffset: number): void {
    const last = this.#entries.at(-1);
    if (entry.kind === 'deleted') {
      this.#entries.push({ entry, pieces: [], counter: undefined });
    } else if (
      last?.entry.path === entry.path &&
      last.entry.kind === entry.kind &&
      entry.piece !== undefined
    ) {
      last.pieces.push({ offset: dataOffset, length: entry.dataLength });
    } else {
      if (last !== undefined && comparePaths(last.entry.path, entry.path) > 0)
        this.#outOfOrder += 1;
      const pieces = entry.type === 'reg' ? [{ offset: dataOffset, length: entry.dataLength }] : [];
      const counter =
        entry.kind === 'diff' && !this.#isShared(entry.path)
          ? new DeltaLengthCounter(entry.path)
          : undefined;
      this.#entries.push({ entry, pieces, counter });
    }
  }

  #write(
    { entry, pieces, counter }: Recorded,
    putPiece: (id: number, piece: Recorded['pieces'][number]) => void,
  ): void {
    const { setId } = this.#volume;
    if (entry.kind === 'deleted') {
      this.#writer.putDeletion(setId, entry.path);
      return;
    }
    const id = this.#writer.putVersion(
      setId,
      entry.kind,
      entry,
      this.#size(entry, pieces, counter),
    );
    for (const piece of pieces) putPiece(id, piece);
  }

  #size(
    entry: DifftarEntry & { kind: 'snapshot' | 'diff' },
    pieces: Recorded['pieces'],
    counter: DeltaLengthCounter | undefined,
  ): number | undefined {
    if (this.#isShared(entry.path)) return undefined;
    if (entry.kind === 'snapshot') return pieces.reduce((sum, { length }) => sum + length, 0);
    return counter?.resultLength;
  }

  /** Whether other volumes of the set may hold more of the path. */
  #isShared(path: string): boolean {
    const { startPath, endPath } = this.#volume;
    return (path === startPath || path === endPath) && this.#volumes.covering(path).length > 1;
  }

  /** The sizes of contents that several volumes share, once all of those were catalogued. */
  #completeShared(): void {
    const { setId, startPath, endPath } = this.#volume;
    for (const path of new Set([startPath, endPath])) {
      const sharers = this.#volumes.covering(path);
      if (sharers.length < 2 || !sharers.every((volume) => volume.catalogued)) continue;
      this.#connection
        .prepare(
          `UPDATE versions SET size = (
             SELECT sum(length) FROM pieces p WHERE p.name_id = versions.name_id AND p.set_id = versions.set_id
           ) WHERE name_id = ? AND set_id = ? AND kind = 1 AND type = 0`,
        )
        .run(this.#writer.nameId(path), setId);
    }
  }
}

/** A volume that does not hold what the manifest and the sigtar promise. */
export function missingEntry(path: string, setKey: string): DuplifsError {
  return new DuplifsError(
    'DAMAGED',
    `"${path}" is listed in set ${setKey} but lies in none of its volumes`,
    {
      hint: 'The signatures and the volumes of the set disagree; another set may have the file',
    },
  );
}
