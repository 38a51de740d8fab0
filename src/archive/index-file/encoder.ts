/** Writes an index as a backup goes on: entry by entry, volume by volume, in bounded memory. */
import { createHash } from 'node:crypto';
import { isContinuous } from '../block-table/block-table.js';
import { encodeBinding } from './binding-codec.js';
import type { BlockStart, IndexBinding, IndexEntry, IndexHeader, IndexVolume } from './model.js';
import { ByteWriter } from './byte-writer.js';
import { EntryEncoder } from './entry-codec.js';
import { magic, maxRecordBytes, recordKinds } from './record.js';
import { encodeSeekTable } from './seek-table-codec.js';
import { encodeVolume } from './volume-codec.js';

const chunkBytes = 65536;

/**
 * A push encoder: what is added comes out as chunks of some 64 KiB, handed to `write` from within the
 * calls. Entries and deletions are added in the set's order; volumes at any point. A number, offset or
 * digest that cannot be is a RangeError: a bug of the caller.
 */
export class IndexEncoder {
  readonly #write: (chunk: Buffer) => void;
  readonly #hash = createHash('sha256');
  readonly #record = new ByteWriter();
  readonly #pending = new ByteWriter();
  readonly #entries = new EntryEncoder();
  readonly #counts = { entries: 0, deletions: 0, volumes: 0 };

  constructor(header: IndexHeader, write: (chunk: Buffer) => void) {
    this.#write = write;
    this.#pending.raw(magic);
    this.#record.text(header.setKey);
    this.#record.text(header.producer);
    this.#add(recordKinds.set);
  }

  entry(entry: IndexEntry): void {
    if (entry.kind === 'deleted') {
      this.#entries.deletion(entry, this.#record);
      this.#counts.deletions += 1;
      this.#add(recordKinds.deletion);
    } else {
      this.#entries.entry(entry, this.#record);
      this.#counts.entries += 1;
      this.#add(recordKinds.entry);
      if (entry.deltaMap === undefined) return;
      this.#record.raw(entry.deltaMap);
      this.#add(recordKinds.deltaMap);
    }
  }

  /** `starts` say where the blocks begin of a volume that is one deflate stream: as many as it has blocks. */
  volume(volume: IndexVolume, starts: Iterable<BlockStart> = []): void {
    encodeVolume(volume, this.#record);
    this.#counts.volumes += 1;
    this.#add(recordKinds.volume);
    const { number, table } = volume;
    if (!isContinuous(table)) return;
    const close = (): void => {
      this.#add(recordKinds.seekTable);
    };
    encodeSeekTable({ number, table }, starts, { to: this.#record, close });
  }

  /** At most once. */
  binding(binding: IndexBinding): void {
    encodeBinding(binding, this.#record);
    this.#add(recordKinds.binding);
  }

  /** Hands over all that was added so far. */
  flush(): void {
    if (this.#pending.written.length > 0) this.#flush();
  }

  /** Closes the index. Nothing may be added afterwards. */
  end(): void {
    this.#flush();
    this.#record.number(this.#counts.entries);
    this.#record.number(this.#counts.deletions);
    this.#record.number(this.#counts.volumes);
    this.#record.raw(this.#hash.digest());
    this.#frame(recordKinds.end);
    this.#write(Buffer.from(this.#pending.written));
  }

  #add(kind: number): void {
    this.#frame(kind);
    if (this.#pending.written.length >= chunkBytes) this.#flush();
  }

  #frame(kind: number): void {
    const body = this.#record.written;
    if (body.length > maxRecordBytes) throw new RangeError(`a record of ${body.length} bytes`);
    this.#pending.number(kind);
    this.#pending.bytes(body);
    this.#record.reset();
  }

  #flush(): void {
    const chunk = Buffer.from(this.#pending.written);
    this.#pending.reset();
    this.#hash.update(chunk);
    this.#write(chunk);
  }
}
