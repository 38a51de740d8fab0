/** Reads an index record by record, in bounded memory. */
import { createHash } from 'node:crypto';
import { damaged } from '../damaged.js';
import type { Fail } from '../damaged.js';
import { ByteReader } from './byte-reader.js';
import { EntryDecoder, totalLength } from './entry-codec.js';
import { decodeBinding } from './binding-codec.js';
import { lengthOfDeltaMap } from './delta-map.js';
import type { EntryRecords } from './entry-list.js';
import type {
  BlockStart,
  IndexBinding,
  IndexCounts,
  IndexedEntry,
  IndexEntry,
  IndexHeader,
  IndexVolume,
} from './model.js';
import { PlaceCheck } from './place-check.js';
import { checksumLength, magic, maxFrameBytes, maxRecordBytes, recordKinds } from './record.js';
import { SeekTableDecoder } from './seek-table-codec.js';
import { decodeVolume } from './volume-codec.js';

/** What the parser calls, in the order of the file. Whatever it throws, the parser passes on. */
export interface IndexSink {
  /** Once, before anything else. */
  set(header: IndexHeader): void;
  /**
   * Entries and deletions in the set's order; a volume they name may come later. Of most of them `records` say how they
   * stand in the index, good during the call.
   */
  entry(entry: IndexEntry, records?: EntryRecords): void;
  volume(volume: IndexVolume): void;
  /** Where blocks begin of the volume that comes next. */
  blockStarts?(part: BlockStarts): void;
  /** At most once, anywhere; indexes of older versions have none. */
  binding?(binding: IndexBinding): void;
}

/** Where the body of a record lies. */
interface Frame {
  readonly kind: number;
  readonly start: number;
  readonly end: number;
}

/** Where some blocks of a volume begin, from the one with the number `first` on. */
export interface BlockStarts {
  readonly volume: number;
  readonly first: number;
  readonly starts: readonly BlockStart[];
}

/**
 * A push parser. Until end() has returned nothing that the sink was told is certain: the checksum over
 * the whole stands at the end. Some 100,000 entries take 0.1 s, so push chunks of 64 KiB or so.
 */
export class IndexParser {
  readonly #fail: Fail;
  readonly #sink: IndexSink;
  readonly #hash = createHash('sha256');
  readonly #entries = new EntryDecoder();
  readonly #places = new PlaceCheck();
  readonly #counts = { entries: 0, deletions: 0, volumes: 0 };
  #held: Buffer[] = [];
  #heldLength = 0;
  /** Bytes that must be there before it is worth looking again. */
  #wanted = magic.length;
  #isBound = false;
  /** The newest entry, which a delta map may follow. */
  #newest: IndexedEntry | undefined;
  /** Its records; undefined once the bytes are the caller's again. */
  #newestRecords: EntryRecords | undefined;
  /** The newest volume, which records with its table may follow. */
  #newestVolume: IndexVolume | undefined;
  #seekTable: SeekTableDecoder | undefined;
  #state: 'magic' | 'set' | 'records' | 'done' = 'magic';

  /** `fileName` is what errors call the index. */
  constructor(fileName: string, sink: IndexSink) {
    this.#fail = (what) => damaged(fileName, what);
    this.#sink = sink;
  }

