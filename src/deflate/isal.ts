/**
 * Deflates with ISA-L (libisal.so.2, Debian's libisal2), where it is installed: five times as fast as zlib at its
 * lowest levels, for some 5 % more bytes. It is called through koffi, in this thread or in those that koffi
 * shares with libuv; the layout of its stream is that of igzip_lib.h in version 2. What it makes is tried once
 * before it is trusted; where anything is missing or another than expected, `loadIsal` gives undefined.
 */
import { constants, inflateRawSync } from 'node:zlib';

/** What is deflated in one call, at most. */
export const isalBytes = 320 * 1024;

/**
 * Makes one block of raw deflate that refers to nothing before it and ends on a whole byte; undefined when that
 * could not be done. `data` are at most isalBytes and must neither change nor move before that.
 */
export interface Isal {
  /** At once, in this thread. */
  now(data: Uint8Array, isEnd: boolean): Buffer | undefined;
  inPool(data: Uint8Array, isEnd: boolean): Promise<Buffer | undefined>;
}

/** Where the fields of struct isal_zstream lie. What follows them is its own state. */
const at = {
  nextIn: 0,
  availableIn: 8,
  nextOut: 16,
  availableOut: 24,
  totalOut: 28,
  level: 40,
  levelBufferBytes: 44,
  levelBuffer: 48,
  endOfStream: 56,
  flush: 58,
} as const;
/** The struct has some 85 KB. */
const streamBytes = 256 * 1024;
const level = 2;
const levelBufferBytes = 512 * 1024;
const fullFlush = 2;
/** Incompressible bytes grow by the headers of stored blocks. */
const outBytes = isalBytes + 1024;
/** As many as libuv has threads: more would wait for one. */
const lanes = Number(process.env.UV_THREADPOOL_SIZE ?? 4) || 4;

interface Library {
  readonly alloc: (bytes: number) => Memory;
  readonly addressOf: (bytes: Uint8Array) => bigint;
  readonly begin: (stream: bigint) => void;
  readonly deflate: (stream: bigint) => number;
  readonly deflateInPool: (stream: bigint) => Promise<number>;
}

interface Memory {
  readonly address: bigint;
  readonly bytes: Buffer;
}

/** The memory of one call at a time. */
class Lane {
  readonly #library: Library;
  readonly #stream: Memory;
  readonly #out: Memory;
  readonly #levelBuffer: bigint;
  /** What is being deflated, kept here: the library knows no more of it than where it lies. */
  input: Uint8Array | undefined;

  constructor(library: Library) {
    this.#library = library;
    const { alloc } = library;
    this.#stream = alloc(streamBytes);
    this.#out = alloc(outBytes);
    this.#levelBuffer = alloc(levelBufferBytes).address;
  }

  now(data: Uint8Array, isEnd: boolean): Buffer | undefined {
    this.#begin(data, isEnd);
    return this.#packed(this.#library.deflate(this.#stream.address));
  }

  async inPool(data: Uint8Array, isEnd: boolean): Promise<Buffer | undefined> {
    this.#begin(data, isEnd);
    return this.#packed(await this.#library.deflateInPool(this.#stream.address));
  }

