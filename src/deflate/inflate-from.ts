/**
 * Inflates from the middle of a deflate stream: a block begins at any bit, and refers to the 32 KiB before it. zlib begins
 * at whole bytes, and stored blocks lie at whole bytes of the stream, so nothing can be shifted: instead blocks with nothing
 * in them come first, as many bits as bring the block where it was.
 */
import { promisify } from 'node:util';
import { constants, inflateRaw, inflateRawSync } from 'node:zlib';
import type { ZlibOptions } from 'node:zlib';

const inflateInPool = promisify(inflateRaw);

/** How far back a deflate stream refers. */
export const windowBytes = 32 * 1024;

/** What a part of a few kilobytes mostly inflates to: each chunk more is a call more. */
const syncChunkBytes = 64 * 1024;

/** A part of a deflate stream. */
export interface DeflatedPart {
  readonly bytes: Uint8Array;
  /** Where its first block begins, in bits from the lowest of its first byte; less than 8. */
  readonly bit: number;
  /** The bytes that were inflated before it, at most windowBytes. */
  readonly window: Uint8Array;
  /** How many bytes are wanted of it. */
  readonly length: number;
}

/** The bytes that the part inflates to. An Error where it is not valid, or makes more than `length`. */
export async function inflateFrom(part: DeflatedPart): Promise<Buffer> {
  const maxOutputLength = Math.max(1, part.length);
  return inflateInPool(aligned(part.bytes, part.bit), { ...optionsFor(part), maxOutputLength });
}

/** The bytes that a few bytes inflate to, whatever is wanted of them, at once. */
export function inflateFromSync(part: DeflatedPart): Buffer {
  const chunkSize = syncChunkBytes;
  return inflateRawSync(aligned(part.bytes, part.bit), { ...optionsFor(part), chunkSize });
}

function optionsFor({ window, length }: DeflatedPart): ZlibOptions {
  return {
    finishFlush: constants.Z_SYNC_FLUSH, // a part ends with a block, not with the stream
    chunkSize: Math.max(1024, length),
    dictionary: window,
  };
}

/** RFC 1951 section 3.2.6: a block with the fixed codes that holds nothing but its end. */
const fixedBlock = '0' + '10' + '0000000';
/**
 * Section 3.2.7, bits as they come in the stream: a block with codes of its own, which holds nothing but its end, and has
 * an odd number of bits. Of the literals only the end of the block has a code, of one bit; the distances have none.
 */
const oddBlock =
  '0' + // not the last block
  '01' + // codes of its own
  '00000' + // 257 lengths of literals
  '00000' + // one of distances
  '0111' + // 18 lengths of the code for lengths, in their order: 16, 17, 18, 0, …
  ['000', '000', '010', '010', ...Array<string>(13).fill('000'), '100'].join('') +
  zeros(138) +
  zeros(118) +
  '0' + // a length of 1
  '10' + // none
  '0';

/** The symbol 18, which has the code 11: so many lengths are 0. */
function zeros(count: number): string {
  const extra = (count - 11).toString(2).padStart(7, '0');
  return '11' + Array.from(extra).reverse().join('');
}

/** By the number of bits modulo 8: blocks with nothing in them that have as many. */
const fillings: readonly string[] = Array.from({ length: 8 }, (_, bit) => {
  let filling = bit % 2 === 0 ? '' : oddBlock;
  while (filling.length % 8 !== bit) filling += fixedBlock;
  return filling;
});

function aligned(bytes: Uint8Array, bit: number): Uint8Array {
  const filling = fillings[bit] ?? '';
  if (filling === '') return bytes;
  const whole = Math.floor(filling.length / 8);
  const result = new Uint8Array(whole + bytes.length);
  result.set(bytes, whole);
  result[whole] = (bytes[0] ?? 0) & (0xff << bit);
  for (let at = 0; at < filling.length; at += 1) {
    if (filling[at] === '1') result[at >>> 3] = (result[at >>> 3] ?? 0) | (1 << (at & 7));
  }
  return result;
}
