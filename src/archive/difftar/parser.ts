/** Reads the entries of a volume's tar (docs/format/1-bytes.md 4.2 and 4.3). */
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

/** An entry that no backup holds, or that cannot be understood. The others of the volume are not touched by it. */
export interface UnusableEntry {
  /** As it stands in the tar. */
  readonly name: string;
  /** The path that it is about; undefined where that cannot be told, or is none in the backup. */
  readonly path: string | undefined;
  readonly isFolder: boolean;
  /** A clause that follows the name. */
  readonly reason: string;
}

/** What the parser calls, in the order of the volume. Whatever it throws, the parser passes on. */
export interface DifftarSink {
  /** Offsets in the volume's plaintext: of the entry's first header block and its first data byte. */
  entry(entry: DifftarEntry, dataOffset: number, headerOffset: number): void;
  /** In place of `entry`; its data are passed over. */
  unusable(entry: UnusableEntry, headerOffset: number): void;
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
    let isUsable = true;
    this.#tar = new TarParser(fileName, {
      header: (header, headerOffset, dataOffset) => {
        const entry = difftarEntry(header);
        isUsable = 'kind' in entry;
        if ('kind' in entry) sink.entry(entry, dataOffset, headerOffset);
        else sink.unusable(entry, headerOffset);
      },
      data: (chunk) => {
        if (isUsable) sink.data(chunk);
      },
      entryEnd: () => {
        if (isUsable) sink.entryEnd();
      },
    });
  }

  /** Whether the tar has ended: nothing that follows matters. */
  get isDone(): boolean {
    return this.#tar.isDone;
  }

  /** Parses the next bytes. Throws DAMAGED, naming the volume, when where its entries begin cannot be told. */
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

/** Why an entry cannot be used. */
class Unusable extends Error {}

const fail = (reason: string): Unusable => new Unusable(reason);

function difftarEntry(header: TarHeader): DifftarEntry | UnusableEntry {
  let path: string | undefined;
  try {
    const name = splitName(header.name);
    path = pathInName(name.rest, fail);
    const fault = header.fault ?? name.fault;
    if (fault !== undefined) throw fail(fault);
    if (name.kind === 'deleted') {
      if (header.size > 0) throw fail('that is deleted and has content');
      return { kind: 'deleted', path };
    }
    const { kind, piece } = name;
    const metadata = metadataOf(header, path, fail);
    if (metadata.type !== 'reg' && (kind === 'diff' || piece !== undefined)) {
      throw fail('that is a delta or a piece and no regular file');
    }
    return { ...metadata, kind, piece, dataLength: header.size };
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    return {
      name: header.name,
      path,
      isFolder: header.typeflag === '5',
      reason: error.message,
    };
  }
}

interface SplitName {
  readonly kind: DifftarEntry['kind'];
  /** The path as it stands in the tar. */
  readonly rest: string;
  readonly piece: number | undefined;
  readonly fault: string | undefined;
}

function splitName(name: string): SplitName {
  const slash = name.indexOf('/');
  const prefix = name.slice(0, Math.max(slash, 0));
  const rest = name.slice(slash + 1);
  if (prefix === 'deleted') return { kind: prefix, rest, piece: undefined, fault: undefined };
  const kind = Object.hasOwn(kinds, prefix) ? kinds[prefix] : undefined;
  if (kind === undefined) throw fail('of an unknown kind');
  return prefix.startsWith('multivol_')
    ? { kind, ...pieceOf(rest) }
    : { kind, rest, piece: undefined, fault: undefined };
}

/** Splits `PATH/N`: the number is what follows the last slash. */
function pieceOf(name: string): Pick<SplitName, 'rest' | 'piece' | 'fault'> {
  const slash = name.lastIndexOf('/');
  const digits = name.slice(slash + 1);
  const rest = slash < 0 ? name : name.slice(0, slash);
  return slash >= 0 && /^\d{1,15}$/.test(digits)
    ? { rest, piece: Number(digits), fault: undefined }
    : { rest, piece: undefined, fault: 'that is a piece without a number' };
}
