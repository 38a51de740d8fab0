/** Writes one regular file into the volumes as its bytes come from the source (docs/format/1-bytes.md 4.2, 4.3). */
import { appendPiece, DeltaMapper, encodeDifftarHeader } from '../../archive/index.js';
import type { EntryMetadata, PieceRun } from '../../archive/index.js';
import { PieceCutter, pieceBytes } from './piece-cutter.js';
import type { OpenFile } from '../resume/set-state.js';
import type { VolumeEdge, VolumeSequence } from './volume-sequence.js';

export interface FileWriterOptions {
  readonly volumes: VolumeSequence;
  readonly metadata: EntryMetadata;
  readonly kind: 'snapshot' | 'diff';
  /** Ends a volume that is full, or when the run is to stop, and begins one where there is none; `open` is this file. */
  readonly makeRoom: (edge: VolumeEdge, open: FileWriter) => Promise<void> | undefined;
  /** What an earlier run has put into volumes of the file. */
  readonly resumed: OpenFile | undefined;
}

export class FileWriter {
  readonly #volumes: VolumeSequence;
  readonly #metadata: EntryMetadata;
  readonly #kind: 'snapshot' | 'diff';
  readonly #makeRoom: FileWriterOptions['makeRoom'];
  readonly #cutter = new PieceCutter();
  readonly #runs: PieceRun[];
  readonly #mapper: DeltaMapper | undefined;
  #pieces = 0;
  /** Bytes and pieces that an earlier run has put into volumes. */
  readonly #skipPieces: number;

  constructor({ volumes, metadata, kind, makeRoom, resumed }: FileWriterOptions) {
    this.#volumes = volumes;
    this.#metadata = metadata;
    this.#kind = kind;
    this.#mapper = kind === 'diff' ? new DeltaMapper(metadata.path) : undefined;
    this.#makeRoom = makeRoom;
    this.#skipPieces = resumed?.pieces ?? 0;
    this.#runs = [...(resumed?.runs ?? [])];
  }

  get kind(): 'snapshot' | 'diff' {
    return this.#kind;
  }

  get runs(): readonly PieceRun[] {
    return this.#runs;
  }

  /** Pieces in volumes, whole ones. */
  get pieces(): number {
    return this.#pieces;
  }

  /** Bytes of content or delta so far. */
  get bytes(): number {
    return this.#cutter.total;
  }

  /** Of a diff that was written: its delta map, if it makes a file of so many bytes. */
  deltaMap(resultLength: number): Buffer | undefined {
    const map = this.#mapper?.map;
    return map !== undefined && this.#mapper?.resultLength === resultLength ? map : undefined;
  }

  /** Takes the bytes, which must not change; undefined when more may come at once. */
  add(bytes: Buffer): Promise<void> | undefined {
    this.#mapper?.push(bytes);
    this.#cutter.add(bytes);
    return this.#cutter.isFull ? this.#writePieces() : undefined;
  }

  async #writePieces(): Promise<void> {
    while (this.#cutter.isFull) {
      const piece = this.#cutter.take();
      if (this.#pieces < this.#skipPieces) this.#pieces += 1;
      else await this.#write(piece, pieceBytes, this.#pieces + 1, false);
    }
  }

  /** Writes what is left: the only entry of a short file, or the last piece of a long one. */
  end(): Promise<void> | undefined {
    const rest = this.#cutter.rest();
    const length = this.#cutter.total - this.#pieces * pieceBytes;
    return this.#write(rest, length, this.#pieces === 0 ? undefined : this.#pieces + 1, true);
  }

  /** Most files need no waiting. */
  #write(
    data: readonly Buffer[],
    dataLength: number,
    piece: number | undefined,
    isLast: boolean,
  ): Promise<void> | undefined {
    const { path } = this.#metadata;
    const edge = isLast || piece === undefined ? { path } : { path, block: piece };
    const room = this.#makeRoom(edge, this);
    if (room === undefined) return this.#writeNow(edge, data, dataLength, piece);
    return room.then(() => this.#writeNow(edge, data, dataLength, piece));
  }

  #writeNow(
    edge: VolumeEdge,
    data: readonly Buffer[],
    dataLength: number,
    piece: number | undefined,
  ): Promise<void> | undefined {
    const { path, type, mode, uid, gid, userName, groupName, mtimeSeconds } = this.#metadata;
    const header = encodeDifftarHeader({
      kind: this.#kind,
      path,
      type,
      mode,
      uid,
      gid,
      userName,
      groupName,
      mtimeSeconds,
      dataLength,
      piece,
    });
    const { volume, offset, taken } = this.#volumes.add(edge, header, data);
    appendPiece(this.#runs, { volume, offset, length: dataLength });
    this.#pieces += 1;
    return taken;
  }
}
