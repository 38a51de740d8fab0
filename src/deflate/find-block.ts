/**
 * Looks for the start of a deflate block (RFC 1951 section 3.2.3) in the middle of a stream that somebody else has
 * written. Nothing marks one; but the header of a block with codes of its own must describe three complete prefix codes,
 * which hardly ever happens by chance, and a stored block has its length twice, the second time inverted.
 *
 * What is found is a guess, which a trial must confirm (seek-points.ts).
 */

/** The most that the header of a block takes: 17 bits, 19 lengths of 3 bits, and 316 lengths of up to 14 bits. */
export const maxBlockHeaderBytes = Math.ceil((17 + 19 * 3 + 316 * 14) / 8);

const lastLiteralCodes = 29;
const lastDistanceCodes = 29;
const endOfBlock = 256;
/** The order in which the lengths of the code for code lengths come (section 3.2.7). */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const precodeBits = 7;
/** What a complete code of lengths fills: a length of one bit takes half of it, and so on. */
const wholeSpace = 1 << precodeBits;
/** The bits before the number of lengths: last block or not, kind, how many codes. */
const startBits = 13;
/** Of each four lengths of three bits. */
const spaceOfLengths = Uint16Array.from({ length: 1 << 12 }, (_, bits) =>
  [0, 3, 6, 9].reduce((space, at) => {
    const length = (bits >>> at) & 7;
    return length === 0 ? space : space + (wholeSpace >>> length);
  }, 0),
);

/**
 * The first bit, counted from the lowest of the first byte, from `from` on and before `to`, at which a block that is not
 * the last of its stream may begin; undefined where there is none. Blocks whose header does not lie in `bytes` are not
 * found, nor are those with the codes that the format fixes.
 */
export function findBlockStart(bytes: Uint8Array, from: number, to: number): number | undefined {
  const end = Math.min(to, (bytes.length - 8) * 8);
  const found = findDynamicBlock(bytes, from, end);
  return findStoredBlock(bytes, from, found ?? end) ?? found;
}

function findDynamicBlock(bytes: Uint8Array, from: number, end: number): number | undefined {
  for (let at = from; at < end;) {
    const skipped = bitsToSkip[bitsAt(bytes, at, startBits)] ?? 1;
    if (skipped > 0) {
      at += skipped;
      continue;
    }
    if (isPrecodeComplete(bytes, at + startBits) && isDynamicHeader(bytes, at)) return at;
    at += 1;
  }
  return undefined;
}

/** The three bits before the lengths are zeros however many bits the encoder had to fill up. */
function findStoredBlock(bytes: Uint8Array, from: number, end: number): number | undefined {
  for (let byte = Math.max(0, Math.ceil((from - 5) / 8)); 8 * byte + 5 < end; byte += 1) {
    const isStored =
      ((bytes[byte + 1] ?? 0) ^ (bytes[byte + 3] ?? 0)) === 0xff &&
      ((bytes[byte + 2] ?? 0) ^ (bytes[byte + 4] ?? 0)) === 0xff &&
      (bytes[byte] ?? 0) >>> 5 === 0 &&
      ((bytes[byte + 1] ?? 0) | (bytes[byte + 2] ?? 0)) !== 0;
    if (isStored) return 8 * byte + 5;
  }
  return undefined;
}

/** For each 13 bits: how many bits to pass over until a block with codes of its own may begin, as far as they tell. */
const bitsToSkip = Uint8Array.from({ length: 1 << startBits }, (_, bits) => {
  let skipped = 0;
  while (!mayBeDynamic(bits >>> skipped, startBits - skipped)) skipped += 1;
  return skipped;
});

/** Whether the first bits, of which so many are known, may begin a block with codes of its own that is not the last. */
function mayBeDynamic(bits: number, known: number): boolean {
  const isKind =
    known >= 3 ? (bits & 7) === 4 : (bits & ((1 << known) - 1)) === (4 & ((1 << known) - 1));
  const isFew = known < 8 || ((bits >>> 3) & 31) <= lastLiteralCodes;
  return isKind && isFew && (known < 13 || ((bits >>> 8) & 31) <= lastDistanceCodes);
}

