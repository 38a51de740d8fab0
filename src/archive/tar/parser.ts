/**
 * A push parser for tar streams: bytes in, in chunks of any size, entries out. It reads what any tar
 * that duplicity ever used may have written (docs/format/1-bytes.md 4.1): ustar, PAX, GNU's long
 * names and V7. An archive ends at its first zero record or by just ending; what follows the zero
 * record is not looked at (4.7).
 */
import { decodeName } from '../../base/index.js';
import { damaged } from '../damaged.js';
import type { Fail } from '../damaged.js';
import { paddingLength } from './encode.js';
import { recordBytes, decodeHeader, isZeroRecord } from './header.js';
import type { TarHeader } from './header.js';
import { parsePax } from './pax.js';
import type { HeaderOverrides } from './pax.js';

/** What the parser calls, in the order of the stream. Whatever it throws, the parser passes on. */
export interface TarSink {
  /**
   * An entry begins. Offsets are in the whole tar: `headerOffset` of its first record, extension
   * headers included, and `dataOffset` of its first byte of data.
   */
  header(header: TarHeader, headerOffset: number, dataOffset: number): void;
  /** Bytes of the entry's data, in order: a part of the pushed chunk, not a copy. Never empty. */
  data(chunk: Buffer): void;
  /** The entry's data is complete; called for entries without data too. */
  entryEnd(): void;
}

const maxPaxBytes = 1 << 20;
const maxNameBytes = 65536;
/** Link, device, directory and fifo entries carry no data, whatever their size field says. */
const typesWithoutData = '123456';

/** Where the records of a sparse file say whether another one follows. */
const sparse = { moreInHeader: 482, moreInMap: 504 } as const;

type State = 'header' | 'extension' | 'sparse-map' | 'data' | 'padding' | 'done';

export class TarParser {
  readonly #fail: Fail;
  readonly #sink: TarSink;
  #state: State = 'header';
  /** The stream offset of the next byte. */
  #offset = 0;
  /** Bytes that the current state still wants. */
  #wanted = recordBytes;
  /** The start of a header record or extension body that the end of a chunk cut. */
  #held: Buffer | undefined;
  /** The extension header whose body is being read. */
  #extension = { typeflag: '', size: 0 };
  #globals: HeaderOverrides | undefined;
  #overrides: HeaderOverrides | undefined;
  #sparse: TarHeader | undefined;
  /** Where the current entry began, when an extension header came before it. */
  #entryStart: number | undefined;

  /** `fileName` is what errors call the stream. */
  constructor(fileName: string, sink: TarSink) {
    this.#fail = (what) => damaged(fileName, `${what}, before byte ${this.#offset} of the tar`);
    this.#sink = sink;
  }

