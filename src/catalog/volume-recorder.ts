/**
 * Fills the catalog from one decoded volume: the metadata of its entries, where their bytes lie, and the
 * exact sizes. It watches the plaintext as it streams by and writes only after the volume was verified.
 */
import { comparePaths, isDuplifsError } from '../base/index.js';
import type { Report } from '../base/index.js';
import { DeltaMapper, DifftarParser } from '../archive/index.js';
import type { ContentEntry, DifftarEntry, UnusableEntry } from '../archive/index.js';
import type { SeekTable, VolumeObserver } from '../volume/index.js';
import { provenStates } from './entry-writer.js';
import type { EntryWriter, ProvenState } from './entry-writer.js';
import type { CatalogEvent } from './events.js';
import { PackedList } from './packed-list.js';
import { DeltaMaps } from './delta-maps.js';
import { notePolicy } from './proof-policy.js';
import type { ProofPolicy } from './proof-policy.js';
import type { Connection } from './schema.js';
import { putNoTable, putSeekTable } from './seek-tables.js';
import type { SetVolume, SetVolumes } from './set-volumes.js';
import { leaveToPrune } from './synchronize.js';

/** One row to write: a version or deletion, or a place of the bytes of a version (which comes after them). */
type Recorded =
  | {
      readonly kind: 'version';
      readonly entry: ContentEntry;
      readonly size: number | undefined;
      readonly deltaMap: Buffer | undefined;
    }
  | { readonly kind: 'deleted'; readonly path: string }
  | { readonly kind: 'lost'; readonly path: string; readonly offset: number }
  | PlacedPiece;

/** Pieces of equal length at equal distances, as those of a long file are. */
interface PlacedPiece {
  readonly kind: 'piece';
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  /** The first one's, from 1; 0 when it is all. */
  readonly number: number;
  count: number;
  stride: number;
}

/** An entry that further pieces may follow. */
interface Open {
  readonly entry: ContentEntry;
  length: number;
  /** Of a diff: what its delta does. */
  mapper: DeltaMapper | undefined;
}

/** Entries of a volume that cannot be used and are told of one by one. */
const mostToldOf = 10;
/** Delta maps of more bytes than these together are not kept of one volume; whoever reads such a delta keeps its map. */
const maxMapBytes = 16 * 2 ** 20;
/** The number of a piece that has no place: a file with it cannot be put together. */
const lostPiece = 2 ** 40;

export interface VolumeRecorderOptions {
  readonly connection: Connection;
  readonly writer: EntryWriter;
  readonly volume: SetVolume;
  /** Of the set. */
  readonly volumes: SetVolumes;
  /** What was demanded of the volume. */
  readonly policy: ProofPolicy;
  readonly report: Report<CatalogEvent>;
  /** Whether to note how parts of the volume can be read. */
  readonly wantsSeekTable: boolean;
  /** Called once all was written. */
  readonly recorded: (volume: SetVolume) => Promise<void>;
}

export class VolumeRecorder implements VolumeObserver {
  readonly wantsSeekTable: boolean;
  readonly #connection: Connection;
  readonly #writer: EntryWriter;
  readonly #volume: SetVolume;
  readonly #volumes: SetVolumes;
  readonly #policy: ProofPolicy;
  readonly #report: Report<CatalogEvent>;
  readonly #recorded: (volume: SetVolume) => Promise<void>;
  readonly #records = new PackedList<Recorded>();
  /** The newest pieces, which the next may join. */
  #run: PlacedPiece | undefined;
  readonly #parser: DifftarParser;
  #open: Open | undefined;
  #mapBytes = 0;
  #lastPath = '';
  #outOfOrder = 0;
  readonly #unusableEntries: UnusableEntry[] = [];
  #unusableCount = 0;
  #hasUntraced = false;

