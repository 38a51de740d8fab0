/**
 * Reads a delta's commands with random access: the data of long LITERALs are jumped over, so that a
 * delta of gigabytes costs what its commands cost.
 */
import { DuplifsError } from '../base/index.js';
import { DeltaCommands } from './delta-commands.js';
import { DeltaParser } from './delta-parser.js';
import type { DeltaParserOptions, DeltaSink } from './delta-parser.js';

/** Reads start small after a jump, for the next command may be followed by the next jump. */
const firstReadLength = 1024;
const maxReadLength = 64 * 1024;
/** A batch is handed out once it has this many commands (it may have a few thousand more). */
const batchCount = 8192;

export interface ReadDeltaOptions extends DeltaParserOptions {
  readonly signal?: AbortSignal;
}

/** Gives exactly `length` bytes of the delta from `offset`. Never called concurrently. */
export type ReadDelta = (offset: number, length: number) => Promise<Uint8Array>;

/**
 * The commands of the delta of `deltaLength` bytes, in batches that follow each other. The last
 * batch's `resultLength` is the result's length; there is always at least one batch, maybe empty.
 * @throws DuplifsError DAMAGED when the delta breaks the format or is cut short
 */
export async function* readDeltaCommands(
  read: ReadDelta,
  deltaLength: number,
  options: ReadDeltaOptions,
): AsyncGenerator<DeltaCommands, void, undefined> {
  let batch = new DeltaCommands();
  const sink: DeltaSink = {
    copy: (start, length) => {
      batch.copy(start, length);
    },
    literal: (deltaOffset, length) => {
      batch.literal(deltaOffset, length);
    },
  };
  const parser = new DeltaParser(sink, options);
  let readLength = firstReadLength;
  while (!parser.ended && parser.offset < deltaLength) {
    options.signal?.throwIfAborted();
    const length = Math.min(readLength, deltaLength - parser.offset);
    const bytes = await read(parser.offset, length);
    if (bytes.length !== length) {
      throw new DuplifsError(
        'DAMAGED',
        `The delta "${options.name}" has ${bytes.length} bytes at ${parser.offset} where ${length} are due`,
      );
    }
    parser.push(bytes);
    const jump = parser.literalLeft > 0;
    parser.skipLiteral();
    readLength = jump ? firstReadLength : Math.min(readLength * 2, maxReadLength);
    if (batch.count >= batchCount) {
      yield batch;
      batch = new DeltaCommands(parser.resultLength);
    }
  }
  parser.finish();
  yield batch;
}
