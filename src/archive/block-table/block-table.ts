/**
 * How any part of one volume is read alone: its blocks, and what the container's reader must know besides
 * (docs/index-format.md, "Volumes"). One type for who writes a volume, who reads one, the index, the state of an
 * unfinished set and the catalog. It holds no secret: a session key is never part of it.
 */

/** A run of a volume's plaintext that can be decoded alone. */
export interface Block {
  readonly plaintextOffset: number;
  readonly plaintextLength: number;
  /** The bytes of the file that it takes; the ranges of neighbours may overlap. */
  readonly fileOffset: number;
  readonly fileLength: number;
  /** The first 16 bytes of the SHA-256 of its plaintext. */
  readonly digest: Buffer;
}

/** The bytes of a digest that are kept. */
export const digestBytes = 16;

interface PlaintextBlocks {
  /** Of the tar, with what closes it. */
  readonly plaintextLength: number;
  /**
   * In order and without gaps, as packed-blocks.ts packs them; empty when the volume can only be read from its
   * start.
   */
  readonly blocks: Buffer;
}

/** Where things lie in the file of a seekable OpenPGP message (SeekableLayout in src/openpgp). */
export interface GpgLayout {
  readonly compression: 'zip' | 'none';
  readonly dataOffset: number;
  readonly partBytes: number;
  readonly bodyBytes: number;
}

/** An OpenPGP message. Without a layout it has no blocks. */
export interface GpgBlockTable extends PlaintextBlocks {
  readonly container: 'gpg';
  readonly layout: GpgLayout | undefined;
}

/** A gzip member: each block is raw deflate. */
export interface GzipBlockTable extends PlaintextBlocks {
  readonly container: 'gz';
}

/** The bytes themselves. */
export interface PlainBlockTable extends PlaintextBlocks {
  readonly container: 'plain';
}

/** A volume's table; seek points of volumes that other programs wrote will be a member of their own. */
export type BlockTable = GpgBlockTable | GzipBlockTable | PlainBlockTable;
