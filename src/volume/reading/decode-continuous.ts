/** A block of a volume that another program wrote, from a place in the middle of its stream. */
import type { Block, ContinuousBlockTable } from '../../archive/index.js';
import { inflateFrom, unpackWindow } from '../../deflate/index.js';
import type { SeekPoint } from '../../deflate/index.js';
import {
  contentOffsetOf,
  contentRange,
  decryptContent,
  literalDataIn,
} from '../../openpgp/index.js';
import type { SessionKey } from '../../openpgp/index.js';

export interface ContinuousPlace {
  readonly block: Block;
  /** Where the block begins; needed where the volume is deflated. */
  readonly point: SeekPoint | undefined;
  /** Of a message. */
  readonly sessionKey: SessionKey | undefined;
}

/**
 * The block's plaintext from the range of the file that its table names, not yet held against its digest; undefined
 * where it cannot be made.
 */
export async function decodeContinuous(
  { message, isDeflated }: ContinuousBlockTable,
  { block, point, sessionKey }: ContinuousPlace,
  range: Buffer,
): Promise<Buffer | undefined> {
  try {
    if (message === undefined)
      return point && (await inflated(point, block.plaintextLength, range));
    if (sessionKey === undefined) return undefined;
    const { literal, literalHeaderBytes } = message;
    const ownOffset = contentOffsetOf(literal, literalHeaderBytes, block.plaintextOffset);
    const inflatedOffset = isDeflated ? point?.inflatedOffset : ownOffset;
    if (inflatedOffset === undefined) return undefined;
    const from = isDeflated ? Math.floor((point?.bit ?? 0) / 8) : inflatedOffset;
    const { fileOffset, skip } = contentRange(message, from, undefined);
    const content = decryptContent(message, sessionKey, { fileOffset, skip }, range);
    const most = block.plaintextLength + framingOf(block.plaintextLength, literal.partBytes);
    const octets = isDeflated && point ? await inflated(point, most, content) : content;
    const data = literalDataIn(literal, literalHeaderBytes, octets, inflatedOffset);
    return data.subarray(0, block.plaintextLength);
  } catch (error) {
    if (error instanceof RangeError || isZlibError(error)) return undefined;
    throw error;
  }
}

/** Headers and lengths of parts, and signatures around the data. */
function framingOf(length: number, partBytes: number): number {
  return 128 * 1024 + 5 * Math.ceil(length / partBytes);
}

async function inflated(point: SeekPoint, length: number, bytes: Buffer): Promise<Buffer> {
  const window = unpackWindow(point.window);
  return inflateFrom({ bytes, bit: point.bit % 8, window, length });
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(Z_|ERR_)/.test(String(error.code));
}
