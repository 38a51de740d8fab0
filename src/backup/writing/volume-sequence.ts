/** The volumes of a set, one after the other: where each entry goes, and when the next one begins. */
import { paddingLength, volumeEnd } from '../../archive/index.js';
import type { VolumeTable, VolumeWriter } from '../../volume/index.js';
import { FileSpool, type SpooledFile } from './file-spool.js';
import { volumeName, type SetPlan } from './set-plan.js';

/** The first or last entry of a volume, as the manifest has it (docs/format/1-bytes.md 3.3). */
export interface VolumeEdge {
  readonly path: string;
  /** The piece's number, unless it is its file's last. */
  readonly block?: number;
}

/** A volume that is whole, and not uploaded yet. */
export interface FinishedVolume {
  readonly number: number;
  readonly name: string;
  readonly file: SpooledFile;
  readonly table: VolumeTable;
  readonly start: VolumeEdge;
  readonly end: VolumeEdge;
}

/** Where the data of a piece lie. */
export interface Placed {
  readonly volume: number;
  readonly offset: number;
}

/** duplicity's reserves (docs/format/1-bytes.md 4.6): a block may still come, and gpg's own bytes. */
const blockReserve = 65536;
const gpgReserve = 51200 + 16384;

interface CurrentVolume {
  readonly spool: FileSpool;
  readonly writer: VolumeWriter;
  readonly start: VolumeEdge;
  end: VolumeEdge;
  length: number;
}

export class VolumeSequence {
  readonly #plan: SetPlan;
  readonly #limit: number;
  /** Takes each volume when it is whole; the next begins when it has returned. */
  readonly #onFinished: (volume: FinishedVolume) => Promise<void>;
  #number: number;
  #current: CurrentVolume | undefined;

  constructor(
    plan: SetPlan,
    firstNumber: number,
    onFinished: (volume: FinishedVolume) => Promise<void>,
  ) {
    this.#plan = plan;
    this.#number = firstNumber;
    this.#onFinished = onFinished;
    const reserve = plan.encoding.container === 'gpg' ? gpgReserve : 0;
    this.#limit = plan.volumeBytes - reserve - blockReserve;
  }

  /** Whether there is a volume that has something in it. */
  get isBegun(): boolean {
    return this.#current !== undefined;
  }

  /** Whether the next block belongs into another volume; it is then to be begun by `cut`. */
  async isFull(): Promise<boolean> {
    const writer = this.#current?.writer;
    if (writer === undefined) return false;
    // what is in work counts as if it could not be compressed; only near the limit is it waited for
    if (writer.fileBytes + writer.pendingBytes <= this.#limit) return false;
    await writer.settle();
    return writer.fileBytes + writer.pendingBytes > this.#limit;
  }

  /** Writes one tar entry: its header, its data and what fills the last block. */
  async add(edge: VolumeEdge, header: Buffer, data: readonly Buffer[] = []): Promise<Placed> {
    const current = this.#current ?? (await this.#begin(edge));
    const offset = current.length + header.length;
    await current.writer.write(header);
    let length = 0;
    for (const part of data) {
      length += part.length;
      await current.writer.write(part);
    }
    const padding = paddingLength(length);
    if (padding > 0) await current.writer.write(zeros.subarray(0, padding));
    current.length = offset + length + padding;
    current.end = edge;
    return { volume: this.#number, offset };
  }

  /** Ends the volume, if one has begun. */
  async cut(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    const { encoding } = this.#plan;
    const closing = volumeEnd(current.length, encoding.container === 'gpg');
    if (closing.length > 0) await current.writer.write(closing);
    const table = await current.writer.finish();
    const file = await current.spool.end();
    const { start, end } = current;
    const number = this.#number;
    this.#number += 1;
    this.#current = undefined;
    await this.#onFinished({
      ...{ number, name: volumeName(this.#plan, number), file, table, start, end },
    });
  }

  /** Ends the set's last volume: there is at least one, if an empty one. */
  async finish(): Promise<void> {
    if (this.#current === undefined && this.#number === 1) await this.#begin({ path: '' });
    await this.cut();
  }

  /** Gives up the volume in the making. */
  async discard(): Promise<void> {
    this.#current?.writer.abort();
    await this.#current?.spool.discard();
    this.#current = undefined;
  }

  async #begin(edge: VolumeEdge): Promise<CurrentVolume> {
    const { tempFolder, encoding } = this.#plan;
    const spool = await FileSpool.create(tempFolder);
    const writer = await spool.open(encoding);
    this.#current = { spool, writer, start: edge, end: edge, length: 0 };
    return this.#current;
  }
}

const zeros = Buffer.alloc(512);
