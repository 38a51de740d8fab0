/** Reads the entries of a volume's tar (docs/format/1-bytes.md 4.2 and 4.3). */
import { damaged } from '../damaged.js';
import type { Fail } from '../damaged.js';
import { metadataOf, pathInName } from '../entry.js';
import type { DeletedEntry, EntryMetadata } from '../entry.js';
import type { TarHeader } from '../tar/header.js';
import { TarParser } from '../tar/parser.js';

/** New content or metadata of a path: whole (`snapshot`), or a librsync delta (`diff`). */
export interface ContentEntry extends EntryMetadata {
  readonly kind: 'snapshot' | 'diff';
  /** The number of this piece of a content that is cut into pieces; undefined when it is not. */
  readonly piece: number | undefined;
  /** Bytes of content or delta in this entry alone. */
  readonly dataLength: number;
}

export type DifftarEntry = ContentEntry | DeletedEntry;

/** What the parser calls, in the order of the volume. Whatever it throws, the parser passes on. */
export interface DifftarSink {
  /** Offsets in the volume's plaintext: of the entry's first header block and its first data byte. */
  entry(entry: DifftarEntry, dataOffset: number, headerOffset: number): void;
  /** Bytes of the entry's content or delta: a part of the pushed chunk, not a copy. Never empty. */
  data(chunk: Buffer): void;
  /** All of the entry's data was passed; called for entries without data too. */
  entryEnd(): void;
}

/** A push parser for the plaintext of one volume; see TarParser for its contract. */
export class DifftarParser {
  readonly #tar: TarParser;

  /** `fileName` is what errors call the volume. */
  constructor(fileName: string, sink: DifftarSink) {
    this.#tar = new TarParser(fileName, {
      header: (header, headerOffset, dataOffset) => {
        sink.entry(difftarEntry(header, fileName), dataOffset, headerOffset);
      },
      data: (chunk) => {
        sink.data(chunk);
      },
      entryEnd: () => {
        sink.entryEnd();
      },
    });
  }

  /** Whether the tar has ended: nothing that follows matters. */
  get isDone(): boolean {
    return this.#tar.isDone;
  }

  /** Parses the next bytes. Throws DAMAGED, naming the volume and the entry. */
  push(chunk: Buffer): void {
    this.#tar.push(chunk);
  }

  /** The stream ended. Throws DAMAGED when that was inside an entry. */
  end(): void {
    this.#tar.end();
  }
}

const kinds: Readonly<Record<string, 'snapshot' | 'diff' | undefined>> = {
  snapshot: 'snapshot',
  diff: 'diff',
  multivol_snapshot: 'snapshot',
  multivol_diff: 'diff',
};

function difftarEntry(header: TarHeader, fileName: string): DifftarEntry {
  const fail: Fail = (what) =>
    damaged(fileName, `holds an entry ${JSON.stringify(header.name)} ${what}`);
  const slash = header.name.indexOf('/');
  const prefix = header.name.slice(0, Math.max(slash, 0));
  const rest = header.name.slice(slash + 1);
  if (prefix === 'deleted') {
    if (header.size > 0) throw fail('that is deleted and has content');
    return { kind: 'deleted', path: pathInName(rest, fail) };
  }
  const kind = Object.hasOwn(kinds, prefix) ? kinds[prefix] : undefined;
  if (kind === undefined) throw fail('of an unknown kind');
  const place = prefix.startsWith('multivol_') ? pieceOf(rest, fail) : { rest, piece: undefined };
  const metadata = metadataOf(header, pathInName(place.rest, fail), fail);
  if (metadata.type !== 'reg' && (kind === 'diff' || place.piece !== undefined)) {
    throw fail('that is a delta or a piece and no regular file');
  }
  return { ...metadata, kind, piece: place.piece, dataLength: header.size };
}

/** Splits `PATH/N`: the number is what follows the last slash. */
function pieceOf(name: string, fail: Fail): { rest: string; piece: number } {
  const slash = name.lastIndexOf('/');
  const digits = name.slice(slash + 1);
  if (slash < 0 || !/^\d{1,15}$/.test(digits)) throw fail('that is a piece without a number');
  return { rest: name.slice(0, slash), piece: Number(digits) };
}
