/**
 * Extents in few bytes: some six each, in numbers of seven bits a byte, with a directory of every 32nd. What an extent
 * has in common with the one before it in its group is left out.
 */

export const extentsPerGroup = 32;
export const segmentBytes = 2 ** 16;

/** A run of a file's bytes: `count` pieces of `length` bytes, `stride` bytes from one to the next. */
export interface Extent {
  readonly volumeId: number;
  /** In the volume's plaintext. */
  readonly offset: number;
  /** Of each piece. */
  readonly length: number;
  /** At least 1. */
  readonly count: number;
  /** 0 where there is one piece. */
  readonly stride: number;
}

/** Packed extents and where each group of them begins. */
export interface Packed {
  readonly segments: readonly Uint8Array[];
  /** For each group: where in the file it begins, and where in the segments. */
  readonly starts: Float64Array;
  readonly places: Float64Array;
  readonly groups: number;
  readonly count: number;
  readonly length: number;
  readonly volumeIds: ReadonlySet<number>;
}

/** Reads packed extents from a group on. */
export class PackedReader {
  readonly #packed: Packed;
  group: number;
  #index: number;
  #segment: Uint8Array;
  #at: number;
  volumeId = 0;
  offset = 0;
  length = 0;
  count = 0;
  stride = 0;
  #end = 0;

  constructor(packed: Packed, group: number) {
    this.#packed = packed;
    this.group = group;
    this.#index = group * extentsPerGroup;
    const place = packed.places[group] ?? 0;
    this.#segment = packed.segments[Math.floor(place / segmentBytes)] ?? new Uint8Array();
    this.#at = place % segmentBytes;
  }

  /** Whether there is one more; it is then in the fields. */
  next(): boolean {
    if (this.#index >= this.#packed.count) return false;
    const isNewGroup = this.#index % extentsPerGroup === 0;
    if (isNewGroup && this.#index > this.group * extentsPerGroup) {
      this.group += 1;
      const place = this.#packed.places[this.group] ?? 0;
      this.#segment = this.#packed.segments[Math.floor(place / segmentBytes)] ?? new Uint8Array();
      this.#at = place % segmentBytes;
    }
    if (isNewGroup) this.#end = 0;
    this.#index += 1;
    const head = this.#number();
    const flags = head % 4;
    this.length = (head - flags) / 4;
    if (flags & 1) this.volumeId = this.#number();
    const distance = this.#number();
    this.offset = this.#end + (distance % 2 === 0 ? distance / 2 : -(distance + 1) / 2);
    this.count = flags & 2 ? this.#number() : 1;
    this.stride = flags & 2 ? this.#number() : 0;
    this.#end = this.offset + (this.count - 1) * this.stride + this.length;
    return true;
  }

  extent(): Extent {
    const { volumeId, offset, length, count, stride } = this;
    return { volumeId, offset, length, count, stride };
  }

  #number(): number {
    let byte = this.#segment[this.#at++] ?? 0;
    if (byte < 0x80) return byte;
    let value = byte - 0x80;
    for (let scale = 0x80; ; scale *= 0x80) {
      byte = this.#segment[this.#at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
}
