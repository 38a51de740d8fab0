/**
 * Where the bytes of files lie. Names are numbered in the order in which `tar` and `cp -r` read them; whoever reads
 * them so gets the pieces of the next names from the same query: a row more costs a tenth of a query.
 */
import type { Connection } from './schema.js';
import type { Statement } from '../sqlite/index.js';

/** Pieces of a version's bytes (content or delta) in a volume's plaintext: of equal length, at equal distances. */
export interface Piece {
  readonly volumeId: number;
  /** Of the volume in its set. */
  readonly volumeNumber: number;
  /** Of the first piece. */
  readonly offset: number;
  /** Of each piece. */
  readonly length: number;
  /** The first one's number from 1; 0 when it is the whole content or delta. */
  readonly number: number;
  /** At least 1. */
  readonly count: number;
  /** From the start of one piece to the next; 0 when there is one. */
  readonly stride: number;
}

type PieceRow = [
  volumeId: number,
  volumeNumber: number,
  offset: number,
  length: number,
  number: number,
  count: number,
  stride: number,
];

/** Names whose pieces are read at once; between those of files lie those of folders and links. */
const namesAhead = 64;
/** Rows read at once: a large file has one a volume. */
const maxRows = 128;
const rowsPerPage = 1000;

export class PieceReader {
  readonly #ofName: Statement<[number, number, number, number], PieceRow>;
  readonly #ofNames: Statement<[number, number, number], [nameId: number, ...PieceRow]>;
  /** All pieces of names behind `#last`, for who asks for them in order. Each is given away once. */
  readonly #ahead = new Map<number, Piece[]>();
  #setId = 0;
  #last = 0;

  constructor(connection: Connection) {
    const columns = 'volume_id, volume_number, offset, length, piece, count, stride FROM pieces';
    this.#ofName = connection
      .prepare<[number, number, number, number], PieceRow>(
        `SELECT ${columns} WHERE name_id = ? AND set_id = ? AND (volume_number, offset) > (?, ?)
         ORDER BY volume_number, offset LIMIT ${rowsPerPage}`,
      )
      .raw();
    this.#ofNames = connection
      .prepare<[number, number, number], [number, ...PieceRow]>(
        `SELECT name_id, ${columns} WHERE name_id BETWEEN ? AND ? AND set_id = ?
         ORDER BY name_id, volume_number, offset LIMIT ${maxRows}`,
      )
      .raw();
  }

  /** In order, some at a time; none where the set does not hold the name. */
  *pages(setId: number, id: number): Generator<Piece[], void> {
    for (let last: Piece | undefined; ;) {
      const rows = this.#ofName.all(id, setId, last?.volumeNumber ?? -1, last?.offset ?? -1);
      const page = rows.map(toPiece);
      if (page.length > 0) yield page;
      if (page.length < rowsPerPage) return;
      last = page.at(-1);
    }
  }

  /**
   * The pieces of a name for whoever asks for one name after the other; undefined where they are more than one page.
   * They may be those of a moment ago: of a version that was not located yet some may lack, so its size is to be
   * compared.
   */
  piecesInTurn(setId: number, id: number): Piece[] | undefined {
    const goesOn = setId === this.#setId && id > this.#last && id <= this.#last + namesAhead;
    this.#setId = setId;
    this.#last = id;
    if (!goesOn) this.#ahead.clear();
    const known = this.#ahead.get(id);
    if (known !== undefined) {
      this.#ahead.delete(id);
      return known;
    }
    return (goesOn ? this.#readOn(setId, id) : undefined) ?? this.#onePage(setId, id);
  }

  #onePage(setId: number, id: number): Piece[] | undefined {
    const rows = this.#ofName.all(id, setId, -1, -1);
    return rows.length < rowsPerPage ? rows.map(toPiece) : undefined;
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

function toPiece([volumeId, volumeNumber, offset, length, number, count, stride]: PieceRow): Piece {
  return { volumeId, volumeNumber, offset, length, number, count, stride };
}
