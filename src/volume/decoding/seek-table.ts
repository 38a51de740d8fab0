/**
 * What is learned of a volume of another program's while it is decoded whole: from which places any part of it can be
 * read the next time.
 */
import { packBlocks } from '../../archive/index.js';
import type { Block, BlockTable, MessageLayout } from '../../archive/index.js';
import { SeekPointFinder } from '../../deflate/index.js';
import type { SeekPoint } from '../../deflate/index.js';
import { contentOffsetOf, contentRange, plaintextOffsetOf } from '../../openpgp/index.js';
import type { ContentPlace, EncryptedPlace, MessageSeeking } from '../../openpgp/index.js';
import { BlockDigests } from './block-digests.js';
import type { DigestedBlock } from './block-digests.js';
import { gzipHeaderBytes } from './gzip-header.js';

/** A table of blocks, and the place where each begins; no places where nothing is deflated. */
export interface SeekTable {
  readonly table: BlockTable;
  readonly points: readonly SeekPoint[];
}

/**
 * How far places lie from each other: a read fetches all from one to the next, and each place is kept with some kilobytes
 * of its window.
 */
const spacing = { deflatedBytes: 192 * 1024, inflatedBytes: 2 * 2 ** 20 };
/** Of what is not deflated, a block. */
const storedBlockBytes = 256 * 1024;
/** What readers take a block to have at most. */
const maxBlockBytes = 16 * 2 ** 20;
const gzipStartBytes = 1024;
const noWindow = Buffer.alloc(0);

export class SeekTableBuilder implements MessageSeeking {
  /** Watches the deflate stream. */
  readonly finder = new SeekPointFinder(spacing);
  readonly #container: 'gpg' | 'gz' | 'plain';
  readonly #digests = new BlockDigests();
  #encrypted: EncryptedPlace | undefined;
  #content: ContentPlace | undefined;
  #fileStart = Buffer.alloc(0);
  #fileBytes = 0;
  /** Places whose blocks were begun. */
  #usedPoints = 0;
  #isUnusable = false;

  constructor(container: 'gpg' | 'gz' | 'plain') {
    this.#container = container;
  }

  encrypted(place: EncryptedPlace): void {
    this.#encrypted = place;
  }

  content(place: ContentPlace): void {
    this.#content = place;
  }

