import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PieceReader } from '../../src/catalog/piece-reader.js';
import { openCatalogFile } from '../../src/catalog/schema.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const connection = openCatalogFile(join(newFolder(), 'catalog.sqlite'));
afterAll(() => {
  connection.close();
});

/** Pieces of name after name in two sets: mostly one; sometimes none, some, or more than one query reads. */
const counts = new Map(
  Array.from({ length: 400 }, (_, at): [number, number] => {
    const id = at + 2;
    if (id === 50) return [id, 300];
    if (id % 7 === 0) return [id, 0];
    return [id, id % 11 === 0 ? 5 : 1];
  }),
);
const insert = connection.prepare('INSERT INTO pieces VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0)');
connection.exec('BEGIN');
for (const [id, count] of counts) {
  for (const setId of id % 3 === 0 ? [1, 2] : [1]) {
    for (let piece = 1; piece <= count; piece += 1) {
      insert.run(id, setId, setId, id * 1000 + piece, 10, setId, count === 1 ? 0 : piece);
    }
  }
}
connection.exec('COMMIT');

describe('pieces in turn', () => {
  const ids = [...counts.keys()];
  for (const [what, order] of [
    ['in the order of the ids', ids],
    ['with names left out', ids.filter((id) => id % 5 > 1)],
    ['backwards', [...ids].reverse()],
    ['twice each', ids.flatMap((id) => [id, id])],
    ['by two readers', ids.slice(0, 200).flatMap((id) => [id, id + 200])],
  ] as const) {
    it(`are the pieces, ${what}`, () => {
      const reader = new PieceReader(connection);
      const exact = new PieceReader(connection);
      for (const id of order) {
        for (const setId of [1, 2]) {
          expect(reader.piecesInTurn(setId, id)).toEqual([...exact.pages(setId, id)].flat());
        }
      }
      for (const id of order)
        expect(reader.piecesInTurn(1, id)).toEqual([...exact.pages(1, id)].flat());
    });
  }

  it('come from one query for many names', () => {
    const reader = new PieceReader(connection);
    for (const id of [300, 301]) reader.piecesInTurn(1, id);
    const before = [...reader.pages(1, 302)].flat();
    connection.prepare('DELETE FROM pieces WHERE name_id = 302').run();
    expect(reader.piecesInTurn(1, 302)).toEqual(before);
    expect(reader.piecesInTurn(1, 302)).toEqual([]); // given away once
  });
});
