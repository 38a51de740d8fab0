/** Ranges over HTTP (RFC 9110, 14), for the storages that speak it. */
import { StorageError } from './errors.js';
import { beyondEnd } from './range.js';
import type { ByteRange } from './storage.js';

/** The Range header for a range; undefined where the whole file is asked for, which needs none. */
export function rangeHeader(range: ByteRange | undefined): string | undefined {
  if (range === undefined || (range.offset === 0 && range.length === undefined)) return undefined;
  const last = range.length === undefined ? '' : String(range.offset + range.length - 1);
  return `bytes=${range.offset}-${last}`;
}

/** What of an answer is to be passed on. */
export interface Slice {
  readonly skip: number;
  /** To the end of the answer when absent. */
  readonly length?: number;
}

/**
 * Judges the answer to a ranged request by its Content-Range (absent in a 200, which has the whole file:
 * a server may ignore ranges).
 */
export function sliceOf(
  range: ByteRange | undefined,
  contentRange: string | undefined,
  name: string,
  url: string,
): Slice {
  const length = range?.length === undefined ? {} : { length: range.length };
  if (range === undefined || contentRange === undefined) {
    return { skip: range?.offset ?? 0, ...length };
  }
  const [first, last, total] = parseContentRange(contentRange);
  const end = range.length === undefined ? total : range.offset + range.length;
  if (total !== undefined && Math.max(range.offset, end ?? 0) > total) throw beyondEnd(name, url);
  if (first !== range.offset || (end !== undefined && last !== undefined && last + 1 !== end)) {
    throw new StorageError('STORAGE', `"${url}" answered with another range of "${name}"`, {
      transient: true,
    });
  }
  return { skip: 0, ...length };
}

/** Passes the slice of the chunks on, and ends the transfer where the slice ends. */
export async function* sliced(
  chunks: AsyncIterable<Uint8Array>,
  { skip, length }: Slice,
): AsyncGenerator<Uint8Array> {
  let before = skip;
  let left = length ?? Number.POSITIVE_INFINITY;
  for await (const chunk of chunks) {
    const useful = chunk.subarray(Math.min(before, chunk.length));
    before -= chunk.length - useful.length;
    const piece = useful.length > left ? useful.subarray(0, left) : useful;
    left -= piece.length;
    if (piece.length > 0) yield piece;
    // beyond the last byte only the end of the answer is read, which keeps the connection usable
    if (left === 0 && useful.length > piece.length) return;
  }
}

function parseContentRange(text: string): (number | undefined)[] {
  const found = /^bytes ([0-9]+)-([0-9]+)\/([0-9]+|\*)$/.exec(text);
  if (!found) return [];
  const [, first, last, total] = found;
  return [Number(first), Number(last), total === '*' ? undefined : Number(total)];
}