  /** Takes the next bytes of the file. */
  stored(bytes: Buffer): void {
    if (this.#fileBytes === 0) this.#fileStart = Buffer.from(bytes.subarray(0, gzipStartBytes));
    this.#fileBytes += bytes.length;
  }

  /** Takes the next bytes of the plaintext. */
  chunk(bytes: Buffer): void {
    this.#digests.add(bytes);
    if (this.#isDeflated) this.#cutAtPoints();
    else this.#cutEvenly();
  }

  /** The table, once all was read and verified; undefined where the volume can only be read from its start. */
  end(): SeekTable | undefined {
    this.chunk(Buffer.alloc(0));
    const { length, blockStart, blocks } = this.#digests;
    if (length > blockStart) this.#digests.endBlock(length);
    const tooLarge = blocks.some(({ plaintextLength }) => plaintextLength > maxBlockBytes);
    if (this.#isUnusable || tooLarge || blocks.length === 0) return undefined;
    switch (this.#container) {
      case 'plain': {
        const places = blocks.map(atOwnPlace);
        return {
          table: { container: 'plain', plaintextLength: length, blocks: packBlocks(places) },
          points: [],
        };
      }
      case 'gz':
        return this.#gzipTable();
      case 'gpg':
        return this.#messageTable();
    }
  }

  get #isDeflated(): boolean {
    if (this.#container !== 'gpg') return this.#container === 'gz';
    return typeof this.#content?.compressed === 'object';
  }

  #cutEvenly(): void {
    const digests = this.#digests;
    while (digests.length - digests.blockStart >= storedBlockBytes) {
      digests.endBlock(digests.blockStart + storedBlockBytes);
    }
    digests.digestTo(digests.length);
  }

  #cutAtPoints(): void {
    const { points, settledBytes } = this.finder;
    const digests = this.#digests;
    for (; this.#usedPoints < points.length; this.#usedPoints += 1) {
      const at = this.#plaintextOffset(points[this.#usedPoints]?.inflatedOffset ?? 0);
      if (at > digests.length) return;
      // a place in the headers before the data
      if (at <= digests.blockStart) this.#isUnusable = true;
      else digests.endBlock(at);
    }
    digests.digestTo(Math.min(digests.length, this.#plaintextOffset(settledBytes)));
  }

  /** Of a place in what is inflated; parts of the literal packet are taken to be alike until all were seen. */
  #plaintextOffset(inflatedOffset: number): number {
    if (this.#container !== 'gpg') return inflatedOffset;
    if (this.#content === undefined) return 0;
    const { offset, headerBytes, parts } = this.#content;
    const { partBytes } = parts;
    const cut = parts.regular ?? { partBytes, tailPartBytes: 0, bodyBytes: Infinity };
    return plaintextOffsetOf({ dataOffset: offset, ...cut }, headerBytes, inflatedOffset);
  }

  #gzipTable(): SeekTable | undefined {
    const start = gzipHeaderBytes(this.#fileStart);
    if (start === undefined) return undefined;
    const points = this.#pointsFrom(8 * start);
    const blocks = this.#digests.blocks.map((block, index) => {
      const { from, to } = bytesOf(points, index);
      return placed(block, from, (to ?? this.#fileBytes) - from);
    });
    const fields = { plaintextLength: this.#digests.length, blocks: packBlocks(blocks) };
    const table = { container: 'continuous-gz', isDeflated: true, message: undefined } as const;
    return { table: { ...table, ...fields }, points };
  }

  #messageTable(): SeekTable | undefined {
    const message = this.#message();
    if (message === undefined) return undefined;
    const isDeflated = this.#isDeflated;
    const { literal, literalHeaderBytes } = message;
    const points = isDeflated
      ? this.#pointsFrom(0)
      : this.#digests.blocks.map(({ plaintextOffset }) => ({
          bit: 8 * contentOffsetOf(literal, literalHeaderBytes, plaintextOffset),
          inflatedOffset: contentOffsetOf(literal, literalHeaderBytes, plaintextOffset),
          window: noWindow,
        }));
    const isMistaken = points.some(({ inflatedOffset }, index) => {
      const at = plaintextOffsetOf(literal, literalHeaderBytes, inflatedOffset);
      return at !== this.#digests.blocks[index]?.plaintextOffset;
    });
    if (isMistaken) return undefined; // in the header of the last part, which is longer than the others
    const blocks = this.#digests.blocks.map((block, index) => {
      const { from, to } = bytesOf(points, index);
      const { fileOffset, fileLength } = contentRange(message, from, to);
      return placed(block, fileOffset, fileLength);
    });
    const fields = { plaintextLength: this.#digests.length, blocks: packBlocks(blocks) };
    return { table: { container: 'continuous-gpg', isDeflated, message, ...fields }, points };
  }

  /** The place of the first block, and those that were found. */
  #pointsFrom(bit: number): SeekPoint[] {
    return [{ bit, inflatedOffset: 0, window: noWindow }, ...this.finder.points];
  }

  #message(): MessageLayout | undefined {
    const [outer, inner] = [this.#encrypted, this.#content];
    const [outerCut, innerCut] = [outer?.parts.regular, inner?.parts.regular];
    if (!outer || !inner || !outerCut || !innerCut) return undefined;
    const encrypted = { dataOffset: outer.offset, ...outerCut };
    const { compressed } = inner;
    const contentOffset = typeof compressed === 'object' ? compressed.streamOffset : 0;
    const isKnown = compressed === 'none' || compressed?.compression === 'zip';
    if (contentOffset === undefined || !isKnown) return undefined;
    const literal = { dataOffset: inner.offset, ...innerCut };
    const message = { encrypted, contentOffset, literal, literalHeaderBytes: inner.headerBytes };
    // what is armored, or has packets behind it, lies elsewhere
    return contentRange(message, 0, undefined).fileEnd === this.#fileBytes ? message : undefined;
  }
}

function atOwnPlace(block: DigestedBlock): Block {
  return placed(block, block.plaintextOffset, block.plaintextLength);
}

function placed(block: DigestedBlock, fileOffset: number, fileLength: number): Block {
  return { ...block, fileOffset, fileLength };
}

/** The whole bytes of the stream that a block's bits lie in; up to its end for the last. */
function bytesOf(points: readonly SeekPoint[], index: number): { from: number; to?: number } {
  const from = Math.floor((points[index]?.bit ?? 0) / 8);
  const next = points[index + 1];
  return next === undefined ? { from } : { from, to: Math.ceil(next.bit / 8) };
}
