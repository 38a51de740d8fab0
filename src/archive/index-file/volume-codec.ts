/** Volume records (docs/index-format.md, "Volumes"). */
import type { Block } from '../block-table/block-table.js';
import { digestBytes, fileContainer, isContinuous } from '../block-table/block-table.js';
import { blockTable, layoutNumbers } from '../block-table/layout-numbers.js';
import { packBlocks, unpackBlocks } from '../block-table/packed-blocks.js';
import type { Fail } from '../damaged.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import type { IndexVolume } from './model.js';

/** In the order of their numbers. */
const containers = ['plain', 'gz', 'gpg'] as const;
const sha1Length = 20;
/** Written as zeros, and not looked at. */
const reservedLength = 32;
const maxNameLength = 1024;
const maxKeyLength = 64;
/** What a packed block has room for. */
const maxBlockLength = 2 ** 32 - 1;
const maxFileOffset = 2 ** 48 - 1;

export function encodeVolume(volume: IndexVolume, to: ByteWriter): void {
  to.number(volume.number);
  to.text(volume.fileName);
  to.number(volume.fileSize);
  to.raw(fixed(volume.sha1, sha1Length));
  to.raw(Buffer.alloc(reservedLength));
  const { table } = volume;
  // what is read from places in one stream has records of its own (seek-table-codec.ts)
  const isAlone = isContinuous(table);
  const layout = isAlone ? [] : layoutNumbers(table);
  to.number(containers.indexOf(fileContainer(table)));
  to.number(volume.sessionKey?.algorithm ?? 0);
  to.bytes(volume.sessionKey?.key ?? Buffer.alloc(0));
  to.number(table.plaintextLength);
  to.number(layout.length);
  for (const value of layout) to.number(value);
  encodeBlocks(isAlone ? [] : unpackBlocks(table.blocks), to);
}

/** Each block begins where the plaintext of the one before ends, and in the file near its end. */
function encodeBlocks(blocks: readonly Block[], to: ByteWriter): void {
  to.number(blocks.length);
  let fileEnd = 0;
  for (const block of blocks) {
    to.number(block.plaintextLength);
    to.signed(block.fileOffset - fileEnd);
    to.number(block.fileLength);
    to.raw(block.digest);
    fileEnd = block.fileOffset + block.fileLength;
  }
}

export function decodeVolume(from: ByteReader, fail: Fail): IndexVolume {
  const number = from.number();
  const fileName = from.text();
  const fileSize = from.number();
  const sha1 = from.raw(sha1Length);
  from.raw(reservedLength);
  const container = containers[from.number()];
  const algorithm = from.number();
  const key = from.bytes();
  const plaintextLength = from.number();
  const layout = Array.from({ length: from.count(1) }, () => from.number());
  if (container === undefined) throw fail('names a container that is not known');
  if (number < 1 || fileName.length > maxNameLength || key.length > maxKeyLength) {
    throw fail('holds an impossible volume');
  }
  return {
    number,
    fileName,
    fileSize,
    sha1,
    sessionKey: algorithm === 0 ? undefined : { algorithm, key },
    table: blockTable({
      container,
      plaintextLength,
      layout,
      blocks: decodeBlocks(from, { fileSize, plaintextLength }, fail),
    }),
  };
}

function decodeBlocks(
  from: ByteReader,
  volume: { readonly fileSize: number; readonly plaintextLength: number },
  fail: Fail,
): Buffer {
  const blocks: Block[] = [];
  let plaintextOffset = 0;
  let fileEnd = 0;
  for (let left = from.count(3 + digestBytes); left > 0; left -= 1) {
    const plaintextLength = from.number();
    const fileOffset = fileEnd + from.signed();
    const fileLength = from.number();
    const digest = from.raw(digestBytes);
    const block = { plaintextOffset, plaintextLength, fileOffset, fileLength, digest };
    if (!isPossibleBlock(block, volume)) throw fail('holds a block outside its volume');
    blocks.push(block);
    plaintextOffset += plaintextLength;
    fileEnd = fileOffset + fileLength;
  }
  if (blocks.length > 0 && plaintextOffset !== volume.plaintextLength) {
    throw fail("holds blocks that do not make their volume's length");
  }
  return packBlocks(blocks);
}

/** Whether the block lies within its volume, and can be packed. */
export function isPossibleBlock(
  { plaintextOffset, plaintextLength, fileOffset, fileLength }: Block,
  volume: { readonly fileSize: number; readonly plaintextLength: number },
): boolean {
  return (
    plaintextLength > 0 &&
    plaintextLength <= maxBlockLength &&
    fileOffset >= 0 &&
    fileLength <= maxBlockLength &&
    fileOffset + fileLength <= Math.min(volume.fileSize, maxFileOffset) &&
    plaintextOffset + plaintextLength <= Math.min(volume.plaintextLength, maxFileOffset)
  );
}

function fixed(bytes: Buffer, length: number): Buffer {
  if (bytes.length !== length) throw new RangeError(`${bytes.length} bytes, not ${length}`);
  return bytes;
}