  constructor(options: VolumeRecorderOptions) {
    const { connection, writer, volume, volumes, policy, report, recorded } = options;
    this.#connection = connection;
    this.wantsSeekTable = options.wantsSeekTable;
    this.#writer = writer;
    this.#volume = volume;
    this.#volumes = volumes;
    this.#policy = policy;
    this.#report = report;
    this.#recorded = recorded;
    this.#parser = new DifftarParser(volume.name ?? '', {
      entry: (entry, dataOffset) => {
        this.#entry(entry, dataOffset);
      },
      data: (bytes) => {
        this.#count(bytes);
      },
      entryEnd: () => undefined,
      unusable: (entry, headerOffset) => {
        this.#unusable(entry, headerOffset);
      },
    });
  }

  chunk(bytes: Buffer): void {
    this.#parser.push(bytes);
  }

  async commit(plaintextLength: number, seekTable: SeekTable | undefined): Promise<void> {
    this.#parser.end();
    this.#close(
      this.#open?.entry.piece !== undefined && this.#open.entry.path !== this.#volume.endPath,
    );
    if (this.#outOfOrder > 0) {
      this.#report({
        level: 'warning',
        code: 'entries-out-of-order',
        name: this.#volume.name ?? '',
        count: this.#outOfOrder,
      });
    }
    this.#reportUnusable();
    const { id, setId, number } = this.#volume;
    notePolicy(this.#connection, setId, this.#policy);
    const putPiece = this.#connection.prepare(
      'INSERT OR REPLACE INTO pieces VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    const deltaMaps = new DeltaMaps(this.#connection);
    const state = this.#stateOfNew();
    await this.#writer.writeAll(this.#records, (record) => {
      if (record.kind === 'version') {
        const { entry, size, deltaMap } = record;
        const id = this.#writer.putVersion(setId, entry.kind, entry, { size, state });
        if (deltaMap !== undefined) deltaMaps.put(setId, id, deltaMap);
      } else if (record.kind === 'deleted') {
        this.#writer.putDeletion(setId, record.path, state);
      } else if (record.kind === 'lost') {
        const nameId = this.#writer.putLost(setId, record.path, state);
        putPiece.run(nameId, setId, number, record.offset, 0, id, lostPiece, 1, 0);
      } else {
        const nameId = this.#writer.nameId(record.path);
        const { offset, length, number: piece, count, stride } = record;
        putPiece.run(nameId, setId, number, offset, length, id, piece, count, stride);
      }
    });
    if (seekTable !== undefined) putSeekTable(this.#connection, this.#volume, seekTable);
    else if (this.wantsSeekTable) putNoTable(this.#connection, this.#volume, plaintextLength);
    // what was lost without a trace in the catalog is told of again by the next process
    const done = this.#connection
      .prepare('UPDATE volumes SET catalogued = ? WHERE id = ?')
      .run(this.#hasUntraced ? 0 : 1, id);
    if (done.changes === 0) leaveToPrune(this.#connection, setId); // the set has vanished meanwhile
    this.#volume.catalogued = true;
    this.#completeShared();
    await this.#recorded(this.#volume);
  }

  /** What is to be written down of an entry that the catalog does not have yet. */
  #stateOfNew(): ProvenState {
    const source = this.#connection
      .prepare<[number], string | null>('SELECT listed_from FROM sets WHERE id = ?')
      .pluck()
      .get(this.#volume.setId);
    return source === 'signatures' ? provenStates.news : provenStates.proven;
  }

  /** What it is about cannot be read then: a piece that has no place among others marks it. */
  #unusable(entry: UnusableEntry, offset: number): void {
    this.#unusableCount += 1;
    if (this.#unusableEntries.length < mostToldOf) this.#unusableEntries.push(entry);
    const { path, isFolder } = entry;
    this.#hasUntraced ||= path === undefined || isFolder;
    if (path === undefined || isFolder) return;
    if (path !== this.#open?.entry.path) this.#close();
    this.#records.push({ kind: 'lost', path, offset });
  }

  #reportUnusable(): void {
    const name = this.#volume.name ?? '';
    for (const { name: entry, reason } of this.#unusableEntries) {
      this.#report({ level: 'warning', code: 'entry-unusable', name, entry, reason });
    }
    const count = this.#unusableCount - this.#unusableEntries.length;
    if (count > 0) this.#report({ level: 'warning', code: 'entries-unusable', name, count });
  }

  #entry(entry: DifftarEntry, dataOffset: number): void {
    const open = this.#open;
    const isNext =
      entry.kind !== 'deleted' &&
      entry.piece !== undefined &&
      open?.entry.path === entry.path &&
      open.entry.kind === entry.kind;
    if (!isNext) {
      this.#close();
      if (entry.kind === 'deleted') {
        this.#records.push({ kind: 'deleted', path: entry.path });
        return;
      }
      if (comparePaths(this.#lastPath, entry.path) > 0) this.#outOfOrder += 1;
      this.#lastPath = entry.path;
      const isWholeDelta = entry.kind === 'diff' && !this.#isShared(entry.path);
      const mapper = isWholeDelta ? new DeltaMapper(entry.path) : undefined;
      this.#open = { entry, length: 0, mapper };
    }
    if (entry.type !== 'reg' || this.#open === undefined) return;
    const { path, piece: number = 0, dataLength: length } = entry;
    this.#open.length += length;
    this.#place(path, dataOffset, length, number);
  }

  #place(path: string, offset: number, length: number, number: number): void {
    const run = this.#run;
    if (run?.path === path && run.length === length && run.number + run.count === number) {
      const stride = offset - run.offset - (run.count - 1) * run.stride;
      if (run.number > 0 && (run.count === 1 || run.stride === stride)) {
        run.count += 1;
        run.stride = stride;
        return;
      }
    }
    this.#endRun();
    this.#run = { kind: 'piece', path, offset, length, number, count: 1, stride: 0 };
  }

  #endRun(): void {
    if (this.#run !== undefined) this.#records.push(this.#run);
    this.#run = undefined;
  }

  #count(bytes: Buffer): void {
    if (this.#open?.mapper === undefined) return;
    try {
      this.#open.mapper.push(bytes);
    } catch (error) {
      if (!isDuplifsError(error)) throw error;
      this.#open.mapper = undefined; // whoever reads the file will be told; the others are all right
    }
  }

  /**
   * What was open has ended. Pieces at the volume's edges of which the manifest does not know are not
   * all that there is of their file: it is damaged, and a size would be a lie.
   */
  #close(isCut = false): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    this.#endRun();
    const isPart = isCut || (open.entry.piece ?? 1) > 1;
    const size = isPart ? undefined : this.#size(open);
    const deltaMap = size === undefined ? undefined : this.#mapOf(open);
    this.#records.push({ kind: 'version', entry: open.entry, size, deltaMap });
  }

  #mapOf({ mapper }: Open): Buffer | undefined {
    const map = this.#mapBytes < maxMapBytes ? mapper?.map : undefined;
    this.#mapBytes += map?.length ?? 0;
    return map;
  }

  #size({ entry, length, mapper }: Open): number | undefined {
    if (this.#isShared(entry.path)) return undefined;
    if (entry.kind === 'snapshot') return length;
    try {
      return mapper?.resultLength;
    } catch (error) {
      if (!isDuplifsError(error)) throw error;
      return undefined; // cut short, see #count
    }
  }

  /** Whether other volumes of the set may hold more of the path. */
  #isShared(path: string): boolean {
    return this.#volumes.isShared(path, this.#volume);
  }

  /** The sizes of contents that several volumes share, once all of those were catalogued. */
  #completeShared(): void {
    const { setId, startPath, endPath } = this.#volume;
    const setSize = this.#connection.prepare(
      `UPDATE versions SET size = (
         SELECT sum(length * count) FROM pieces p WHERE p.name_id = versions.name_id AND p.set_id = versions.set_id
       ) WHERE name_id = ? AND set_id = ? AND kind = 1 AND type = 0`,
    );
    for (const path of new Set([startPath, endPath])) {
      const sharers = this.#volumes.covering(path);
      if (sharers.length < 2 || !sharers.every(({ catalogued }) => catalogued)) continue;
      const last = sharers.at(-1);
      if (last?.endPath === path && last.continues) continue; // the manifest lacks its end
      this.#writer.forgetIds();
      setSize.run(this.#writer.nameId(path), setId);
    }
  }
}
