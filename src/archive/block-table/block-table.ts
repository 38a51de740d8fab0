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

/** How a packet of OpenPGP is cut into parts (PacketLayout in src/openpgp). */
export interface PacketLayout {
  /** Where the packet begins in what holds it. */
  readonly dataOffset: number;
  readonly partBytes: number;
  readonly tailPartBytes: number;
  readonly bodyBytes: number;
}

/** Where things lie in a message of another program's. */
export interface MessageLayout {
  /** The encrypted packet, in the file. */
  readonly encrypted: PacketLayout;
  /** Where the deflate stream begins in what is encrypted; without compression where the literal packet does. */
  readonly contentOffset: number;
  /** The literal packet, in what is inflated. */
  readonly literal: PacketLayout;
  /** Of the literal packet's body, before the data. */
  readonly literalHeaderBytes: number;
}

/**
 * A volume that another program wrote: one deflate stream, or none, from end to end. A block is read from a place in the
 * stream (SeekPoint in src/deflate), which is kept beside the table. The file ranges are those of the bytes that it takes.
 */
export interface ContinuousBlockTable extends PlaintextBlocks {
  readonly container: 'continuous-gpg' | 'continuous-gz';
  readonly isDeflated: boolean;
  /** Of an OpenPGP message. */
  readonly message: MessageLayout | undefined;
}

/** A volume's table. */
export type BlockTable = GpgBlockTable | GzipBlockTable | PlainBlockTable | ContinuousBlockTable;

/** Whether blocks are read from places in one stream. */
export function isContinuous(table: BlockTable): table is ContinuousBlockTable {
  return table.container === 'continuous-gpg' || table.container === 'continuous-gz';
}

/** The form of the file. */
export function fileContainer({
  container,
}: Pick<BlockTable, 'container'>): 'gpg' | 'gz' | 'plain' {
  if (container === 'continuous-gpg') return 'gpg';
  return container === 'continuous-gz' ? 'gz' : container;
}
