/** What an index says of one backup set (docs/index-format.md). */
import type { BlockTable } from '../block-table/block-table.js';
import type { DeletedEntry, EntryMetadata } from '../entry.js';

/** The set that the index is about. */
export interface IndexHeader {
  /** The set's key, as its file names have it: `T`, or `P.to.T`. */
  readonly setKey: string;
  /** The program that wrote the index and its version, for people. */
  readonly producer: string;
}

/** A path that the set has new content or metadata of. */
export interface IndexedEntry extends EntryMetadata {
  /** What the volumes hold of it: all (`snapshot`) or a delta to the version before (`diff`). */
  readonly kind: 'snapshot' | 'diff';
  /** The file's exact size in bytes as of this set; 0 for what is no regular file. */
  readonly size: number;
  /** Where the content or the delta lies, in order; none for what has neither. */
  readonly runs: readonly PieceRun[];
  /** Why the file could not be read to its end when it was backed up, such as EIO; the rest of it is not in the set. */
  readonly cut?: string | undefined;
  /** Of a diff: the commands of its delta, packed (delta-map.ts); undefined where they are to be read from the delta. */
  readonly deltaMap?: Buffer | undefined;
}

export type IndexEntry = IndexedEntry | DeletedEntry;

/** Pieces of equal length at equal distances in one volume's plaintext: the usual case in a long file. */
export interface PieceRun {
  readonly volume: number;
  /** Of the first piece's data, from the start of the volume's plaintext: a multiple of 512. */
  readonly offset: number;
  /** Of each piece, in bytes. */
  readonly length: number;
  readonly count: number;
  /** From the start of one piece's data to the next: a multiple of 512; 0 when there is one piece. */
  readonly stride: number;
}

/** One volume, and how to read any part of it alone. */
export interface IndexVolume {
  readonly number: number;
  /** Its name on the storage. */
  readonly fileName: string;
  readonly fileSize: number;
  /** Of the file on the storage: 20 bytes. */
  readonly sha1: Buffer;
  /** Encrypted volumes only: OpenPGP's number of the cipher (RFC 9580, 9.3), and the key. */
  readonly sessionKey?: { readonly algorithm: number; readonly key: Buffer } | undefined;
  readonly table: BlockTable;
}

/** Where a block begins of a volume that another program wrote in one deflate stream (SeekPoint in src/deflate). */
export interface BlockStart {
  /** In the stream, in bits from the lowest of its first byte. */
  readonly bit: number;
  /** How many bytes were inflated before it. */
  readonly inflatedOffset: number;
  /** The 32 KiB before it, deflated; empty for zeros. */
  readonly window: Buffer;
}

/** What ties a set to what it was made with, so that genuine files of other sets cannot take their place. */
export interface IndexBinding {
  /** The set that an incremental was made on; undefined for a full. */
  readonly base: SetBase | undefined;
  /** SHA-256 of the plaintext of the set's sigtar: 32 bytes. */
  readonly signaturesDigest: Buffer;
  /** The id of the key that has signed the set; undefined when it was not signed. */
  readonly signKey: string | undefined;
}

export interface SetBase {
  readonly setKey: string;
  /** volumesDigest of its manifest: 32 bytes. */
  readonly volumesDigest: Buffer;
}

/** What an index says at its end about itself. */
export interface IndexCounts {
  readonly entries: number;
  readonly deletions: number;
  readonly volumes: number;
}
