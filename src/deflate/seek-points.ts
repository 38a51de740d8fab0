/**
 * Finds places in a deflate stream of another program's from which it can be inflated, while it is inflated from its start
 * anyway. Every now and then the start of a block is looked for (find-block.ts), and the stream is fed just up to it: what
 * has been inflated by then is what comes before it. From there a trial inflates a little, with the 32 KiB before as its
 * window, and the place counts once that is what the stream itself goes on with.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { findBlockStart, maxBlockHeaderBytes } from './find-block.js';
import { inflateFromSync, windowBytes } from './inflate-from.js';

/** A place where a block begins. */
export interface SeekPoint {
  /** In the stream, in bits from the lowest of its first byte. */
  readonly bit: number;
  /** How many bytes were inflated before it. */
  readonly inflatedOffset: number;
  /** The window that it needs, deflated, with zeros for what nothing refers to; empty for zeros alone. */
  readonly window: Buffer;
}

export interface SeekPointSpacing {
  /** A new place is looked for when so much was read since the last, */
  readonly deflatedBytes: number;
  /** or so much inflated. */
  readonly inflatedBytes: number;
}

/** What follows a place and is tried: enough for as many bytes as can refer to what comes before. */
const trialDeflatedBytes = 36 * 1024;
const trialInflatedBytes = windowBytes;
/** Less than that, where there is more, confirms nothing. */
const leastConfirmed = 512;
/** The least that is fed at once. */
const leastFedBytes = 4 * 1024;

interface Candidate {
  readonly bit: number;
  readonly inflatedOffset: number;
  readonly following: Buffer;
  readonly window: Buffer;
  /** What the stream goes on with. */
  readonly inflated: Buffer[];
  inflatedBytes: number;
}

/** Watches one stream. */
export class SeekPointFinder {
  readonly points: SeekPoint[] = [];
  readonly #spacing: SeekPointSpacing;
  readonly #candidates: Candidate[] = [];
  /** The last bytes that were inflated, and how many there were in all. */
  readonly #tail: Buffer[] = [];
  #tailBytes = 0;
  #inflated = 0;
  #lastBit = 0;
  #lastInflated = 0;
  /** Bits before this one were searched. */
  #searched = 0;

  constructor(spacing: SeekPointSpacing) {
    this.#spacing = spacing;
  }

  /** How many bytes must be at hand behind a place. */
  static readonly room = maxBlockHeaderBytes + trialDeflatedBytes;

