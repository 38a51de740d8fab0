import type { Piece } from '../catalog/index.js';
import { Extents, ExtentsBuilder } from './extents.js';
import type { PlaceChecks } from './place-checks.js';

/** All of a content or delta; undefined where pieces are missing. */
export function extentsOf(
  pieces: readonly Piece[],
  checks: readonly PlaceChecks[],
): Extents | undefined {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined && only.number <= 1) {
    return Extents.ofRun(only, checks);
  }
  const builder = new ExtentsBuilder();
  let expected: number | undefined;
  for (const piece of pieces) {
    // one whole content, or all pieces of it from the first on
    if (piece.number !== (expected ?? Math.min(piece.number, 1))) return undefined;
    expected = piece.number + 1;
    builder.add(piece.volumeId, piece.offset, piece.length);
  }
  return builder.build(checks);
}
