/**
 * The sums of four chunks at a time in WebAssembly: MD4 (RFC 1320) with one chunk in each lane of a vector, and
 * librsync's weak sum sixteen bytes at a time (rollsum.ts says what it is). Lengths are multiples of 64.
 */
import { charOffset } from '../rollsum.js';
import { assembleModule, FunctionWriter } from './assembler.js';
import type { PlainInstruction } from './assembler.js';

/** What `sums` writes for each chunk: the weak sum and the first two words of the MD4, little-endian. */
export const sumsBytes = 12;

const chunks = 4;
const chunkBytes = 64;
const vectorBytes = 16;

const initialState = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;

/** RFC 1320 3.4: the order of the message's words, the shifts, and what is added. */
const rounds = [
  {
    words: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
    adds: 0,
  },
  {
    words: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
    adds: 0x5a827999,
  },
  {
    words: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
    adds: 0x6ed9eba1,
  },
] as const;

/** What `digests` writes for each message: the first two words of its MD4, little-endian. */
export const digestBytes = 8;

/**
 * Exports `sums(at, length, out)`: of four chunks of `length` bytes, one behind the other from `at`, the sums one
 * behind the other from `out`. And `digests(at, stride, length, out)`: of four messages of `length` bytes, padding
 * included, which begin `stride` bytes after one another.
 */
export function sumsModule(): Uint8Array {
  return assembleModule({
    weak: weakFunction(),
    sums: sumsFunction(),
    digests: digestsFunction(),
  });
}

/** weak(at, length): the weak sum of one chunk. */
function weakFunction(): FunctionWriter {
  const write = new FunctionWriter(['i32', 'i32'], 'i32');
  const [at, length] = [0, 1];
  const end = write.local('i32');
  const [bytes, sums, sumsOfSums, weighted] = [0, 1, 2, 3].map(() => write.local('v128')) as [
    number,
    number,
    number,
    number,
  ];
  const total = write.local('i32');
  write.get(at, length).op('i32.add').set(end);
  write.loopWhileBelow(at, end, () => {
    write.get(at).load128().set(bytes);
    // s2 grows by 16 times all bytes before these, and by 16, 15, … 1 times each of these
    write.get(sumsOfSums, sums).op('i32x4.add').set(sumsOfSums);
    write.get(sums, bytes).op('i16x8.extadd_pairwise_i8x16_u', 'i32x4.extadd_pairwise_i16x8_u');
    write.op('i32x4.add').set(sums);
    for (const half of ['low', 'high'] as const) {
      write.get(weighted, bytes).op(`i16x8.extend_${half}_i8x16_u`);
      write.const128(words16((i) => (half === 'low' ? 16 : 8) - i));
      write.op('i32x4.dot_i16x8_s', 'i32x4.add').set(weighted);
    }
    write.get(at).const32(vectorBytes).op('i32.add').set(at);
  });
  const addLanes = (vector: number): void => {
    for (let lane = 0; lane < 4; lane += 1) {
      write.get(vector).extractLane32(lane);
      if (lane > 0) write.op('i32.add');
    }
  };
  // s2 = 16 · sumsOfSums + weighted + 31 · (1 + 2 + … + length), s1 = sums + 31 · length
  addLanes(sumsOfSums);
  write.const32(4).op('i32.shl');
  addLanes(weighted);
  write.op('i32.add');
  write.get(length).get(length).const32(1).op('i32.add', 'i32.mul').const32(1).op('i32.shr_u');
  write.const32(charOffset).op('i32.mul', 'i32.add').set(total);
  write.get(total).const32(16).op('i32.shl');
  addLanes(sums);
  write.get(length).const32(charOffset).op('i32.mul', 'i32.add');
  write.const32(0xffff).op('i32.and', 'i32.or');
  return write;
}

/** sums(at, length, out), of chunks one behind the other. */
function sumsFunction(): FunctionWriter {
  const write = new FunctionWriter(['i32', 'i32', 'i32']);
  const [at, length, out] = [0, 1, 2];
  const md4 = new Md4Lanes(write);
  md4.begin((lane) => write.get(at).get(length).const32(lane).op('i32.mul', 'i32.add'));
  md4.take(length);
  md4.takePadding(length);
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    write.get(out).get(at).get(length).const32(chunk).op('i32.mul', 'i32.add').get(length).call(0);
    write.store32(chunk * sumsBytes);
    md4.storeWords(chunk, out, chunk * sumsBytes + 4);
  }
  return write;
}

/** digests(at, stride, length, out), of messages that are padded already. */
function digestsFunction(): FunctionWriter {
  const write = new FunctionWriter(['i32', 'i32', 'i32', 'i32']);
  const [at, stride, length, out] = [0, 1, 2, 3];
  const md4 = new Md4Lanes(write);
  md4.begin((lane) => write.get(at).get(stride).const32(lane).op('i32.mul', 'i32.add'));
  md4.take(length);
  for (let lane = 0; lane < chunks; lane += 1) md4.storeWords(lane, out, lane * digestBytes);
  return write;
}

/** Writes MD4 of four messages, one in each lane. */
class Md4Lanes {
  readonly #write: FunctionWriter;
  readonly #state: readonly number[];
  readonly #before: readonly number[];
  readonly #message: readonly number[];
  readonly #rows: readonly number[];
  readonly #pairs: readonly number[];
  /** Where each lane's next sixteen words lie. */
  readonly #from: readonly number[];
  readonly #end: number;