  /** How many bytes to feed at once at most, so that places can be as near to each other as they should. */
  mostFed(offset: number): number {
    const ratio = offset > 0 ? this.#inflated / offset : 1;
    return Math.max(leastFedBytes, Math.floor(this.#spacing.inflatedBytes / Math.max(1, ratio)));
  }

  /** How far places are known for good: none will be added before this byte of what is inflated. */
  get settledBytes(): number {
    return this.#candidates[0]?.inflatedOffset ?? this.#inflated;
  }

  /**
   * Where to cut bytes of the stream, which begin at its byte `offset`, so that a place can be found: feed the inflater so
   * many of them, and call `cut` when it has given all that it makes of them. Undefined: feed all.
   */
  findCut(bytes: Buffer, offset: number): PossiblePoint | undefined {
    const { deflatedBytes, inflatedBytes } = this.#spacing;
    const isFar = this.#inflated - this.#lastInflated >= inflatedBytes;
    const earliest = isFar ? 0 : this.#lastBit + 8 * deflatedBytes;
    const from = Math.max(0, earliest - 8 * offset, this.#searched - 8 * offset);
    const to = 8 * Math.min(bytes.length - SeekPointFinder.room, this.mostFed(offset));
    if (from >= to) return undefined;
    const found = findBlockStart(bytes, from, to);
    this.#searched = 8 * offset + (found === undefined ? to : found + 1);
    if (found === undefined) return undefined;
    this.#lastBit = 8 * offset + found;
    this.#lastInflated = this.#inflated; // at least; the next is looked for before this one is reached
    const start = found >>> 3;
    const following = Buffer.from(bytes.subarray(start, start + trialDeflatedBytes));
    return { bit: 8 * offset + found, bytes: Math.ceil(found / 8), following };
  }

  /** Notes the place: the inflater was fed up to it, and all that it makes of that was seen (`inflated`). */
  cut({ bit, following }: PossiblePoint): void {
    this.#lastInflated = this.#inflated;
    this.#candidates.push({
      bit,
      following,
      inflatedOffset: this.#inflated,
      window: Buffer.concat(this.#tail).subarray(-windowBytes),
      inflated: [],
      inflatedBytes: 0,
    });
  }

  /** Takes what was inflated, in order. */
  inflated(chunk: Buffer): void {
    for (const candidate of this.#candidates) {
      candidate.inflated.push(chunk.subarray(0, trialInflatedBytes));
      candidate.inflatedBytes += chunk.length;
    }
    this.#keepTail(chunk);
    this.#inflated += chunk.length;
    while ((this.#candidates[0]?.inflatedBytes ?? 0) >= trialInflatedBytes) this.#settleFirst();
  }

  /** To be called when the stream has ended. */
  end(): void {
    while (this.#candidates.length > 0) this.#settleFirst();
  }

  #keepTail(chunk: Buffer): void {
    this.#tail.push(chunk.length > windowBytes ? chunk.subarray(-windowBytes) : chunk);
    this.#tailBytes += Math.min(chunk.length, windowBytes);
    for (let first = this.#tail[0]; first !== undefined; first = this.#tail[0]) {
      if (this.#tailBytes - first.length < windowBytes) return;
      this.#tail.shift();
      this.#tailBytes -= first.length;
    }
  }

  /** How many deflated bytes hold as many as are tried, as the stream has been so far. */
  #trialBytes({ bit, inflatedOffset }: Candidate): number {
    return Math.ceil((bit / 8 / inflatedOffset) * trialInflatedBytes * 1.5) + maxBlockHeaderBytes;
  }

  #settleFirst(): void {
    const candidate = this.#candidates.shift();
    if (candidate === undefined) return;
    const { bit, inflatedOffset } = candidate;
    const needed = tryPoint(candidate, this.#trialBytes(candidate));
    if (needed !== undefined) {
      this.points.push({ bit, inflatedOffset, window: packWindow(needed) });
      return;
    }
    if (this.#candidates.length > 0) return;
    // the next is looked for as if this one had not been found
    const last = this.points.at(-1);
    this.#lastBit = last?.bit ?? 0;
    this.#lastInflated = last?.inflatedOffset ?? 0;
  }
}

/** A place that `findCut` proposes. */
export interface PossiblePoint {
  readonly bit: number;
  /** How many bytes the inflater is to be fed before it. */
  readonly bytes: number;
  /** Of the stream, from the byte that the place is in. */
  readonly following: Buffer;
}

/**
 * The window that the place needs, with zeros for all bytes that nothing refers to: most of them, and all before data
 * that was not compressed. Undefined where the stream does not go on as it would from such a place.
 *
 * Each byte that is inflated is a literal or the copy of one before, so two trials tell which byte of the window each of
 * the first 32 KiB is from: their windows hold, for each place, the low and the high bits of the place itself, which
 * differ in the highest bit. A literal is the same in both.
 */
function tryPoint(candidate: Candidate, bytes: number): Buffer | undefined {
  const { window, following, bit } = candidate;
  const truth = Buffer.concat(candidate.inflated);
  const trial = (places: Buffer): Buffer =>
    inflateFromSync({
      bytes: following.subarray(0, bytes),
      bit: bit % 8,
      window: places.subarray(0, window.length),
      length: 0,
    });
  let low: Buffer;
  let high: Buffer;
  try {
    [low, high] = [trial(lowBits), trial(highBits)];
  } catch {
    return undefined;
  }
  const length = Math.min(low.length, truth.length, trialInflatedBytes);
  // the stream is less dense here than it was so far
  const isShort = length < Math.min(truth.length, trialInflatedBytes);
  if (isShort && bytes < following.length) return tryPoint(candidate, following.length);
  if (length < Math.min(truth.length, leastConfirmed) || length === 0) return undefined;
  const needed = Buffer.alloc(window.length);
  for (let at = 0; at < length; at += 1) {
    const [byte = 0, other = 0, right = 0] = [low[at], high[at], truth[at]];
    if (byte === other) {
      if (byte !== right) return undefined;
      continue;
    }
    const place = ((other & 0x7f) << 8) | byte;
    if (window[place] !== right) return undefined;
    needed[place] = right;
  }
  return length < trialInflatedBytes ? window : needed; // more may refer to it
}

const lowBits = Buffer.alloc(windowBytes).map((_, place) => place & 0xff) as Buffer;
const highBits = lowBits.map((low, place) => (~low & 0x80) | (place >> 8)) as Buffer;

/** Empty for one of zeros alone. */
function packWindow(window: Uint8Array): Buffer {
  const isEmpty = window.every((byte) => byte === 0);
  return isEmpty ? Buffer.alloc(0) : deflateRawSync(window, { level: 1 });
}

/** The window of a place; a RangeError when it is none. */
export function unpackWindow(packed: Uint8Array): Buffer {
  if (packed.length === 0) return Buffer.alloc(windowBytes);
  try {
    return inflateRawSync(packed, { maxOutputLength: windowBytes });
  } catch (error) {
    throw new RangeError('not a window', { cause: error });
  }
}
