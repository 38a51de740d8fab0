/**
 * Deflates a block by itself: raw deflate (RFC 1951) that refers to nothing before it and ends on a whole
 * byte, so that blocks one after the other are one stream.
 *
 * Runs that cannot be compressed (photos, archives) are stored and not searched for matches: that costs
 * half of the time on ordinary trees, and gains nothing.
 */
import { promisify } from 'node:util';
import { constants, deflateRaw } from 'node:zlib';
import { isalBytes, loadedIsal, loadIsal } from './isal.js';

const deflateRawInPool = promisify(deflateRaw);

/** What is looked at together, and how much of it. */
const runBytes = 32 * 1024;
const sampleBytes = 2048;
/** The longest stored block (RFC 1951 section 3.2.4). */
const maxStoredBytes = 65535;

/** The level at which speed counts more than the last per cent: ISA-L, where it is installed. */
const fastestLevel = 1;

/**
 * `level` is zlib's, 1 to 9; `last` ends the stream. `data` must not change before it is done. Runs in libuv's
 * pool; `atOnce` in this thread, where that takes no longer than asking another one and what it takes is loaded.
 */
export function deflateBlock(
  data: Buffer,
  level: number,
  last: boolean,
  atOnce = false,
): Buffer | Promise<Buffer> {
  return (atOnce ? deflateNow(data, level, last) : undefined) ?? deflateInPool(data, level, last);
}

async function deflateInPool(data: Buffer, level: number, last: boolean): Promise<Buffer> {
  if (level === fastestLevel && data.length <= isalBytes) {
    if (isDense(data)) return store(data, last);
    const packed = await (await loadIsal())?.inPool(data, last);
    if (packed !== undefined) return packed;
  }
  const runs = runsOf(data);
  const parts = await Promise.all(
    runs.map(({ from, to, isDense }, at) => {
      const run = data.subarray(from, to);
      const isEnd = last && at === runs.length - 1;
      return isDense ? Promise.resolve(store(run, isEnd)) : deflate(run, level, isEnd);
    }),
  );
  const [only] = parts;
  return only !== undefined && parts.length === 1 ? only : Buffer.concat(parts);
}

/** Undefined where the pool has to do it. */
function deflateNow(data: Buffer, level: number, last: boolean): Buffer | undefined {
  const isal = level === fastestLevel && data.length <= isalBytes ? loadedIsal() : undefined;
  if (isal === undefined) return undefined;
  return isDense(data) ? store(data, last) : isal.now(data, last);
}

/** Loads what blocks of that level will be deflated with, which takes some 30 ms: ahead, where there is time. */
export async function prepareDeflate(level: number): Promise<void> {
  if (level === fastestLevel) await loadIsal();
}

interface Run {
  readonly from: number;
  readonly to: number;
  /** Whether there is nothing to gain. */
  readonly isDense: boolean;
}

/** The data in runs of one kind; one run when there is no data. */
function runsOf(data: Buffer): Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < data.length || runs.length === 0; from += runBytes) {
    const to = Math.min(data.length, from + runBytes);
    const isDense = to - from >= sampleBytes && looksDense(data, from, to);
    const last = runs.at(-1);
    if (last?.isDense === isDense) runs[runs.length - 1] = { ...last, to };
    else runs.push({ from, to, isDense });
  }
  return runs;
}

/** Whether there is nothing to gain in any run of the data. */
function isDense(data: Buffer): boolean {
  if (data.length < sampleBytes) return false;
  for (let from = 0; from < data.length; from += runBytes) {
    const to = Math.min(data.length, from + runBytes);
    if (to - from >= sampleBytes && !looksDense(data, from, to)) return false;
  }
  return true;
}

const counts = new Uint32Array(256);

/**
 * Whether the bytes are spread as evenly as those of compressed data. Four short samples from all over the run: the
 * sum of squares of the counts is n + n(n-1)/256 for random bytes, and much more for anything with a pattern.
 */
function looksDense(data: Buffer, from: number, to: number): boolean {
  counts.fill(0);
  const piece = sampleBytes / 4;
  const stride = Math.floor((to - from - piece) / 3);
  for (let i = 0; i < 4; i += 1) {
    const start = from + i * stride;
    for (let at = start; at < start + piece; at += 1) {
      const byte = data[at] ?? 0;
      counts[byte] = (counts[byte] ?? 0) + 1;
    }
  }
  let squares = 0;
  for (const count of counts) squares += count * count;
  return squares < maxSquares;
}

const evenSquares = sampleBytes + (sampleBytes * (sampleBytes - 1)) / 256;
/** Random data stays within a few per cent; text has several times as much. */
const maxSquares = evenSquares * 1.08;

function store(data: Buffer, isEnd: boolean): Buffer {
  const count = Math.ceil(data.length / maxStoredBytes);
  const bytes = Buffer.allocUnsafe(data.length + 5 * count);
  let at = 0;
  for (let from = 0; from < data.length; from += maxStoredBytes) {
    const length = Math.min(maxStoredBytes, data.length - from);
    at = bytes.writeUInt8(isEnd && from + length === data.length ? 1 : 0, at);
    at = bytes.writeUInt16LE(length, at);
    at = bytes.writeUInt16LE(length ^ 0xffff, at);
    at += data.copy(bytes, at, from, from + length);
  }
  return bytes;
}

function deflate(data: Buffer, level: number, isEnd: boolean): Promise<Buffer> {
  return deflateRawInPool(data, {
    level,
    finishFlush: isEnd ? constants.Z_FINISH : constants.Z_FULL_FLUSH,
    // text takes a third: growing now and then is cheaper than a large buffer for each
    chunkSize: Math.max(1024, (data.length >> 1) + 1024),
  });
}