/** Whether the lengths of the code for lengths, which begin with their number at the bit `at`, make a complete code. */
function isPrecodeComplete(bytes: Uint8Array, at: number): boolean {
  let left = 3 * (bitsAt(bytes, at, 4) + 4);
  let space = 0;
  for (let bit = at + 4; left > 0 && space <= wholeSpace; bit += 12, left -= 12) {
    space += spaceOfLengths[bitsAt(bytes, bit, Math.min(12, left))] ?? 0;
  }
  return space === wholeSpace;
}

function isDynamicHeader(bytes: Uint8Array, start: number): boolean {
  let at = start + startBits;
  const count = bitsAt(bytes, at, 4) + 4;
  at += 4;
  const lengths = new Uint8Array(19);
  for (let index = 0; index < count; index += 1) {
    lengths[lengthOrder[index] ?? 0] = bitsAt(bytes, at + 3 * index, 3);
  }
  at += 3 * count;
  const literals = bitsAt(bytes, start + 3, 5) + 257;
  const distances = bitsAt(bytes, start + 8, 5) + 1;
  const codes = readLengths(bytes, at, precode(lengths), literals + distances);
  if (codes === undefined || codes[endOfBlock] === 0) return false;
  const hasLiterals = isComplete(codes.subarray(0, literals), false);
  return hasLiterals && isComplete(codes.subarray(literals), true);
}

/** For each seven bits: the symbol that they begin with, times 8, and how many bits it takes. */
function precode(lengths: Uint8Array): Uint8Array {
  const table = new Uint8Array(1 << precodeBits);
  let code = 0;
  for (let length = 1; length <= precodeBits; length += 1) {
    for (let symbol = 0; symbol < 19; symbol += 1) {
      if (lengths[symbol] !== length) continue;
      let reversed = 0;
      for (let bit = 0; bit < length; bit += 1) {
        if ((code & (1 << bit)) !== 0) reversed |= 1 << (length - 1 - bit);
      }
      for (let entry = reversed; entry < table.length; entry += 1 << length) {
        table[entry] = symbol * 8 + length;
      }
      code += 1;
    }
    code <<= 1;
  }
  return table;
}

/** The lengths of the codes; undefined where they are no valid sequence. */
function readLengths(
  bytes: Uint8Array,
  start: number,
  table: Uint8Array,
  count: number,
): Uint8Array | undefined {
  const lengths = new Uint8Array(count);
  const limit = bytes.length * 8 - 16;
  let at = start;
  for (let filled = 0; filled < count;) {
    if (at > limit) return undefined;
    const entry = table[bitsAt(bytes, at, precodeBits)] ?? 0;
    at += entry & 7;
    const symbol = entry >> 3;
    if (symbol < 16) {
      lengths[filled] = symbol;
      filled += 1;
      continue;
    }
    const extra = symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
    const repeat = bitsAt(bytes, at, extra) + (symbol === 18 ? 11 : 3);
    at += extra;
    if (filled + repeat > count || (symbol === 16 && filled === 0)) return undefined;
    if (symbol === 16) lengths.fill(lengths[filled - 1] ?? 0, filled, filled + repeat);
    filled += repeat;
  }
  return lengths;
}

/** Whether the lengths are those of a complete code; one of a single symbol, or none, where that `mayBeSmall`. */
function isComplete(lengths: Uint8Array, mayBeSmall: boolean): boolean {
  let space = 0;
  let used = 0;
  for (const length of lengths) {
    if (length === 0) continue;
    space += 1 << (15 - length);
    used += 1;
  }
  return space === 1 << 15 || (mayBeSmall && used <= 1);
}

/** Up to 16 bits. */
function bitsAt(bytes: Uint8Array, at: number, count: number): number {
  const byte = at >>> 3;
  const word = (bytes[byte] ?? 0) | ((bytes[byte + 1] ?? 0) << 8) | ((bytes[byte + 2] ?? 0) << 16);
  return (word >>> (at & 7)) & ((1 << count) - 1);
}
