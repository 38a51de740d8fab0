/** The functions of sums-module.ts and the memory that they work on: one for all. */
import { digestBytes, sumsBytes, sumsModule } from './sums-module.js';

const pageBytes = 65536;
/** What is summed goes through memory of this size, which stays in the processor's cache. */
export const inputBytes = 4 * pageBytes;
export const shortestChunk = 64;
export const sumsAt = inputBytes;
/** One for each of four messages. */
const digestsBytes = 4 * digestBytes;
export const digestsAt = sumsAt + (inputBytes / shortestChunk) * sumsBytes;

export interface Kernel {
  sums(at: number, length: number, out: number): void;
  digests(at: number, stride: number, length: number, out: number): void;
}

export interface SharedKernel {
  readonly kernel: Kernel;
  readonly input: Uint8Array;
  /** What `sums` writes, at sumsAt. */
  readonly sums: Int32Array;
  /** What `digests` writes, at digestsAt. */
  readonly digests: Int32Array;
}

/** Null where vectors are not supported. */
let shared: SharedKernel | null | undefined;

/** Undefined where vectors are not supported. */
export function sharedKernel(): SharedKernel | undefined {
  shared ??= share();
  return shared ?? undefined;
}

function share(): SharedKernel | null {
  const bytes = sumsModule();
  if (!WebAssembly.validate(bytes)) return null;
  const initial = Math.ceil((digestsAt + digestsBytes) / pageBytes);
  const memory = new WebAssembly.Memory({ initial });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return {
    kernel: exports as unknown as Kernel,
    input: new Uint8Array(memory.buffer, 0, inputBytes),
    sums: new Int32Array(memory.buffer, sumsAt, (digestsAt - sumsAt) / 4),
    digests: new Int32Array(memory.buffer, digestsAt, digestsBytes / 4),
  };
}
