/**
 * Some entries and deletions as bytes, as an index has them (docs/index-format.md, "Entries" and "Delta maps"), without all
 * else that is in one: for who keeps parts of an index that were read and checked.
 */
import { damaged } from '../damaged.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { EntryDecoder, EntryEncoder } from './entry-codec.js';
import type { EntryState } from './entry-codec.js';
import type { IndexEntry } from './model.js';
import { recordKinds } from './record.js';

/** Where the records of an entry stand in an index, as long as nobody changes the bytes. */
export interface EntryRecords {
  readonly bytes: Buffer;
  readonly start: number;
  end: number;
  /** What the records before them left, and what they leave. */
  readonly before: EntryState;
  readonly after: EntryState;
}

export class EntryListEncoder {
  readonly #entries = new EntryEncoder();
  readonly #record = new ByteWriter();
  readonly #all = new ByteWriter();

  /** Entries that follow each other in an index as well need not be written anew: `records` are those of the entry. */
  add(entry: IndexEntry, records?: EntryRecords): void {
    if (records !== undefined && this.#entries.isAt(records.before)) {
      this.#all.raw(records.bytes, records.start, records.end);
      this.#entries.goTo(records.after);
      return;
    }
    if (entry.kind === 'deleted') {
      this.#entries.deletion(entry, this.#record);
      this.#close(recordKinds.deletion);
      return;
    }
    this.#entries.entry(entry, this.#record);
    this.#close(recordKinds.entry);
    if (entry.deltaMap === undefined) return;
    this.#record.raw(entry.deltaMap);
    this.#close(recordKinds.deltaMap);
  }

  /** How many bytes all that was added takes. */
  get length(): number {
    return this.#all.length;
  }

  /** All that was added, in bytes; good until the next is. */
  get written(): Buffer {
    return this.#all.written;
  }

  #close(kind: number): void {
    this.#all.number(kind);
    this.#all.bytes(this.#record.written);
    this.#record.reset();
  }
}

/** Takes apart what an EntryListEncoder has written. `name` is what errors call it. Throws DAMAGED. */
export function* decodeEntryList(bytes: Buffer, name: string): Generator<IndexEntry, undefined> {
  const fail = (what: string): Error => damaged(name, what);
  const from = new ByteReader(bytes, 0, bytes.length, fail);
  const entries = new EntryDecoder();
  let newest: IndexEntry | undefined;
  while (!from.isAtEnd) {
    const kind = from.number();
    const record = from.part();
    if (kind === recordKinds.deltaMap && newest?.kind === 'diff') {
      yield { ...newest, deltaMap: record.rest() };
      newest = undefined;
      continue;
    }
    if (newest !== undefined) yield newest;
    if (kind === recordKinds.entry) newest = entries.entry(record, fail);
    else if (kind === recordKinds.deletion) newest = entries.deletion(record, fail);
    else throw fail('holds a record of an unknown kind');
  }
  if (newest !== undefined) yield newest;
}
