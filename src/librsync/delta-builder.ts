/**
 * Makes the delta from an old version, of which only the signature is known, to a new one whose bytes
 * go by once (docs/format/1-bytes.md 6.3), as librsync matches: a window of one chunk slides over the
 * new file; where its weak and then its strong sum are a chunk's, that chunk is copied. The old file's
 * short last chunk can match only at the very end of the new one.
 *
 * What makes it fast: where a match ends, the next are looked for first, without a search, in the sums of several
 * chunks made together; a rolled byte costs one look into a filter. In the same pass the new version's
 * signature can be made, which then takes the sums of unmoved chunks instead of hashing them again.
 */
import { ChunkSums } from './chunk-sums.js';
import type { SumsByChunk } from './chunk-sums.js';
import type { SumsAhead } from './sums-ahead.js';
import { ChunkTable, filterBit, hashFactor } from './chunk-table.js';
import { DeltaWriter } from './delta-writer.js';
import { Md4Pair } from './md4.js';
import { charOffset, weakSum } from './rollsum.js';
import type { Signature } from './signature.js';
import type { SignatureBuilder } from './signature-builder.js';

export interface DeltaBuilderOptions {
  /** Is given the whole new file in passing; its `digest` may be asked once `finish` was called. */
  readonly newSignature?: SignatureBuilder;
  /** Of chunks as long as the old signature's. */
  readonly ahead?: SumsAhead | undefined;
}

/** Fewer chunks are not worth it: one or two are hashed as fast by Md4Pair. */
const leastTogether = 4;
const literalLength = 64 * 1024;
/** Beside two chunks, what the buffer holds. */
const bufferLength = 256 * 1024;
/**
 * Crafted or very regular data can have the weak sum of a chunk at every byte and never its strong
 * one. So strong sums that were in vain are paid from a credit, in bytes hashed, and every byte of
 * progress earns some; without credit a window counts as no match, which at worst makes the delta longer.
 */
const maxCredit = 4 * 1024 * 1024;
const creditPerByte = 4;

export class DeltaBuilder {
  readonly #table: ChunkTable;
  readonly #blockLength: number;
  readonly #writer: DeltaWriter;
  readonly #newSignature: SignatureBuilder | undefined;
  readonly #md4 = new Md4Pair();
  readonly #sums: ChunkSums | undefined;
  readonly #ahead: SumsAhead | undefined;
  /** How many chunks are summed together: more, the longer the file is as it was. */
  #together = leastTogether;
  readonly #maxCapacity: number;

  // Offsets into the buffer: literalStart ≤ pos ≤ end, and signed ≤ pos.
  #buffer = new Uint8Array(0);
  #view = new DataView(this.#buffer.buffer);
  #end = 0;
  /** Where the window begins. */
  #pos = 0;
  /** From here to `pos` nothing matched and nothing was written yet. */
  #literalStart = 0;
  /** Up to here the new signature was given the bytes. */
  #signed = 0;
  /** Where in the new file the buffer begins. */
  #base = 0;

  /** Whether s1 and s2 are those of the window at `pos`, and it is no match. */
  #rolling = false;
  #s1 = 0;
  #s2 = 0;
  /** The chunk after the last match. */
  #next = 0;
  #credit = maxCredit;

  /**
   * @param signature of the old version
   * @param emit takes the delta's bytes in order; the buffers are its own
   * @throws DuplifsError DAMAGED when no delta can be made from the signature (see unusableReason)
   */
  constructor(
    signature: Signature,
    emit: (bytes: Buffer) => void,
    options: DeltaBuilderOptions = {},
  ) {
    this.#table = new ChunkTable(signature);
    this.#blockLength = signature.blockLength;
    this.#writer = new DeltaWriter(emit);
    this.#newSignature = options.newSignature;
    this.#sums = ChunkSums.of(signature.blockLength);
    this.#ahead = options.ahead;
    this.#maxCapacity = 2 * this.#blockLength + bufferLength;
  }