  /** Whether the zero record was seen: nothing that follows matters. */
  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** Parses the next bytes. Throws DAMAGED. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && this.#state !== 'done';) {
      const take = Math.min(this.#wanted, chunk.length - at);
      if (this.#state !== 'data' && this.#state !== 'padding') {
        this.#collect(chunk, at, take);
      } else {
        if (this.#state === 'data') this.#sink.data(chunk.subarray(at, at + take));
        this.#consume(take);
        if (this.#wanted === 0) this.#partDone();
      }
      at += take;
    }
  }

  /** The stream ended. Throws DAMAGED when that was inside an entry. */
  end(): void {
    if (this.#state === 'done') return;
    const isBetween = this.#state === 'header' && this.#wanted === recordBytes;
    if (!isBetween || this.#entryStart !== undefined) throw this.#fail('ends inside a tar entry');
  }

  #expect(state: State, bytes: number): void {
    this.#state = state;
    this.#wanted = bytes;
  }

  #consume(count: number): void {
    this.#offset += count;
    this.#wanted -= count;
  }

  /** Data, or the padding after it, is complete. */
  #partDone(): void {
    if (this.#state === 'data') {
      this.#sink.entryEnd();
      // Entries begin at whole records, so the stream's offset alone tells the padding.
      const padding = paddingLength(this.#offset);
      if (padding > 0) {
        this.#expect('padding', padding);
        return;
      }
    }
    this.#expect('header', recordBytes);
  }

  /** Takes bytes of a header record or extension body, and acts once it is whole. */
  #collect(chunk: Buffer, at: number, take: number): void {
    let bytes = chunk;
    let start = at;
    if (this.#held !== undefined || take < this.#wanted) {
      this.#held ??= Buffer.allocUnsafe(this.#wanted);
      chunk.copy(this.#held, this.#held.length - this.#wanted, at, at + take);
      bytes = this.#held;
      start = 0;
    }
    this.#consume(take);
    if (this.#wanted > 0) return;
    this.#held = undefined;
    if (this.#state === 'header') this.#headerRecord(bytes, start);
    else if (this.#state === 'sparse-map') this.#sparseMap(bytes, start);
    else this.#extensionBody(bytes.subarray(start, start + this.#extension.size));
  }

  #headerRecord(bytes: Buffer, at: number): void {
    if (bytes[at] === 0 && isZeroRecord(bytes, at)) {
      if (this.#entryStart !== undefined) throw this.#fail('ends inside a tar entry');
      this.#expect('done', 0);
      return;
    }
    const record = decodeHeader(bytes, at, this.#fail);
    const recordStart = this.#offset - recordBytes;
    if ('xXgLK'.includes(record.typeflag)) {
      this.#beginExtension(record, recordStart);
      return;
    }
    if (record.typeflag === 'S') {
      this.#beginSparse(record, bytes[at + sparse.moreInHeader] ?? 0, recordStart);
      return;
    }
    this.#beginEntry(record, recordStart);
  }

  #beginEntry(record: TarHeader, recordStart: number): void {
    const header = this.#complete(record);
    this.#sink.header(header, this.#entryStart ?? recordStart, this.#offset);
    this.#entryStart = undefined;
    this.#overrides = undefined;
    this.#expect(header.size === 0 ? 'header' : 'data', header.size || recordBytes);
    if (header.size === 0) this.#sink.entryEnd();
  }

  /** GNU's old form of a sparse file, which no backup holds: records with more of its map may lie before the data. */
  #beginSparse(record: TarHeader, more: number, recordStart: number): void {
    this.#sparse = { ...record, fault: record.fault ?? 'that is sparse' };
    this.#entryStart ??= recordStart;
    if (more === 0) this.#beginEntry(this.#sparse, recordStart);
    else this.#expect('sparse-map', recordBytes);
  }

  #sparseMap(bytes: Buffer, at: number): void {
    if (this.#sparse === undefined || bytes[at + sparse.moreInMap] !== 0) {
      this.#expect('sparse-map', recordBytes);
    } else {
      this.#beginEntry(this.#sparse, this.#offset);
    }
  }

  /** The header with what its extension headers say. */
  #complete(record: TarHeader): TarHeader {
    const isPlain = this.#globals === undefined && this.#overrides === undefined;
    const header = isPlain ? record : { ...record, ...this.#globals, ...this.#overrides };
    if (header.size < 0) throw this.#fail('holds a tar entry of negative size');
    if (header.name.length > maxNameBytes || header.linkName.length > maxNameBytes) {
      throw this.#fail(`holds a name longer than ${maxNameBytes}`);
    }
    const hasData = header.size === 0 || !typesWithoutData.includes(header.typeflag);
    return hasData ? header : { ...header, size: 0 };
  }

  #beginExtension({ typeflag, size }: TarHeader, recordStart: number): void {
    const isName = typeflag === 'L' || typeflag === 'K';
    if (size < 1 || size > (isName ? maxNameBytes + 1 : maxPaxBytes)) {
      throw this.#fail(`holds an extension header of ${size} bytes`);
    }
    // A global header belongs to no entry.
    if (typeflag !== 'g') this.#entryStart ??= recordStart;
    this.#extension = { typeflag, size };
    this.#expect('extension', size + paddingLength(size));
  }

  #extensionBody(body: Buffer): void {
    const { typeflag } = this.#extension;
    if (typeflag === 'g') {
      this.#globals = { ...this.#globals, ...parsePax(body, this.#fail) };
    } else {
      this.#overrides = { ...this.#overrides, ...this.#overridesIn(typeflag, body) };
    }
    this.#expect('header', recordBytes);
  }

  #overridesIn(typeflag: string, body: Buffer): HeaderOverrides {
    if (typeflag === 'L') return { name: decodeName(beforeNul(body)) };
    if (typeflag === 'K') return { linkName: decodeName(beforeNul(body)) };
    return parsePax(body, this.#fail);
  }
}

function beforeNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}
