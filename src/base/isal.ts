/**
 * Deflates with ISA-L (libisal.so.2, Debian's libisal2), where it is installed: five times as fast as zlib at its
 * lowest levels, for some 5 % more bytes. It is called through koffi, in the threads that koffi shares with
 * libuv; the layout of its stream is that of igzip_lib.h in version 2. What it makes is tried once before it is
 * trusted; where anything is missing or another than expected, `loadIsal` gives undefined.
 */
import { constants, inflateRawSync } from 'node:zlib';

/** What is deflated in one call, at most. */
export const isalBytes = 320 * 1024;

/**
 * One block as raw deflate that refers to nothing before it and ends on a whole byte; undefined when it could not
 * be made. `data` are at most isalBytes and must not change before that.
 */
export type IsalDeflate = (data: Uint8Array, isEnd: boolean) => Promise<Buffer | undefined>;

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
  readonly alloc: (bytes: number) => { readonly address: bigint; readonly bytes: Buffer };
  readonly begin: (stream: bigint) => void;
  readonly deflate: (stream: bigint) => Promise<number>;
}

/** The memory of one call at a time. */
class Lane {
  readonly #library: Library;
  readonly #address: bigint;
  readonly #stream: Buffer;
  readonly #in;
  readonly #out;
  readonly #levelBuffer: bigint;

  constructor(library: Library) {
    this.#library = library;
    const { alloc } = library;
    ({ address: this.#address, bytes: this.#stream } = alloc(streamBytes));
    this.#in = alloc(isalBytes);
    this.#out = alloc(outBytes);
    this.#levelBuffer = alloc(levelBufferBytes).address;
  }

  async deflate(data: Uint8Array, isEnd: boolean): Promise<Buffer | undefined> {
    const stream = this.#stream;
    this.#in.bytes.set(data);
    this.#library.begin(this.#address);
    stream.writeBigUInt64LE(this.#in.address, at.nextIn);
    stream.writeUInt32LE(data.length, at.availableIn);
    stream.writeBigUInt64LE(this.#out.address, at.nextOut);
    stream.writeUInt32LE(outBytes, at.availableOut);
    stream.writeUInt32LE(level, at.level);
    stream.writeUInt32LE(levelBufferBytes, at.levelBufferBytes);
    stream.writeBigUInt64LE(this.#levelBuffer, at.levelBuffer);
    stream.writeUInt16LE(isEnd ? 1 : 0, at.endOfStream);
    stream.writeUInt16LE(isEnd ? 0 : fullFlush, at.flush);
    const result = await this.#library.deflate(this.#address);
    const length = stream.readUInt32LE(at.totalOut);
    if (result !== 0 || stream.readUInt32LE(at.availableIn) !== 0) return undefined;
    const packed = Buffer.allocUnsafeSlow(length);
    this.#out.bytes.copy(packed, 0, 0, length);
    return packed;
  }
}

let loading: Promise<IsalDeflate | undefined> | undefined;

/** Loads the library once. */
export function loadIsal(): Promise<IsalDeflate | undefined> {
  loading ??= load();
  return loading;
}

async function load(): Promise<IsalDeflate | undefined> {
  if (process.arch !== 'x64') return undefined; // little-endian, pointers of 8 bytes; elsewhere it was not tried
  try {
    const deflate = inLanes(await openLibrary());
    return (await isTrustworthy(deflate)) ? deflate : undefined;
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
    begin: (stream) => {
      begin(stream);
    },
    deflate: (stream) =>
      new Promise((resolve, reject) => {
        deflate.async(stream, (error: Error | null, result: number) => {
          if (error === null) resolve(result);
          else reject(error);
        });
      }),
  };
}

/** Calls beyond the number of lanes wait for one. */
function inLanes(library: Library): IsalDeflate {
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
  return async (data, isEnd) => {
    const lane = await take();
    try {
      return await lane.deflate(data, isEnd);
    } finally {
      const next = waiting.shift();
      if (next === undefined) free.push(lane);
      else next(lane);
    }
  };
}

/** Whether a sample comes back as it was: another layout of the struct would show. */
async function isTrustworthy(deflate: IsalDeflate): Promise<boolean> {
  const text = Buffer.from('The quick brown fox jumps over the lazy dog. '.repeat(2000));
  const mixed = Buffer.from(text.map((byte, i) => byte ^ (((i * i * 31) >>> 7) & (i >>> 9))));
  for (const sample of [text, mixed, text.subarray(0, 1)]) {
    const [begun, ended] = [await deflate(sample, false), await deflate(sample, true)];
    if (begun === undefined || ended === undefined) return false;
    const { Z_SYNC_FLUSH } = constants;
    const alone = inflateRawSync(begun, { finishFlush: Z_SYNC_FLUSH });
    const both = inflateRawSync(Buffer.concat([begun, ended]));
    if (!alone.equals(sample) || !both.equals(Buffer.concat([sample, sample]))) return false;
  }
  return true;
}
