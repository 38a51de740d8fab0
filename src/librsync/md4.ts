/**
 * MD4 (RFC 1320) of two equally long runs of bytes at once. OpenSSL 3 has no MD4 by default, and one
 * alone is bound by the latency of its steps: two side by side take little longer than one (measured:
 * 1450 MB/s against 860 MB/s). A librsync signature has many chunks of one length, so there is
 * nearly always a second.
 *
 * WebAssembly does it where it can, with two of its four lanes idle: it is a little slower than JavaScript that is
 * compiled, and hundreds of times faster than JavaScript that is not yet, which is all that a run with a few changed
 * files ever sees. In JavaScript the steps are written out, for a table-driven loop is four times slower.
 */
import { digestsAt, inputBytes, sharedKernel } from './wasm/kernel.js';
import type { SharedKernel } from './wasm/kernel.js';

/** What MD4 takes at a time, in bytes. */
const sixteenWords = 64;
const lengthField = 8;
/** What each of the kernel's four messages has room for. */
const laneBytes = inputBytes / 4;
const longestInKernel = laneBytes - 2 * sixteenWords;

export class Md4Pair {
  /** The first eight bytes of the first digest, as little-endian words. */
  first0 = 0;
  first1 = 0;
  /** Those of the second. */
  second0 = 0;
  second1 = 0;
  readonly #state = new Int32Array(8);
  /** The rest of each run after its last whole sixteen words, padded: up to twice as many each. */
  readonly #tail = new Uint8Array(4 * sixteenWords);
  readonly #tailView = new DataView(this.#tail.buffer);
  readonly #shared: SharedKernel | null;

  /** @param shared null for JavaScript alone */
  constructor(shared: SharedKernel | null = sharedKernel() ?? null) {
    this.#shared = shared;
  }

