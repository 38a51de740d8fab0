/** Runs of pieces: built as pieces come by, and taken apart again. */
import { paddingLength } from '../tar/encode.js';
import { recordBytes } from '../tar/header.js';
import type { PieceRun } from './model.js';

export interface Piece {
  readonly volume: number;
  readonly offset: number;
  readonly length: number;
}

/** The most pieces in a run: nobody who takes one apart should be kept busy by a number alone. */
export const maxPieces = 1 << 24;

/** The least distance from one piece to the next: the data, its padding, and the next one's header. */
export function shortestStride(length: number): number {
  return length + paddingLength(length) + recordBytes;
}

/** Adds the next piece of a file to its runs, to the last of them if it fits. */
export function appendPiece(runs: PieceRun[], { volume, offset, length }: Piece): void {
  const last = runs.at(-1);
  if (last?.volume === volume && last.length === length && last.count < maxPieces) {
    const stride = offset - last.offset - (last.count - 1) * last.stride;
    const isRegular = last.count === 1 || stride === last.stride;
    if (isRegular && stride >= shortestStride(length)) {
      runs[runs.length - 1] = { ...last, count: last.count + 1, stride };
      return;
    }
  }
  runs.push({ volume, offset, length, count: 1, stride: 0 });
}

/** The pieces of a file's runs, in order. */
export function* piecesOf(runs: readonly PieceRun[]): Generator<Piece> {
  for (const { volume, offset, length, count, stride } of runs) {
    for (let i = 0; i < count; i += 1) yield { volume, offset: offset + i * stride, length };
  }
}