  #begin(data: Uint8Array, isEnd: boolean): void {
    this.input = data;
    const { address, bytes } = this.#stream;
    this.#library.begin(address);
    bytes.writeBigUInt64LE(this.#library.addressOf(data), at.nextIn);
    bytes.writeUInt32LE(data.length, at.availableIn);
    bytes.writeBigUInt64LE(this.#out.address, at.nextOut);
    bytes.writeUInt32LE(outBytes, at.availableOut);
    bytes.writeUInt32LE(level, at.level);
    bytes.writeUInt32LE(levelBufferBytes, at.levelBufferBytes);
    bytes.writeBigUInt64LE(this.#levelBuffer, at.levelBuffer);
    bytes.writeUInt16LE(isEnd ? 1 : 0, at.endOfStream);
    bytes.writeUInt16LE(isEnd ? 0 : fullFlush, at.flush);
  }

  #packed(result: number): Buffer | undefined {
    this.input = undefined;
    const { bytes } = this.#stream;
    const length = bytes.readUInt32LE(at.totalOut);
    if (result !== 0 || bytes.readUInt32LE(at.availableIn) !== 0) return undefined;
    const packed = Buffer.allocUnsafeSlow(length);
    this.#out.bytes.copy(packed, 0, 0, length);
    return packed;
  }
}

let loading: Promise<Isal | undefined> | undefined;
let loaded: Isal | undefined;

/** Loads the library once. */
export function loadIsal(): Promise<Isal | undefined> {
  loading ??= load();
  return loading;
}

/** The library, once `loadIsal` has found it. */
export function loadedIsal(): Isal | undefined {
  return loaded;
}

async function load(): Promise<Isal | undefined> {
  if (process.arch !== 'x64') return undefined; // little-endian, pointers of 8 bytes; elsewhere it was not tried
  try {
    const isal = inLanes(await openLibrary());
    if (await isTrustworthy(isal)) loaded = isal;
    return loaded;
  } catch {
    return undefined; // no koffi for this platform, or no library
  }
}

async function openLibrary(): Promise<Library> {
  const { default: koffi } = await import('koffi');
  const library = koffi.load('libisal.so.2');
  const begin = library.func('void isal_deflate_stateless_init(void *stream)');
  const deflate = library.func('int isal_deflate_stateless(void *stream)');
  return {
    alloc: (length) => {
      const address = koffi.alloc('uint8_t', length) as bigint;
      return { address, bytes: Buffer.from(koffi.view(address, length)) };
    },
    addressOf: (bytes) => koffi.address(bytes),
    begin: (stream) => {
      begin(stream);
    },
    deflate: (stream) => deflate(stream) as number,
    deflateInPool: (stream) =>
      new Promise((resolve, reject) => {
        deflate.async(stream, (error: Error | null, result: number) => {
          if (error === null) resolve(result);
          else reject(error);
        });
      }),
  };
}

/** Calls beyond the number of lanes wait for one; one more is for calls in this thread. */
function inLanes(library: Library): Isal {
  const own = new Lane(library);
  const free: Lane[] = [];
  const waiting: ((lane: Lane) => void)[] = [];
  let made = 0;
  const take = async (): Promise<Lane> => {
    const lane = free.pop();
    if (lane !== undefined) return lane;
    if (made < lanes) {
      made += 1;
      return new Lane(library);
    }
    return new Promise((resolve) => {
      waiting.push(resolve);
    });
  };
  return {
    now: (data, isEnd) => own.now(data, isEnd),
    inPool: async (data, isEnd) => {
      const lane = await take();
      try {
        return await lane.inPool(data, isEnd);
      } finally {
        const next = waiting.shift();
        if (next === undefined) free.push(lane);
        else next(lane);
      }
    },
  };
}

/** Whether a sample comes back as it was: another layout of the struct would show. */
async function isTrustworthy(isal: Isal): Promise<boolean> {
  const text = Buffer.from('The quick brown fox jumps over the lazy dog. '.repeat(2000));
  const mixed = Buffer.from(text.map((byte, i) => byte ^ (((i * i * 31) >>> 7) & (i >>> 9))));
  for (const sample of [text, mixed, text.subarray(0, 1)]) {
    const [begun, ended] = [isal.now(sample, false), await isal.inPool(sample, true)];
    if (begun === undefined || ended === undefined) return false;
    const { Z_SYNC_FLUSH } = constants;
    const alone = inflateRawSync(begun, { finishFlush: Z_SYNC_FLUSH });
    const both = inflateRawSync(Buffer.concat([begun, ended]));
    if (!alone.equals(sample) || !both.equals(Buffer.concat([sample, sample]))) return false;
  }
  return true;
}
