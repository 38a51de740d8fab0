import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, inflateRaw } from 'node:zlib';

import pMap from 'p-map';

import { DuplifsError } from '../../base/index.js';
import type { SessionKey } from '../packets/algorithms.js';
import { decryptCfbAtOnce } from '../packets/cfb.js';
import { MessageError, namedError } from '../packets/message-error.js';
import { parseNewLength, parsePacketHeader, tags } from '../packets/packet-header.js';
import { blockBytes, bodyOf, cfbBlock, literalHeaderBytes } from './layout.js';
import type { SeekableBlock, SeekableLayout } from './layout.js';

const inflateRawInPool = promisify(inflateRaw);
/** What may surround the data of a block: packet headers and signatures. */
const maxFramingBytes = 64 * 1024;
export const digestBytes = 16;
/** Blocks decoded at a time, as many as libuv's pool has threads: more would only hold memory. */
const maxInflating = 4;

/** What is needed to decode the blocks of one file; the session key and layout come from an index. */
export interface SeekableMessage {
  /** For errors. */
  readonly fileName: string;
  readonly layout: SeekableLayout;
  readonly sessionKey: SessionKey;
}

/**
 * The plaintext of a block from its range of the file (`fileOffset`, `fileLength`), verified against its digest.
 * Pure but for zlib, which runs in libuv's pool. A DuplifsError (DAMAGED) that names the file for anything else.
 */
export async function decodeBlock(
  message: SeekableMessage,
  block: SeekableBlock,
  range: Uint8Array,
): Promise<Buffer> {
  try {
    const bytes = Buffer.from(range.buffer, range.byteOffset, range.byteLength);
    if (bytes.length !== block.fileLength) throw new MessageError('a block has another length');
    const packed = decryptRange(message, block, bytes);
    const framed =
      message.layout.compression === 'zip' ? await inflateBlock(packed, block) : packed;
    const start = dataStart(framed, block.plaintextOffset === 0);
    const data = framed.subarray(start, start + block.plaintextLength);
    const digest = createHash('sha256').update(data).digest().subarray(0, digestBytes);
    if (data.length !== block.plaintextLength || !digest.equals(block.digest)) {
      throw new MessageError(`its block at ${block.plaintextOffset} is not what its index says`);
    }
    return data;
  } catch (error) {
    throw namedError(error, message.fileName);
  }
}

/** The one range of the file that holds a run of adjacent blocks. */
export function rangeOfBlocks(blocks: readonly SeekableBlock[]): {
  readonly offset: number;
  readonly length: number;
} {
  const first = blocks[0];
  const last = blocks.at(-1);
  if (!first || !last) return { offset: 0, length: 0 };
  return { offset: first.fileOffset, length: last.fileOffset + last.fileLength - first.fileOffset };
}

/** Decodes a run of adjacent blocks from the range that `rangeOfBlocks` names, a few at a time. */
export async function decodeBlocks(
  message: SeekableMessage,
  blocks: readonly SeekableBlock[],
  range: Uint8Array,
): Promise<Buffer[]> {
  const { offset, length } = rangeOfBlocks(blocks);
  if (range.length !== length) {
    throw new DuplifsError('DAMAGED', `"${message.fileName}" is shorter than its index says`);
  }
  const decode = (block: SeekableBlock): Promise<Buffer> => {
    const start = block.fileOffset - offset;
    return decodeBlock(message, block, range.subarray(start, start + block.fileLength));
  };
  return pMap(blocks, decode, { concurrency: maxInflating });
}

function decryptRange(
  { layout, sessionKey }: SeekableMessage,
  block: SeekableBlock,
  range: Buffer,
): Buffer {
  const body = bodyOf(layout, range, block.fileOffset);
  if (body.length < cfbBlock) throw new MessageError('a block is too short');
  return decryptCfbAtOnce(body, sessionKey).subarray(block.skip);
}

async function inflateBlock(packed: Buffer, block: SeekableBlock): Promise<Buffer> {
  try {
    return await inflateRawInPool(packed, {
      // All but the last block end with a flush and not with the end of the stream.
      finishFlush: constants.Z_SYNC_FLUSH,
      chunkSize: blockBytes + 4096,
      maxOutputLength: block.plaintextLength + maxFramingBytes,
    });
  } catch {
    throw new MessageError(`its block at ${block.plaintextOffset} cannot be inflated`);
  }
}

/** Where the data begins in an inflated block: after the length of its part of the literal packet. */
function dataStart(framed: Buffer, first: boolean): number {
  if (!first) return parseNewLength(framed, 0)?.lengthBytes ?? 0;
  let at = 0;
  for (;;) {
    const header = parsePacketHeader(framed, at);
    if (!header || header.length.kind === 'indeterminate') {
      throw new MessageError('its first block is not as it must be');
    }
    at += header.headerBytes;
    if (header.tag === tags.literal) return at + literalHeaderBytes;
    at += header.length.bytes;
  }
}
