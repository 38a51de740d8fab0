/** Seek table records (docs/index-format.md, "Seek tables"). */
import type { Block, ContinuousBlockTable } from '../block-table/block-table.js';
import { digestBytes, fileContainer, isContinuous } from '../block-table/block-table.js';
import { blockTable, layoutNumbers } from '../block-table/layout-numbers.js';
import { packBlocks, unpackBlocks } from '../block-table/packed-blocks.js';
import type { Fail } from '../damaged.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import type { BlockStart, IndexVolume } from './model.js';
import { isPossibleBlock } from './volume-codec.js';

/** A record is closed once it has so many bytes: a reader holds one at a time. */
const fullRecordBytes = 256 * 1024;
/** A window of 32 KiB that cannot be deflated, and some room. */
const maxWindowBytes = 40 * 1024;
const maxBlocks = 2 ** 22;

/**
 * Writes the table of a volume; `close` is called where a record is to end. `starts` are as many as the blocks where the
 * volume is deflated, else none.
 */
export function encodeSeekTable(
  { number, table }: { readonly number: number; readonly table: ContinuousBlockTable },
  starts: Iterable<BlockStart>,
  { to, close }: { readonly to: ByteWriter; readonly close: () => void },
): void {
  const layout = layoutNumbers(table);
  const next = starts[Symbol.iterator]();
  let fileEnd = 0;
  let isOpen = false;
  for (const block of unpackBlocks(table.blocks)) {
    if (!isOpen) {
      to.number(number);
      to.number(layout.length);
      for (const value of layout) to.number(value);
      isOpen = true;
    }
    to.number(block.plaintextLength);
    to.signed(block.fileOffset - fileEnd);
    to.number(block.fileLength);
    to.raw(block.digest);
    fileEnd = block.fileOffset + block.fileLength;
    if (table.isDeflated) encodeStart(next.next(), to);
    if (to.written.length < fullRecordBytes) continue;
    close();
    isOpen = false;
  }
  if (isOpen) close();
}

function encodeStart(start: IteratorResult<BlockStart, unknown>, to: ByteWriter): void {
  if (start.done === true) throw new RangeError('a block without a place to begin');
  const { bit, inflatedOffset, window } = start.value;
  to.number(bit);
  to.number(inflatedOffset);
  to.bytes(window);
}

/** Puts the table of one volume together from its records. */
export class SeekTableDecoder {
  readonly #volume: IndexVolume;
  readonly #fail: Fail;
  readonly #blocks: Block[] = [];
  #layout: readonly number[] = [];
  #plaintextEnd = 0;
  #fileEnd = 0;

  constructor(volume: IndexVolume, fail: Fail) {
    this.#volume = volume;
    this.#fail = fail;
  }

  /** Takes the next record; the number of its first block, and where its blocks begin. */
  add(from: ByteReader): { readonly first: number; readonly starts: readonly BlockStart[] } {
    const first = this.#blocks.length;
    if (from.number() !== this.#volume.number) throw this.#fail('holds a table of no volume');
    this.#layout = Array.from({ length: from.count(1) }, () => from.number());
    const isDeflated = this.#table([]).isDeflated;
    const starts: BlockStart[] = [];
    while (!from.isAtEnd) {
      this.#block(from);
      if (isDeflated) starts.push(this.#start(from));
    }
    return { first, starts };
  }

  /** The volume with its table, once all records were taken. */
  end(): IndexVolume {
    const table = this.#table(this.#blocks);
    if (this.#plaintextEnd !== table.plaintextLength) {
      throw this.#fail("holds blocks that do not make their volume's length");
    }
    return { ...this.#volume, table };
  }

  #table(blocks: readonly Block[]): ContinuousBlockTable {
    const { table } = this.#volume;
    const made = blockTable({
      container: fileContainer(table),
      plaintextLength: table.plaintextLength,
      layout: this.#layout,
      blocks: packBlocks(blocks),
    });
    if (isContinuous(made)) return made;
    throw this.#fail('holds a table of a kind that is not known');
  }

  #block(from: ByteReader): void {
    const plaintextLength = from.number();
    const fileOffset = this.#fileEnd + from.signed();
    const fileLength = from.number();
    const digest = from.raw(digestBytes);
    const plaintextOffset = this.#plaintextEnd;
    const block = { plaintextOffset, plaintextLength, fileOffset, fileLength, digest };
    const { fileSize, table } = this.#volume;
    const limits = { fileSize, plaintextLength: table.plaintextLength };
    if (!isPossibleBlock(block, limits) || this.#blocks.length >= maxBlocks) {
      throw this.#fail('holds a block outside its volume');
    }
    this.#blocks.push(block);
    this.#plaintextEnd += plaintextLength;
    this.#fileEnd = fileOffset + fileLength;
  }

  #start(from: ByteReader): BlockStart {
    const bit = from.number();
    const inflatedOffset = from.number();
    const length = from.count(1);
    if (length > maxWindowBytes) throw this.#fail('holds a window that is too long');
    return { bit, inflatedOffset, window: from.raw(length) };
  }
}