  constructor(write: FunctionWriter) {
    this.#write = write;
    const vectors = (count: number) => Array.from({ length: count }, () => write.local('v128'));
    this.#state = vectors(initialState.length);
    this.#before = vectors(initialState.length);
    this.#message = vectors(chunkBytes / 4);
    this.#rows = vectors(chunks);
    this.#pairs = vectors(chunks);
    this.#from = Array.from({ length: chunks }, () => write.local('i32'));
    this.#end = write.local('i32');
  }

  /** `place` puts a lane's first address on the stack. */
  begin(place: (lane: number) => FunctionWriter): void {
    for (const [i, one] of this.#state.entries()) {
      const word = initialState[i] ?? 0;
      this.#write.const32(word).op('i32x4.splat').set(one);
    }
    for (const [lane, one] of this.#from.entries()) place(lane).set(one);
  }

  /** Takes all whole sixteen words of all lanes; the local `length` holds their bytes in each. */
  take(length: number): void {
    const write = this.#write;
    const [first = 0] = this.#from;
    write.get(first, length).op('i32.add').set(this.#end);
    write.loopWhileBelow(first, this.#end, () => {
      for (let quarter = 0; quarter < 4; quarter += 1) {
        for (const [i, row] of this.#rows.entries()) {
          const from = this.#from[i] ?? 0;
          write
            .get(from)
            .load128(quarter * vectorBytes)
            .set(row);
        }
        const columns = this.#message.slice(quarter * 4, quarter * 4 + 4);
        transpose(write, this.#rows, this.#pairs, columns);
      }
      compress(write, this.#state, this.#before, this.#message);
      for (const one of this.#from) write.get(one).const32(chunkBytes).op('i32.add').set(one);
    });
  }

  /** The padding of messages of whole sixteen words, which is the same for all (RFC 1320 3.1 and 3.2). */
  takePadding(length: number): void {
    const write = this.#write;
    for (const one of this.#message) write.const32(0).op('i32x4.splat').set(one);
    const [first = 0] = this.#message;
    write.const32(0x80).op('i32x4.splat').set(first);
    const lengthWord = this.#message[14] ?? 0;
    write.get(length).const32(3).op('i32.shl', 'i32x4.splat').set(lengthWord);
    compress(write, this.#state, this.#before, this.#message);
  }

  /** Stores the first two words of a lane's digest at the local `out` and `offset`. */
  storeWords(lane: number, out: number, offset: number): void {
    for (const word of [0, 1]) {
      const from = this.#state[word] ?? 0;
      this.#write.get(out).get(from).extractLane32(lane);
      this.#write.store32(offset + word * 4);
    }
  }
}

/** Four rows of four words each become four columns. */
function transpose(
  write: FunctionWriter,
  rows: readonly number[],
  pairs: readonly number[],
  columns: readonly number[],
): void {
  const [a = 0, b = 0, c = 0, d = 0] = rows;
  const [low0 = 0, high0 = 0, low1 = 0, high1 = 0] = pairs;
  const mix = (
    one: number,
    other: number,
    words: readonly number[],
    to: number | undefined,
  ): void => {
    write.get(one, other).shuffle(words.flatMap((word) => [0, 1, 2, 3].map((i) => word * 4 + i)));
    write.set(to ?? 0);
  };
  mix(a, b, [0, 4, 1, 5], low0);
  mix(a, b, [2, 6, 3, 7], high0);
  mix(c, d, [0, 4, 1, 5], low1);
  mix(c, d, [2, 6, 3, 7], high1);
  mix(low0, low1, [0, 1, 4, 5], columns[0]);
  mix(low0, low1, [2, 3, 6, 7], columns[1]);
  mix(high0, high1, [0, 1, 4, 5], columns[2]);
  mix(high0, high1, [2, 3, 6, 7], columns[3]);
}

/** The compression function of RFC 1320 3.4 on sixteen words of each chunk. */
function compress(
  write: FunctionWriter,
  state: readonly number[],
  before: readonly number[],
  message: readonly number[],
): void {
  for (const [i, one] of state.entries()) write.get(one).set(before[i] ?? 0);
  for (const [round, { words, shifts, adds }] of rounds.entries()) {
    for (const [step, word] of words.entries()) {
      const [a = 0, b = 0, c = 0, d = 0] = [0, 1, 2, 3].map((i) => state[(i - step + 16) % 4]);
      write.get(a);
      mixes[round]?.(write, b, c, d);
      write
        .op('i32x4.add')
        .get(message[word] ?? 0)
        .op('i32x4.add');
      if (adds !== 0) write.const32(adds).op('i32x4.splat', 'i32x4.add');
      write.set(a);
      rotate(write, a, shifts[step % 4] ?? 0);
    }
  }
  for (const [i, one] of state.entries()) {
    write
      .get(one, before[i] ?? 0)
      .op('i32x4.add')
      .set(one);
  }
}

/** F, G and H. */
const mixes: readonly ((write: FunctionWriter, b: number, c: number, d: number) => void)[] = [
  (write, b, c, d) => write.get(c, d, b).op('v128.bitselect'),
  // the majority: d where b and c differ, else b
  (write, b, c, d) => write.get(d, b, b, c).op('v128.xor', 'v128.bitselect'),
  (write, b, c, d) => write.get(b, c).op('v128.xor').get(d).op('v128.xor'),
];

function rotate(write: FunctionWriter, local: number, bits: number): void {
  const shifted = (op: PlainInstruction, by: number): FunctionWriter =>
    write.get(local).const32(by).op(op);
  shifted('i32x4.shl', bits);
  shifted('i32x4.shr_u', 32 - bits);
  write.op('v128.or').set(local);
}

/** A vector of eight 16-bit numbers. */
function words16(value: (i: number) => number): number[] {
  return Array.from({ length: 8 }, (_, i) => [value(i) & 0xff, (value(i) >> 8) & 0xff]).flat();
}
