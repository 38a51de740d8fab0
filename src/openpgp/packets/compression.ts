/** The compressed data packet (RFC 9580 section 5.6). */
import { createInflate, createInflateRaw } from 'node:zlib';
import type { Transform } from 'node:stream';
import unbzip2Stream from 'unbzip2-stream';

import { errorText } from '../../base/index.js';
import { feedInCuts, largePieces, pieceBytes } from '../../deflate/index.js';
import type { SeekPointFinder } from '../../deflate/index.js';
import type { ByteReader } from './byte-reader.js';
import { MessageError } from './message-error.js';
import { untilWritable } from './until-writable.js';

export type Compression = 'none' | 'zip' | 'zlib' | 'bzip2';

const names: readonly Compression[] = ['none', 'zip', 'zlib', 'bzip2'];

/** The compression with this number; a MessageError when there is none. */
export function compressionById(id: number): Compression {
  const name = names[id];
  if (name === undefined) throw new MessageError(`it names the unknown compression ${id}`);
  return name;
}

/**
 * The content of a compressed data packet from its body after the algorithm octet. A finder of places watches its ZIP
 * stream; none of the others.
 */
export function decompress(
  compression: Compression,
  body: ByteReader,
  finder?: SeekPointFinder,
): AsyncGenerator<Buffer, void, void> {
  switch (compression) {
    case 'none':
      return body.pieces();
    case 'zip':
      return inflate(createInflateRaw(inflateOptions), body, finder);
    case 'zlib':
      return inflate(createInflate(inflateOptions), body);
    case 'bzip2':
      return bunzip2(body);
  }
}

const inflateOptions = { chunkSize: 512 * 1024, writableHighWaterMark: 2 * pieceBytes };

async function* inflate(
  stream: Transform,
  body: ByteReader,
  finder?: SeekPointFinder,
): AsyncGenerator<Buffer, void, void> {
  let ended = false;
  stream.once('end', () => {
    ended = true;
  });
  const pieces = body.pieces();
  const feeding = (
    finder === undefined
      ? feed(stream, largePieces(pieces), () => ended)
      : feedInCuts(stream, pieces, finder)
  ).catch((error: unknown) => {
    stream.destroy(error instanceof Error ? error : new Error(errorText(error)));
  });
  try {
    for await (const piece of stream) yield piece as Buffer;
  } catch (error) {
    throw isZlibError(error) ? new MessageError('its compressed data is not valid') : error;
  } finally {
    stream.destroy();
    await feeding;
  }
}

/** Writes all of `body`; what follows the end of the deflate stream is read and passed over. */
async function feed(
  stream: Transform,
  pieces: AsyncIterable<Buffer>,
  ended: () => boolean,
): Promise<void> {
  for await (const piece of pieces) {
    if (stream.destroyed) return;
    if (!ended() && !stream.write(piece)) await untilWritable(stream);
  }
  if (!stream.destroyed) stream.end();
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}

/** Small pieces, for every write decodes all that it can: a piece of 1 KiB can be 22 MB. */
const bzip2PieceBytes = 1024;
/** The decoder keeps up to a block of input to itself and decodes all of it at the end. */
const maxBzip2BurstBytes = 512 * 1024 * 1024;

/**
 * Decodes bzip2 in JavaScript, some 10 MB/s; a block of 900 kB holds the event loop for as long as it
 * takes. duplicity writes it only when its user asked gpg for it.
 */
async function* bunzip2(body: ByteReader): AsyncGenerator<Buffer, void, void> {
  const stream = unbzip2Stream();
  let output: Buffer[] = [];
  let burst = 0;
  let failed = false;
  stream.on('data', (piece) => {
    burst += piece.length;
    if (burst > maxBzip2BurstBytes) throw new MessageError('its compressed data is too large');
    output.push(piece);
  });
  stream.on('error', () => {
    failed = true;
  });
  const decoded = (): Buffer[] => {
    if (failed) throw new MessageError('its compressed data is not valid');
    const all = output;
    output = [];
    burst = 0;
    return all;
  };
  for (
    let piece = await body.some(bzip2PieceBytes);
    piece;
    piece = await body.some(bzip2PieceBytes)
  ) {
    stream.write(piece);
    yield* decoded();
  }
  stream.end();
  yield* decoded();
}
