import type { Transform } from 'node:stream';
import { largePieces } from './large-pieces.js';
import { SeekPointFinder } from './seek-points.js';
import type { PossiblePoint } from './seek-points.js';

/**
 * Writes all pieces to an inflating stream of node:zlib, cut where the finder wants to know how much was inflated by
 * then, which sees all that comes out. What follows the end of the deflate stream is read and passed over.
 */
export async function feedInCuts(
  stream: Transform,
  pieces: AsyncIterable<Buffer>,
  finder: SeekPointFinder,
): Promise<void> {
  const output = watchOutput(stream, finder);
  const closed = new Promise<void>((resolve) => {
    for (const event of ['close', 'error']) {
      stream.once(event, () => {
        resolve();
      });
    }
  });
  let fed = 0;
  const feed = async (part: Buffer): Promise<void> => {
    if (part.length > 0) await Promise.race([written(stream, part), closed]);
    fed += part.length;
  };
  const isOpen = (): boolean => !output.hasEnded && !stream.destroyed;
  let held: Buffer = Buffer.alloc(0);
  for await (const piece of oneAhead(largePieces(pieces))) {
    if (stream.destroyed) return; // given up
    const bytes = held.length === 0 ? piece : Buffer.concat([held, piece]);
    let at = 0;
    for (let next = nextPart(finder, bytes, fed); next !== undefined && isOpen();) {
      const { part, found } = next;
      const feeding = feed(part);
      at += part.length;
      // looked for while the part is inflated
      next = nextPart(finder, bytes.subarray(at), fed + part.length);
      await feeding;
      if (found !== undefined && isOpen()) finder.cut(found);
    }
    held = isOpen() ? bytes.subarray(at) : Buffer.alloc(0);
  }
  if (isOpen()) await feed(held);
  if (!stream.destroyed) stream.end();
}

/** What to feed next, and the place that may lie behind it; undefined when what is at hand is too little to tell. */
function nextPart(
  finder: SeekPointFinder,
  bytes: Buffer,
  offset: number,
): { part: Buffer; found: PossiblePoint | undefined } | undefined {
  const most = Math.min(finder.mostFed(offset), bytes.length - SeekPointFinder.room);
  if (most <= 0) return undefined;
  const found = finder.findCut(bytes, offset);
  return { part: bytes.subarray(0, found?.bytes ?? most), found };
}

/** Asks for the next piece while one is inflated, so that both are worked on at the same time. */
async function* oneAhead(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    for (let next = iterator.next(); ;) {
      const result = await next;
      if (result.done === true) return;
      next = iterator.next();
      next.catch(() => undefined); // told of when it is waited for
      yield result.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** Shows the finder what comes out in the moment in which it does, before anybody reads it. */
function watchOutput(stream: Transform, finder: SeekPointFinder): { readonly hasEnded: boolean } {
  const output = { hasEnded: false };
  const push = stream.push.bind(stream);
  stream.push = (chunk: Buffer | null) => {
    if (chunk !== null) finder.inflated(chunk);
    else if (!output.hasEnded) finder.end();
    output.hasEnded ||= chunk === null;
    return push(chunk);
  };
  return output;
}

/** Resolves when all was pushed that the part makes. */
async function written(stream: Transform, part: Buffer): Promise<void> {
  return new Promise((resolve) => {
    stream.write(part, () => {
      resolve();
    });
  });
}
