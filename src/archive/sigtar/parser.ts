/** Reads the entries of a sigtar: a set's signatures and metadata (docs/format/1-bytes.md 5). */
import { damaged } from '../damaged.js';
import type { Fail } from '../damaged.js';
import { metadataOf, pathInName } from '../entry.js';
import type { DeletedEntry, EntryMetadata } from '../entry.js';
import type { TarHeader } from '../tar/header.js';
import { TarParser } from '../tar/parser.js';

/** A path as a set left it: a regular file with its librsync signature, or anything else (`snapshot`). */
export interface PathEntry extends EntryMetadata {
  readonly kind: 'signature' | 'snapshot';
  /** Bytes of the signature that follow as data; 0 for a `snapshot`. */
  readonly signatureLength: number;
}

export type SigtarEntry = PathEntry | DeletedEntry;

/** What the parser calls, in the order of the sigtar. Whatever it throws, the parser passes on. */
export interface SigtarSink {
  entry(entry: SigtarEntry): void;
  /** Bytes of the entry's signature: a part of the pushed chunk, not a copy. Never empty. */
  data(chunk: Buffer): void;
  /** All of the entry's data was passed; called for entries without data too. */
  entryEnd(): void;
}

/** A push parser for the plaintext of one sigtar; see TarParser for its contract. An empty one has no entries. */
export class SigtarParser {
  readonly #tar: TarParser;

  /** `fileName` is what errors call the sigtar. */
  constructor(fileName: string, sink: SigtarSink) {
    this.#tar = new TarParser(fileName, {
      header: (header) => {
        sink.entry(sigtarEntry(header, fileName));
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

  /** Parses the next bytes. Throws DAMAGED, naming the sigtar and the entry. */
  push(chunk: Buffer): void {
    this.#tar.push(chunk);
  }

  /** The stream ended. Throws DAMAGED when that was inside an entry. */
  end(): void {
    this.#tar.end();
  }
}

function sigtarEntry(header: TarHeader, fileName: string): SigtarEntry {
  const fail: Fail = (what) =>
    damaged(fileName, `holds an entry ${JSON.stringify(header.name)} ${what}`);
  if (header.fault !== undefined) throw fail(header.fault);
  const slash = header.name.indexOf('/');
  const kind = header.name.slice(0, Math.max(slash, 0));
  if (kind !== 'deleted' && kind !== 'signature' && kind !== 'snapshot') {
    throw fail('of an unknown kind');
  }
  const path = pathInName(header.name.slice(slash + 1), fail);
  if (kind === 'deleted') {
    if (header.size > 0) throw fail('that is deleted and has content');
    return { kind, path };
  }
  const metadata = metadataOf(header, path, fail);
  const { type, mode, uid, gid, userName, groupName, mtimeSeconds, linkTarget, device } = metadata;
  if ((kind === 'signature') !== (type === 'reg')) throw fail('whose kind and type do not agree');
  const signatureLength = header.size;
  // field by field: spreading the metadata of each entry takes longer than decoding its header
  if (linkTarget === undefined && device === undefined) {
    return {
      kind,
      path,
      type,
      mode,
      uid,
      gid,
      userName,
      groupName,
      mtimeSeconds,
      signatureLength,
    };
  }
  return { ...metadata, kind, signatureLength };
}
