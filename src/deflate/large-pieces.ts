/**
 * zlib copies its window of 32 KiB at the start and the end of each call, so that small pieces are slow;
 * and with more than one piece of input waiting, decryption and inflation overlap.
 */
export const pieceBytes = 256 * 1024;

/** The same bytes in pieces of at least `pieceBytes`, but for the last. */
export async function* largePieces(
  pieces: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, void> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    if (length < pieceBytes) continue;
    yield waiting.length === 1 ? piece : Buffer.concat(waiting, length);
    waiting = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(waiting, length);
}
