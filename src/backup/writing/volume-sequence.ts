/** The volumes of a set, one after the other: where each entry goes, and when the next one begins. */
import { paddingLength, volumeEnd } from '../../archive/index.js';
import type { WrittenVolume } from '../../volume/index.js';
import type { SpooledFile } from '../spool/file-spool.js';
import type { VolumeMaker, OpenVolume } from '../spool/volume-maker.js';
import { volumeName } from '../plan/set-plan.js';
import type { SetPlan } from '../plan/set-plan.js';

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
  readonly volume: WrittenVolume;
  readonly start: VolumeEdge;
  readonly end: VolumeEdge;
}

/** Where the data of a piece lie. */
export interface Placed {
  readonly volume: number;
  readonly offset: number;
  readonly taken: Promise<void> | undefined;
}

/** duplicity's reserves (docs/format/1-bytes.md 4.6): a block may still come, and gpg's own bytes. */
const blockReserve = 65536;
const gpgReserve = 51200 + 16384;

interface CurrentVolume extends OpenVolume {
  readonly start: VolumeEdge;
  end: VolumeEdge;
  length: number;
}

export class VolumeSequence {
  readonly #plan: SetPlan;
  readonly #maker: VolumeMaker;
  readonly #limit: number;
  /** Takes each volume when it is whole; the next begins when it has returned. */
  readonly #onFinished: (volume: FinishedVolume) => Promise<void>;
  #number: number;
  #current: CurrentVolume | undefined;

  constructor(
    plan: SetPlan,
    maker: VolumeMaker,
    firstNumber: number,
    onFinished: (volume: FinishedVolume) => Promise<void>,
  ) {
    this.#plan = plan;
    this.#maker = maker;
    this.#number = firstNumber;
    this.#onFinished = onFinished;
    const reserve = plan.encoding.container === 'gpg' ? gpgReserve : 0;
    this.#limit = plan.volumeBytes - reserve - blockReserve;
  }

  /** Whether the volume may be full; `isFull` says whether it is. */
  get isNearlyFull(): boolean {
    const writer = this.#current?.writer;
    // what is in work counts as if it could not be compressed
    return writer !== undefined && writer.fileBytes + writer.pendingBytes > this.#limit;
  }

  /** Whether the next block belongs into another volume; it is then to be begun by `cut`. */
  async isFull(): Promise<boolean> {
    if (!this.isNearlyFull) return false;
    await this.#current?.writer.settle();
    return this.isNearlyFull;
  }

  /** Whether a volume has to be begun before something can be added. */
  get isBegun(): boolean {
    return this.#current !== undefined;
  }

  async begin(edge: VolumeEdge): Promise<void> {
    const volume = await this.#maker.open(this.#plan.encoding);
    this.#current = { ...volume, start: edge, end: edge, length: 0 };
  }

  /**
   * Writes one tar entry into the volume that was begun: its header, its data and what fills the last block. Where it
   * lies; nothing may be added before `taken` is done, where there is one.
   */
  add(edge: VolumeEdge, header: Buffer, data: readonly Buffer[] = []): Placed {
    const current = this.#current;
    if (current === undefined) throw new Error('No volume was begun');
    const offset = current.length + header.length;
    let length = 0;
    for (const part of data) length += part.length;
    const padding = paddingLength(length);
    const parts = [header, ...data];
    if (padding > 0) parts.push(zeros.subarray(0, padding));
    const taken = current.writer.write(parts);
    current.length = offset + length + padding;
    current.end = edge;
    return { volume: this.#number, offset, taken };
  }

  /** Ends the volume, if one has begun. */
  async cut(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    const { encoding } = this.#plan;
    const closing = volumeEnd(current.length, encoding.container === 'gpg');
    if (closing.length > 0) await current.writer.write([closing]);
    const volume = await current.writer.finish();
    const file = current.spooled();
    const { start, end } = current;
    const number = this.#number;
    this.#number += 1;
    this.#current = undefined;
    await this.#onFinished({
      number,
      name: volumeName(this.#plan, number),
      file,
      volume,
      start,
      end,
    });
  }

  /** Ends the set's last volume: there is at least one, if an empty one. */
  async finish(): Promise<void> {
    if (this.#current === undefined && this.#number === 1) await this.begin({ path: '' });
    await this.cut();
  }
}

const zeros = Buffer.alloc(512);
