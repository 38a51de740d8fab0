/**
 * Reads one file of the source once and makes of it, in that pass, what a set needs: its content, or the delta
 * to the version before, and its new signature. All calls are synchronous: this runs in a thread of its
 * own (read-thread.ts), where opening and reading 50,000 small files so takes a quarter of the time.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { availableParallelism } from 'node:os';
import { DeltaBuilder, parseSignature, SignatureBuilder } from '../../librsync/index.js';
import { systemPath } from '../../source/index.js';
import type { ReadRequest, ReadResult } from './read-request.js';
import type { SummingThread } from './summing-thread.js';

const chunkBytes = 1 << 20;
/** How far a file that grows while it is read is followed. */
const maxGrowth = 64 << 20;
/** What is longer is summed up with help: starting it takes as long as summing some 60 MB. */
const minHelpedBytes = 64 << 20;
const hasHelp = availableParallelism() > 1;
/** O_NONBLOCK: opening a named pipe must not wait for a writer. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Both take bytes in order, and must copy what they keep. */
export interface FileSink {
  data(bytes: Uint8Array): void;
  /** The signature of a file that has no base, as it grows: all but what the result has. */
  signature(bytes: Uint8Array): void;
}

export class FileReader {
  readonly #buffer = Buffer.allocUnsafeSlow(chunkBytes);
  readonly #summing: SummingThread | undefined;

  constructor(summing?: SummingThread) {
    this.#summing = summing;
  }

  read(request: ReadRequest, sink: FileSink): ReadResult {
    const { path, follow } = request;
    let file: number;
    try {
      file = openSync(systemPath(path), follow ? flags : flags | constants.O_NOFOLLOW);
    } catch (error) {
      return unopened(error);
    }
    try {
      const before = fstatSync(file);
      if (!before.isFile()) return unopened({ code: 'EINVAL' });
      return this.#read(file, before, request, sink);
    } finally {
      this.#summing?.end();
      closeSync(file);
    }
  }

  #read(
    file: number,
    before: Stats,
    { blockLength, base }: ReadRequest,
    sink: FileSink,
  ): ReadResult {
    const onSegment = base === undefined ? sink.signature.bind(sink) : undefined;
    const newSignature = new SignatureBuilder(blockLength, onSegment);
    const delta = base && this.#beginDelta({ file, size: before.size, base }, newSignature, sink);
    let bytes = 0;
    let failure: ReadResult['failure'];
    try {
      while (bytes <= before.size + maxGrowth) {
        const count = readSync(file, this.#buffer, 0, chunkBytes, null);
        if (count === 0) break;
        bytes += count;
        const chunk = this.#buffer.subarray(0, count);
        if (delta === undefined) {
          newSignature.update(chunk);
          sink.data(chunk);
        } else {
          delta.update(chunk);
        }
        if (count < chunkBytes && bytes === before.size) break;
      }
    } catch (error) {
      failure = { code: codeOf(error), at: 'read' };
    }
    delta?.finish();
    const after = fstatSync(file);
    const changed =
      after.mtimeMs !== before.mtimeMs || after.size !== before.size || bytes !== after.size;
    const result = { bytes, signature: newSignature.digest(), changed };
    return failure === undefined ? result : { ...result, failure };
  }

  #beginDelta(
    { file, size, base }: { file: number; size: number; base: Uint8Array },
    newSignature: SignatureBuilder,
    sink: FileSink,
  ): DeltaBuilder {
    const signature = parseSignature(base, '');
    const ahead =
      hasHelp && size >= minHelpedBytes
        ? this.#summing?.begin(file, signature.blockLength)
        : undefined;
    return new DeltaBuilder(signature, sink.data.bind(sink), { newSignature, ahead });
  }
}

function unopened(error: unknown): ReadResult {
  const signature = new Uint8Array(0);
  return { bytes: 0, signature, changed: false, failure: { code: codeOf(error), at: 'open' } };
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : 'EIO';
}
