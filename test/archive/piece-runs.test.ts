import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendPiece, piecesOf } from '../../src/archive/index.js';
import type { Piece, PieceRun } from '../../src/archive/index.js';

describe('runs of pieces', () => {
  const piece = fc.record({
    volume: fc.constantFrom(1, 2),
    offset: fc.nat(20).map((n) => n * 66048),
    length: fc.constantFrom(65536, 65536, 10),
  });

  it('are the pieces that they were made of', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const list: PieceRun[] = [];
        for (const one of pieces) appendPiece(list, one);
        expect([...piecesOf(list)]).toEqual(pieces);
      }),
    );
  });

  it('take one run for the pieces of a long file in one volume', () => {
    const list: PieceRun[] = [];
    const at = (i: number): Piece => ({ volume: 1, offset: 512 + i * 66048, length: 65536 });
    for (let i = 0; i < 3000; i += 1) appendPiece(list, at(i));
    appendPiece(list, { ...at(3000), length: 12 });
    expect(list.map(({ count }) => count)).toEqual([3000, 1]);
  });
});
