/**
 * Where the bytes of files lie. Names are numbered in the order in which `tar` and `cp -r` read them; whoever reads
 * them so gets the pieces of the next names from the same query: a row more costs a tenth of a query.
 */
import type { Statement } from 'better-sqlite3';
import type { Connection } from './schema.js';

/** A run of a version's bytes (content or delta) in a volume's plaintext. */
export interface Piece {
  readonly volumeId: number;
  readonly offset: number;
  readonly length: number;
  /** Its number from 1; 0 when it is the whole content or delta. */
  readonly number: number;
}

type PieceRow = [volumeId: number, offset: number, length: number, number: number];

/** Names whose pieces are read at once; between those of files lie those of folders and links. */
const namesAhead = 64;
/** Pieces read at once: a large file has thousands. */
const maxRows = 128;

export class PieceReader {
  readonly #ofName: Statement<[number, number], PieceRow>;
  readonly #ofNames: Statement<[number, number, number], [nameId: number, ...PieceRow]>;
  /** All pieces of names behind `#last`, for who asks for them in order. Each is given away once. */
  readonly #ahead = new Map<number, Piece[]>();
  #setId = 0;
  #last = 0;

  constructor(connection: Connection) {
    const columns = 'volume_id, offset, length, piece FROM pieces';
    this.#ofName = connection
      .prepare<[number, number], PieceRow>(
        `SELECT ${columns} WHERE name_id = ? AND set_id = ? ORDER BY volume_number, offset`,
      )
      .raw();
    this.#ofNames = connection
      .prepare<[number, number, number], [number, ...PieceRow]>(
        `SELECT name_id, ${columns} WHERE name_id BETWEEN ? AND ? AND set_id = ?
         ORDER BY name_id, volume_number, offset LIMIT ${maxRows}`,
      )
      .raw();
  }

  /** In order; none where the set does not hold the name. */
  pieces(setId: number, id: number): Piece[] {
    return this.#ofName.all(id, setId).map(toPiece);
  }

  /**
   * The same for whoever asks for one name after the other. They may be those of a moment ago: of a version that was
   * not located yet some may lack, so its size is to be compared.
   */
  piecesInTurn(setId: number, id: number): Piece[] {
    const goesOn = setId === this.#setId && id > this.#last && id <= this.#last + namesAhead;
    this.#setId = setId;
    this.#last = id;
    if (!goesOn) this.#ahead.clear();
    const known = this.#ahead.get(id);
    if (known !== undefined) {
      this.#ahead.delete(id);
      return known;
    }
    return (goesOn ? this.#readOn(setId, id) : undefined) ?? this.pieces(setId, id);
  }

  /** The pieces of a name, and ahead those of the names behind it; undefined if it has too many. */
  #readOn(setId: number, id: number): Piece[] | undefined {
    this.#ahead.clear();
    const rows = this.#ofNames.all(id, id + namesAhead - 1, setId);
    for (const [nameId, ...row] of rows) {
      const pieces = this.#ahead.get(nameId);
      if (pieces === undefined) this.#ahead.set(nameId, [toPiece(row)]);
      else pieces.push(toPiece(row));
    }
    const last = rows.at(-1)?.[0];
    if (rows.length === maxRows && last !== undefined) this.#ahead.delete(last); // there may be more of it
    const pieces = this.#ahead.get(id);
    this.#ahead.delete(id);
    return pieces;
  }
}

function toPiece([volumeId, offset, length, number]: PieceRow): Piece {
  return { volumeId, offset, length, number };
}