  /** Hashes `length` bytes of `view` from `first`, and as many from `second` (which may be the same). */
  hash(view: DataView, first: number, second: number, length: number): void {
    if (this.#hashInKernel(view, first, second, length)) return;
    const state = this.#state;
    state[0] = state[4] = 0x67452301;
    state[1] = state[5] = 0xefcdab89;
    state[2] = state[6] = 0x98badcfe;
    state[3] = state[7] = 0x10325476;
    const whole = length - (length % sixteenWords);
    compress(state, view, first, second, whole);
    const tailLength = this.#fillTail(view, first + whole, second + whole, length);
    compress(state, this.#tailView, 0, 2 * sixteenWords, tailLength);
    this.first0 = state[0];
    this.first1 = state[1];
    this.second0 = state[4];
    this.second1 = state[5];
  }

  /** False when there is no kernel, or it has no room for so many bytes. */
  #hashInKernel(view: DataView, first: number, second: number, length: number): boolean {
    if (this.#shared === null || length > longestInKernel) return false;
    const { kernel, input, digests } = this.#shared;
    const whole = length - (length % sixteenWords);
    input.set(new Uint8Array(view.buffer, view.byteOffset + first, whole), 0);
    input.set(new Uint8Array(view.buffer, view.byteOffset + second, whole), laneBytes);
    const tailLength = this.#fillTail(view, first + whole, second + whole, length);
    input.set(this.#tail.subarray(0, tailLength), whole);
    input.set(
      this.#tail.subarray(2 * sixteenWords, 2 * sixteenWords + tailLength),
      laneBytes + whole,
    );
    kernel.digests(0, laneBytes, whole + tailLength, digestsAt);
    this.first0 = digests[0] ?? 0;
    this.first1 = digests[1] ?? 0;
    this.second0 = digests[2] ?? 0;
    this.second1 = digests[3] ?? 0;
    return true;
  }

  /** Pads both rests as RFC 1320 3.1 and 3.2 say; returns the padded length. */
  #fillTail(view: DataView, first: number, second: number, length: number): number {
    const rest = length % sixteenWords;
    const padded = rest + 1 + lengthField <= sixteenWords ? sixteenWords : 2 * sixteenWords;
    for (const [at, from] of [
      [0, first],
      [2 * sixteenWords, second],
    ] as const) {
      for (let i = 0; i < rest; i += 1) this.#tail[at + i] = view.getUint8(from + i);
      this.#tail[at + rest] = 0x80;
      this.#tail.fill(0, at + rest + 1, at + padded - lengthField);
      this.#tailView.setUint32(at + padded - 8, (length * 8) >>> 0, true);
      this.#tailView.setUint32(at + padded - 4, Math.floor(length / 2 ** 29), true);
    }
    return padded;
  }
}

/** The compression function over `length` bytes (a multiple of sixteen words) from `first` and from `second`. */
// prettier-ignore
// eslint-disable-next-line max-params, max-lines-per-function -- 96 steps written out: a loop over a table is four times slower
function compress(
  state: Int32Array, view: DataView, first: number, second: number, length: number,
): void {
  let a = state[0] ?? 0, b = state[1] ?? 0, c = state[2] ?? 0, d = state[3] ?? 0;
  let e = state[4] ?? 0, f = state[5] ?? 0, g = state[6] ?? 0, h = state[7] ?? 0;
  for (let p = first, q = second; p < first + length; p += sixteenWords, q += sixteenWords) {
    const a0 = a, b0 = b, c0 = c, d0 = d, e0 = e, f0 = f, g0 = g, h0 = h;
    const x0 = view.getInt32(p + 0, true), y0 = view.getInt32(q + 0, true);
    const x1 = view.getInt32(p + 4, true), y1 = view.getInt32(q + 4, true);
    const x2 = view.getInt32(p + 8, true), y2 = view.getInt32(q + 8, true);
    const x3 = view.getInt32(p + 12, true), y3 = view.getInt32(q + 12, true);
    const x4 = view.getInt32(p + 16, true), y4 = view.getInt32(q + 16, true);
    const x5 = view.getInt32(p + 20, true), y5 = view.getInt32(q + 20, true);
    const x6 = view.getInt32(p + 24, true), y6 = view.getInt32(q + 24, true);
    const x7 = view.getInt32(p + 28, true), y7 = view.getInt32(q + 28, true);
    const x8 = view.getInt32(p + 32, true), y8 = view.getInt32(q + 32, true);
    const x9 = view.getInt32(p + 36, true), y9 = view.getInt32(q + 36, true);
    const x10 = view.getInt32(p + 40, true), y10 = view.getInt32(q + 40, true);
    const x11 = view.getInt32(p + 44, true), y11 = view.getInt32(q + 44, true);
    const x12 = view.getInt32(p + 48, true), y12 = view.getInt32(q + 48, true);
    const x13 = view.getInt32(p + 52, true), y13 = view.getInt32(q + 52, true);
    const x14 = view.getInt32(p + 56, true), y14 = view.getInt32(q + 56, true);
    const x15 = view.getInt32(p + 60, true), y15 = view.getInt32(q + 60, true);
    // round 1
    a = (a + (d ^ (b & (c ^ d))) + x0) | 0; a = (a << 3) | (a >>> 29);
    e = (e + (h ^ (f & (g ^ h))) + y0) | 0; e = (e << 3) | (e >>> 29);
    d = (d + (c ^ (a & (b ^ c))) + x1) | 0; d = (d << 7) | (d >>> 25);
    h = (h + (g ^ (e & (f ^ g))) + y1) | 0; h = (h << 7) | (h >>> 25);
    c = (c + (b ^ (d & (a ^ b))) + x2) | 0; c = (c << 11) | (c >>> 21);
    g = (g + (f ^ (h & (e ^ f))) + y2) | 0; g = (g << 11) | (g >>> 21);
    b = (b + (a ^ (c & (d ^ a))) + x3) | 0; b = (b << 19) | (b >>> 13);
    f = (f + (e ^ (g & (h ^ e))) + y3) | 0; f = (f << 19) | (f >>> 13);
    a = (a + (d ^ (b & (c ^ d))) + x4) | 0; a = (a << 3) | (a >>> 29);
    e = (e + (h ^ (f & (g ^ h))) + y4) | 0; e = (e << 3) | (e >>> 29);
    d = (d + (c ^ (a & (b ^ c))) + x5) | 0; d = (d << 7) | (d >>> 25);
    h = (h + (g ^ (e & (f ^ g))) + y5) | 0; h = (h << 7) | (h >>> 25);
    c = (c + (b ^ (d & (a ^ b))) + x6) | 0; c = (c << 11) | (c >>> 21);
    g = (g + (f ^ (h & (e ^ f))) + y6) | 0; g = (g << 11) | (g >>> 21);
    b = (b + (a ^ (c & (d ^ a))) + x7) | 0; b = (b << 19) | (b >>> 13);
    f = (f + (e ^ (g & (h ^ e))) + y7) | 0; f = (f << 19) | (f >>> 13);
    a = (a + (d ^ (b & (c ^ d))) + x8) | 0; a = (a << 3) | (a >>> 29);
    e = (e + (h ^ (f & (g ^ h))) + y8) | 0; e = (e << 3) | (e >>> 29);
    d = (d + (c ^ (a & (b ^ c))) + x9) | 0; d = (d << 7) | (d >>> 25);
    h = (h + (g ^ (e & (f ^ g))) + y9) | 0; h = (h << 7) | (h >>> 25);
    c = (c + (b ^ (d & (a ^ b))) + x10) | 0; c = (c << 11) | (c >>> 21);
    g = (g + (f ^ (h & (e ^ f))) + y10) | 0; g = (g << 11) | (g >>> 21);
    b = (b + (a ^ (c & (d ^ a))) + x11) | 0; b = (b << 19) | (b >>> 13);
    f = (f + (e ^ (g & (h ^ e))) + y11) | 0; f = (f << 19) | (f >>> 13);
    a = (a + (d ^ (b & (c ^ d))) + x12) | 0; a = (a << 3) | (a >>> 29);
    e = (e + (h ^ (f & (g ^ h))) + y12) | 0; e = (e << 3) | (e >>> 29);
    d = (d + (c ^ (a & (b ^ c))) + x13) | 0; d = (d << 7) | (d >>> 25);
    h = (h + (g ^ (e & (f ^ g))) + y13) | 0; h = (h << 7) | (h >>> 25);
    c = (c + (b ^ (d & (a ^ b))) + x14) | 0; c = (c << 11) | (c >>> 21);
    g = (g + (f ^ (h & (e ^ f))) + y14) | 0; g = (g << 11) | (g >>> 21);
    b = (b + (a ^ (c & (d ^ a))) + x15) | 0; b = (b << 19) | (b >>> 13);
    f = (f + (e ^ (g & (h ^ e))) + y15) | 0; f = (f << 19) | (f >>> 13);
    // round 2
    a = (a + ((b & c) | (d & (b | c))) + x0 + 0x5a827999) | 0; a = (a << 3) | (a >>> 29);
    e = (e + ((f & g) | (h & (f | g))) + y0 + 0x5a827999) | 0; e = (e << 3) | (e >>> 29);
    d = (d + ((a & b) | (c & (a | b))) + x4 + 0x5a827999) | 0; d = (d << 5) | (d >>> 27);
    h = (h + ((e & f) | (g & (e | f))) + y4 + 0x5a827999) | 0; h = (h << 5) | (h >>> 27);
    c = (c + ((d & a) | (b & (d | a))) + x8 + 0x5a827999) | 0; c = (c << 9) | (c >>> 23);
    g = (g + ((h & e) | (f & (h | e))) + y8 + 0x5a827999) | 0; g = (g << 9) | (g >>> 23);
    b = (b + ((c & d) | (a & (c | d))) + x12 + 0x5a827999) | 0; b = (b << 13) | (b >>> 19);
    f = (f + ((g & h) | (e & (g | h))) + y12 + 0x5a827999) | 0; f = (f << 13) | (f >>> 19);
    a = (a + ((b & c) | (d & (b | c))) + x1 + 0x5a827999) | 0; a = (a << 3) | (a >>> 29);
    e = (e + ((f & g) | (h & (f | g))) + y1 + 0x5a827999) | 0; e = (e << 3) | (e >>> 29);
    d = (d + ((a & b) | (c & (a | b))) + x5 + 0x5a827999) | 0; d = (d << 5) | (d >>> 27);
    h = (h + ((e & f) | (g & (e | f))) + y5 + 0x5a827999) | 0; h = (h << 5) | (h >>> 27);
    c = (c + ((d & a) | (b & (d | a))) + x9 + 0x5a827999) | 0; c = (c << 9) | (c >>> 23);
    g = (g + ((h & e) | (f & (h | e))) + y9 + 0x5a827999) | 0; g = (g << 9) | (g >>> 23);
    b = (b + ((c & d) | (a & (c | d))) + x13 + 0x5a827999) | 0; b = (b << 13) | (b >>> 19);
    f = (f + ((g & h) | (e & (g | h))) + y13 + 0x5a827999) | 0; f = (f << 13) | (f >>> 19);
    a = (a + ((b & c) | (d & (b | c))) + x2 + 0x5a827999) | 0; a = (a << 3) | (a >>> 29);
    e = (e + ((f & g) | (h & (f | g))) + y2 + 0x5a827999) | 0; e = (e << 3) | (e >>> 29);
    d = (d + ((a & b) | (c & (a | b))) + x6 + 0x5a827999) | 0; d = (d << 5) | (d >>> 27);
    h = (h + ((e & f) | (g & (e | f))) + y6 + 0x5a827999) | 0; h = (h << 5) | (h >>> 27);
    c = (c + ((d & a) | (b & (d | a))) + x10 + 0x5a827999) | 0; c = (c << 9) | (c >>> 23);
    g = (g + ((h & e) | (f & (h | e))) + y10 + 0x5a827999) | 0; g = (g << 9) | (g >>> 23);
    b = (b + ((c & d) | (a & (c | d))) + x14 + 0x5a827999) | 0; b = (b << 13) | (b >>> 19);
    f = (f + ((g & h) | (e & (g | h))) + y14 + 0x5a827999) | 0; f = (f << 13) | (f >>> 19);
    a = (a + ((b & c) | (d & (b | c))) + x3 + 0x5a827999) | 0; a = (a << 3) | (a >>> 29);
    e = (e + ((f & g) | (h & (f | g))) + y3 + 0x5a827999) | 0; e = (e << 3) | (e >>> 29);
    d = (d + ((a & b) | (c & (a | b))) + x7 + 0x5a827999) | 0; d = (d << 5) | (d >>> 27);
    h = (h + ((e & f) | (g & (e | f))) + y7 + 0x5a827999) | 0; h = (h << 5) | (h >>> 27);
    c = (c + ((d & a) | (b & (d | a))) + x11 + 0x5a827999) | 0; c = (c << 9) | (c >>> 23);
    g = (g + ((h & e) | (f & (h | e))) + y11 + 0x5a827999) | 0; g = (g << 9) | (g >>> 23);
    b = (b + ((c & d) | (a & (c | d))) + x15 + 0x5a827999) | 0; b = (b << 13) | (b >>> 19);
    f = (f + ((g & h) | (e & (g | h))) + y15 + 0x5a827999) | 0; f = (f << 13) | (f >>> 19);
    // round 3
    a = (a + (b ^ c ^ d) + x0 + 0x6ed9eba1) | 0; a = (a << 3) | (a >>> 29);
    e = (e + (f ^ g ^ h) + y0 + 0x6ed9eba1) | 0; e = (e << 3) | (e >>> 29);
    d = (d + (a ^ b ^ c) + x8 + 0x6ed9eba1) | 0; d = (d << 9) | (d >>> 23);
    h = (h + (e ^ f ^ g) + y8 + 0x6ed9eba1) | 0; h = (h << 9) | (h >>> 23);
    c = (c + (d ^ a ^ b) + x4 + 0x6ed9eba1) | 0; c = (c << 11) | (c >>> 21);
    g = (g + (h ^ e ^ f) + y4 + 0x6ed9eba1) | 0; g = (g << 11) | (g >>> 21);
    b = (b + (c ^ d ^ a) + x12 + 0x6ed9eba1) | 0; b = (b << 15) | (b >>> 17);
    f = (f + (g ^ h ^ e) + y12 + 0x6ed9eba1) | 0; f = (f << 15) | (f >>> 17);
    a = (a + (b ^ c ^ d) + x2 + 0x6ed9eba1) | 0; a = (a << 3) | (a >>> 29);
    e = (e + (f ^ g ^ h) + y2 + 0x6ed9eba1) | 0; e = (e << 3) | (e >>> 29);
    d = (d + (a ^ b ^ c) + x10 + 0x6ed9eba1) | 0; d = (d << 9) | (d >>> 23);
    h = (h + (e ^ f ^ g) + y10 + 0x6ed9eba1) | 0; h = (h << 9) | (h >>> 23);
    c = (c + (d ^ a ^ b) + x6 + 0x6ed9eba1) | 0; c = (c << 11) | (c >>> 21);
    g = (g + (h ^ e ^ f) + y6 + 0x6ed9eba1) | 0; g = (g << 11) | (g >>> 21);
    b = (b + (c ^ d ^ a) + x14 + 0x6ed9eba1) | 0; b = (b << 15) | (b >>> 17);
    f = (f + (g ^ h ^ e) + y14 + 0x6ed9eba1) | 0; f = (f << 15) | (f >>> 17);
    a = (a + (b ^ c ^ d) + x1 + 0x6ed9eba1) | 0; a = (a << 3) | (a >>> 29);
    e = (e + (f ^ g ^ h) + y1 + 0x6ed9eba1) | 0; e = (e << 3) | (e >>> 29);
    d = (d + (a ^ b ^ c) + x9 + 0x6ed9eba1) | 0; d = (d << 9) | (d >>> 23);
    h = (h + (e ^ f ^ g) + y9 + 0x6ed9eba1) | 0; h = (h << 9) | (h >>> 23);
    c = (c + (d ^ a ^ b) + x5 + 0x6ed9eba1) | 0; c = (c << 11) | (c >>> 21);
    g = (g + (h ^ e ^ f) + y5 + 0x6ed9eba1) | 0; g = (g << 11) | (g >>> 21);
    b = (b + (c ^ d ^ a) + x13 + 0x6ed9eba1) | 0; b = (b << 15) | (b >>> 17);
    f = (f + (g ^ h ^ e) + y13 + 0x6ed9eba1) | 0; f = (f << 15) | (f >>> 17);
    a = (a + (b ^ c ^ d) + x3 + 0x6ed9eba1) | 0; a = (a << 3) | (a >>> 29);
    e = (e + (f ^ g ^ h) + y3 + 0x6ed9eba1) | 0; e = (e << 3) | (e >>> 29);
    d = (d + (a ^ b ^ c) + x11 + 0x6ed9eba1) | 0; d = (d << 9) | (d >>> 23);
    h = (h + (e ^ f ^ g) + y11 + 0x6ed9eba1) | 0; h = (h << 9) | (h >>> 23);
    c = (c + (d ^ a ^ b) + x7 + 0x6ed9eba1) | 0; c = (c << 11) | (c >>> 21);
    g = (g + (h ^ e ^ f) + y7 + 0x6ed9eba1) | 0; g = (g << 11) | (g >>> 21);
    b = (b + (c ^ d ^ a) + x15 + 0x6ed9eba1) | 0; b = (b << 15) | (b >>> 17);
    f = (f + (g ^ h ^ e) + y15 + 0x6ed9eba1) | 0; f = (f << 15) | (f >>> 17);
    a = (a + a0) | 0; b = (b + b0) | 0; c = (c + c0) | 0; d = (d + d0) | 0;
    e = (e + e0) | 0; f = (f + f0) | 0; g = (g + g0) | 0; h = (h + h0) | 0;
  }
  state[0] = a; state[1] = b; state[2] = c; state[3] = d;
  state[4] = e; state[5] = f; state[6] = g; state[7] = h;
}