  /** Parses the next bytes. Throws DAMAGED. */
  push(chunk: Buffer): void {
    if (this.#heldLength + chunk.length < this.#wanted) {
      this.#hold(chunk);
      return;
    }
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([...this.#held, chunk]);
    const used = this.#parse(bytes);
    this.#held = [];
    this.#heldLength = 0;
    this.#hold(bytes.subarray(used));
  }

  /** Keeps a copy: the chunk is the caller's again once push has returned. */
  #hold(bytes: Buffer): void {
    if (bytes.length > 0 && this.#state === 'done')
      throw this.#fail('goes on after its end record');
    if (bytes.length > 0) this.#held.push(Buffer.from(bytes));
    this.#heldLength += bytes.length;
  }

  /** Hands out the newest entry or volume as well, where a part of an index ends. */
  flush(): void {
    const entry = this.#newest;
    this.#newest = undefined;
    if (entry !== undefined) this.#sink.entry(entry, this.#newestRecords);
    const volume = this.#seekTable?.end() ?? this.#newestVolume;
    this.#newestVolume = undefined;
    this.#seekTable = undefined;
    if (volume !== undefined) this.#sink.volume(volume);
  }

  /** The index ended. Throws DAMAGED when its end record is not there. */
  end(): IndexCounts {
    if (this.#state !== 'done') throw this.#fail('ends before its end record');
    return this.#counts;
  }

  /** Parses what is whole; returns how many bytes that was, and sets what the rest still wants. */
  #parse(bytes: Buffer): number {
    let at = 0;
    if (this.#state === 'magic') at = this.#magic(bytes);
    let hashed = at;
    while (this.#state !== 'done') {
      const frame = this.#frame(bytes, at);
      if (frame === undefined) break;
      if (frame.end > bytes.length) {
        this.#wanted = frame.end - at;
        break;
      }
      if (frame.kind === recordKinds.end) {
        this.#hash.update(bytes.subarray(hashed, at));
        hashed = frame.end;
      }
      this.#record(frame, bytes, at);
      at = frame.end;
      this.#wanted = 1;
    }
    if (at > hashed) this.#hash.update(bytes.subarray(hashed, at));
    this.#newestRecords = undefined;
    return at;
  }

  #magic(bytes: Buffer): number {
    const version = magic.length - 1;
    if (!bytes.subarray(0, version).equals(magic.subarray(0, version))) {
      throw this.#fail('is not an index');
    }
    if (bytes[version] !== magic[version]) {
      throw this.#fail('is an index of a version that is not known');
    }
    this.#hash.update(magic);
    this.#state = 'set';
    return magic.length;
  }

  /** The frame of the record at `at`; undefined when even that is not all there. */
  #frame(bytes: Buffer, at: number): Frame | undefined {
    const [kindByte = 0x80, lengthByte = 0x80] = [bytes[at], bytes[at + 1]];
    if (kindByte < 0x80 && lengthByte < 0x80) {
      return { kind: kindByte, start: at + 2, end: at + 2 + lengthByte }; // nearly all of them
    }
    const limit = Math.min(bytes.length, at + maxFrameBytes);
    let start = at;
    for (let numbers = 0; numbers < 2; start += 1) {
      if (start >= limit) {
        if (limit < bytes.length || limit - at >= maxFrameBytes) {
          throw this.#fail('holds a number that is too long');
        }
        this.#wanted = limit - at + 1;
        return undefined;
      }
      if ((bytes[start] ?? 0) < 0x80) numbers += 1;
    }
    const reader = new ByteReader(bytes, at, start, this.#fail);
    const kind = reader.number();
    const length = reader.number();
    if (length > maxRecordBytes) throw this.#fail(`holds a record of ${length} bytes`);
    return { kind, start, end: start + length };
  }

  /** The record in the frame, which begins at `at`. */
  #record({ kind, start, end }: Frame, bytes: Buffer, at: number): void {
    const from = new ByteReader(bytes, start, end, this.#fail);
    if ((kind === recordKinds.set) !== (this.#state === 'set')) {
      throw this.#fail('does not begin with the set that it is about');
    }
    if (kind === recordKinds.deltaMap) {
      this.#deltaMap(from);
      const records = this.#newestRecords;
      if (records?.end === at) records.end = end;
      else this.#newestRecords = undefined;
    }
    if (kind === recordKinds.seekTable) {
      this.#seekTableOf(from);
      return;
    }
    this.flush();
    if (kind === recordKinds.set) {
      this.#state = 'records';
      this.#sink.set({ setKey: from.text(), producer: from.text() });
    } else if (kind === recordKinds.entry) {
      this.#counts.entries += 1;
      const before = this.#entries.state;
      const entry = this.#entries.entry(from, this.#fail);
      for (const run of entry.runs) this.#places.use(run);
      this.#newest = entry;
      this.#newestRecords = { bytes, start: at, end, before, after: this.#entries.state };
    } else if (kind === recordKinds.deletion) {
      this.#counts.deletions += 1;
      const before = this.#entries.state;
      const entry = this.#entries.deletion(from, this.#fail);
      this.#sink.entry(entry, { bytes, start: at, end, before, after: this.#entries.state });
    } else if (kind === recordKinds.volume) {
      this.#counts.volumes += 1;
      const volume = decodeVolume(from, this.#fail);
      this.#places.add(volume, this.#fail);
      this.#newestVolume = volume;
    } else if (kind === recordKinds.binding) {
      if (this.#isBound) throw this.#fail('is bound twice');
      this.#isBound = true;
      this.#sink.binding?.(decodeBinding(from));
    } else if (kind === recordKinds.end) {
      this.#end(from);
    }
  }

  #seekTableOf(from: ByteReader): void {
    const volume = this.#newestVolume;
    if (volume === undefined) throw this.#fail('holds a table of no volume');
    this.#seekTable ??= new SeekTableDecoder(volume, this.#fail);
    const part = this.#seekTable.add(from);
    this.#sink.blockStarts?.({ volume: volume.number, ...part });
  }

  #deltaMap(from: ByteReader): void {
    const entry = this.#newest;
    if (entry?.kind !== 'diff') throw this.#fail('holds a delta map of nothing');
    const map = from.rest();
    const deltaLength = totalLength(entry.runs);
    if (lengthOfDeltaMap(map, { deltaLength, fail: this.#fail }) !== entry.size) {
      throw this.#fail('holds a delta map that does not make its file');
    }
    this.#newest = { ...entry, deltaMap: map };
  }

  #end(from: ByteReader): void {
    const { entries, deletions, volumes } = this.#counts;
    const isWhole =
      from.number() === entries && from.number() === deletions && from.number() === volumes;
    if (!isWhole || !from.raw(checksumLength).equals(this.#hash.digest())) {
      throw this.#fail('does not agree with its checksum');
    }
    this.#places.check(this.#fail);
    this.#state = 'done';
  }
}