  /** Takes the next bytes of the new file, cut anywhere. Some 100 MB/s at the slowest. */
  update(input: Uint8Array): void {
    for (let at = 0; at < input.length;) {
      this.#makeRoom(input.length - at);
      const part = input.subarray(at, at + this.#buffer.length - this.#end);
      this.#buffer.set(part, this.#end);
      this.#end += part.length;
      at += part.length;
      this.#scan();
    }
  }

  /** Ends the delta; to be called once, after the last update. */
  finish(): void {
    if (this.#table.count > 0) this.#matchTail();
    this.#pos = this.#end;
    this.#writeLiteral();
    this.#sign();
    this.#writer.finish();
  }

  /** Moves the window on as far as the bytes reach. */
  #scan(): void {
    if (this.#table.count === 0) this.#pos = this.#end;
    while (this.#pos + this.#blockLength <= this.#end) {
      if (this.#rolling) {
        if (!this.#roll()) return;
      } else {
        if (this.#follow()) continue;
        this.#sumWindow(this.#blockLength);
        this.#rolling = true;
      }
      this.#match();
    }
  }

  /** Takes those of the chunks from the window on that are the old file's next ones; whether the window has moved on. */
  #follow(): boolean {
    const whole = Math.floor((this.#end - this.#pos) / this.#blockLength);
    const most = Math.min(whole, this.#table.count - this.#next);
    return this.#followAhead(most) ?? this.#followHere(most);
  }

  /** By sums that were made elsewhere; undefined where there are none. */
  #followAhead(most: number): boolean | undefined {
    const chunk = (this.#base + this.#pos) / this.#blockLength;
    if (this.#ahead === undefined || most === 0 || !Number.isInteger(chunk)) return undefined;
    const count = Math.min(most, this.#ahead.until(chunk) - chunk);
    return count > 0 ? this.#takeFollowing(this.#ahead, chunk, count) > 0 : undefined;
  }

  /** By sums of several chunks that are made together. Those that are in vain are paid from the credit. */
  #followHere(most: number): boolean {
    const sums = this.#sums;
    const count = Math.min(most, this.#together, sums?.capacity ?? 0);
    if (sums === undefined || count < leastTogether || this.#credit <= 0) return false;
    sums.compute(this.#buffer, this.#pos, count);
    const taken = this.#takeFollowing(sums, 0, count);
    if (taken === count) {
      this.#together = Math.min(2 * this.#together, sums.capacity);
    } else {
      this.#together = leastTogether;
      this.#credit -= (count - taken) * this.#blockLength;
    }
    return taken > 0;
  }

  /** Takes chunks of which the sums begin at `first`, up to one that is not the old file's next; how many. */
  #takeFollowing(sums: SumsByChunk, first: number, count: number): number {
    for (let taken = 0; taken < count; taken += 1) {
      const chunk = first + taken;
      const [strong0, strong1] = [sums.strong0(chunk), sums.strong1(chunk)];
      if (!this.#table.has(this.#next, sums.weak(chunk), strong0, strong1)) return taken;
      this.#take(this.#next, this.#blockLength);
    }
    return count;
  }

  /** Rolls on by at least a byte until the filter knows the weak sum; false when the bytes end before. */
  #roll(): boolean {
    const buffer = this.#buffer;
    const { filter, filterShift } = this.#table;
    const length = this.#blockLength;
    const last = this.#end - length;
    // without credit no match can be tried, so there is no use in stopping
    const blindUntil = this.#pos + Math.ceil((1 - this.#credit) / creditPerByte);
    let pos = this.#pos;
    let s1 = this.#s1;
    let s2 = this.#s2;
    let found = false;
    while (pos < last && !found) {
      // four windows at a time as long as the filter knows none of them: its words are fetched side by side
      while (pos + 4 <= last) {
        const out0 = (buffer[pos] ?? 0) + charOffset;
        const out1 = (buffer[pos + 1] ?? 0) + charOffset;
        const out2 = (buffer[pos + 2] ?? 0) + charOffset;
        const out3 = (buffer[pos + 3] ?? 0) + charOffset;
        const next = pos + length;
        const a0 = (s1 + (buffer[next] ?? 0) + charOffset - out0) | 0;
        const a1 = (a0 + (buffer[next + 1] ?? 0) + charOffset - out1) | 0;
        const a2 = (a1 + (buffer[next + 2] ?? 0) + charOffset - out2) | 0;
        const a3 = (a2 + (buffer[next + 3] ?? 0) + charOffset - out3) | 0;
        const b0 = (s2 + a0 - Math.imul(length, out0)) | 0;
        const b1 = (b0 + a1 - Math.imul(length, out1)) | 0;
        const b2 = (b1 + a2 - Math.imul(length, out2)) | 0;
        const b3 = (b2 + a3 - Math.imul(length, out3)) | 0;
        const hash0 = weakHash(a0, b0);
        const hash1 = weakHash(a1, b1);
        const hash2 = weakHash(a2, b2);
        const hash3 = weakHash(a3, b3);
        const known =
          filterBit(filter[hash0 >>> filterShift] ?? 0, hash0) |
          filterBit(filter[hash1 >>> filterShift] ?? 0, hash1) |
          filterBit(filter[hash2 >>> filterShift] ?? 0, hash2) |
          filterBit(filter[hash3 >>> filterShift] ?? 0, hash3);
        if (known !== 0) break;
        s1 = a3;
        s2 = b3;
        pos += 4;
      }
      for (let left = 4; left > 0 && pos < last && !found; left -= 1) {
        const out = (buffer[pos] ?? 0) + charOffset;
        s1 = (s1 + (buffer[pos + length] ?? 0) + charOffset - out) | 0;
        s2 = (s2 + s1 - Math.imul(length, out)) | 0;
        pos += 1;
        const hash = weakHash(s1, s2);
        found = filterBit(filter[hash >>> filterShift] ?? 0, hash) !== 0 && pos >= blindUntil;
      }
    }
    this.#credit = Math.min(this.#credit + (pos - this.#pos) * creditPerByte, maxCredit);
    this.#pos = pos;
    this.#s1 = s1;
    this.#s2 = s2;
    return found;
  }

  /** Takes the chunk that the window is, if it is one, and the next with it if that follows. */
  #match(): void {
    const table = this.#table;
    const weak = this.#weak();
    const follows = this.#next < table.count && table.weakOf(this.#next) === weak;
    const guess = follows ? this.#next : table.findWeak(weak);
    if (guess < 0 || this.#credit <= 0) return;
    const length = this.#blockLength;
    const second = this.#pos + length;
    const pair =
      second + length <= this.#end &&
      guess + 1 < table.count &&
      table.weakOf(guess + 1) === weakSum(this.#view, second, length);
    this.#md4.hash(this.#view, this.#pos, pair ? second : this.#pos, length);
    const { first0, first1, second0, second1 } = this.#md4;
    const guessed = table.has(guess, weak, first0, first1);
    const chunk = guessed ? guess : table.find(weak, first0, first1);
    if (chunk < 0) {
      this.#credit -= length;
      return;
    }
    this.#take(chunk, length);
    if (pair && table.has(chunk + 1, table.weakOf(guess + 1), second0, second1)) {
      this.#take(chunk + 1, length);
    }
  }

  /** Writes the literal before the window, and the window as a copy of the chunk. */
  #take(chunk: number, length: number): void {
    this.#writeLiteral();
    this.#writer.copy(chunk * this.#blockLength, length);
    if (this.#newSignature?.blockLength === length && (this.#base + this.#pos) % length === 0) {
      this.#sign();
      this.#newSignature.addChunk(
        this.#table.weakOf(chunk),
        this.#table.strong0Of(chunk),
        this.#table.strong1Of(chunk),
      );
      this.#signed = this.#pos + length;
    }
    this.#pos += length;
    this.#literalStart = this.#pos;
    this.#next = chunk + 1;
    this.#rolling = false;
  }

  /** Looks for the old file's short last chunk at the end: in ever shorter windows that end there. */
  #matchTail(): void {
    const last = this.#table.count - 1;
    if (!this.#rolling) this.#sumWindow(this.#end - this.#pos);
    let tested = this.#rolling;
    for (let length = this.#end - this.#pos; length > 0; length -= 1) {
      const weak = this.#weak();
      if (!tested && this.#table.weakOf(last) === weak && this.#credit > 0) {
        this.#md4.hash(this.#view, this.#pos, this.#pos, length);
        if (this.#table.has(last, weak, this.#md4.first0, this.#md4.first1)) {
          this.#writeLiteral();
          this.#writer.copy(last * this.#blockLength, length);
          this.#literalStart = this.#end;
          return;
        }
        this.#credit -= length;
      }
      tested = false;
      const out = (this.#buffer[this.#pos] ?? 0) + charOffset;
      this.#s1 = (this.#s1 - out) | 0;
      this.#s2 = (this.#s2 - Math.imul(length, out)) | 0;
      this.#pos += 1;
    }
  }

  #sumWindow(length: number): void {
    const weak = weakSum(this.#view, this.#pos, length);
    this.#s1 = weak & 0xffff;
    this.#s2 = weak >>> 16;
  }

  #weak(): number {
    return (this.#s2 << 16) | (this.#s1 & 0xffff);
  }

  #writeLiteral(): void {
    this.#writer.literal(this.#buffer.subarray(this.#literalStart, this.#pos));
    this.#literalStart = this.#pos;
  }

  /** Gives the new signature what lies before the window. */
  #sign(): void {
    if (this.#signed < this.#pos) {
      this.#newSignature?.update(this.#buffer.subarray(this.#signed, this.#pos));
    }
    this.#signed = this.#pos;
  }

  /** Makes room for some of the `wanted` bytes: enlarges the buffer, or drops what is done. */
  #makeRoom(wanted: number): void {
    if (this.#end + wanted <= this.#buffer.length) return;
    if (this.#pos - this.#literalStart >= literalLength) this.#writeLiteral();
    this.#sign();
    const from = this.#buffer;
    const kept = this.#end - this.#literalStart;
    if (kept + wanted > from.length && from.length < this.#maxCapacity) {
      const capacity = Math.max(kept + wanted, from.length * 2);
      this.#buffer = new Uint8Array(Math.min(capacity, this.#maxCapacity));
      this.#view = new DataView(this.#buffer.buffer);
    }
    this.#buffer.set(from.subarray(this.#literalStart, this.#end));
    this.#base += this.#literalStart;
    this.#pos -= this.#literalStart;
    this.#signed -= this.#literalStart;
    this.#literalStart = 0;
    this.#end = kept;
  }
}

/** The hash of a weak sum whose halves are the lower ones of s1 and s2. */
function weakHash(s1: number, s2: number): number {
  return Math.imul((s2 << 16) | (s1 & 0xffff), hashFactor);
}
