/** Makes extents, and packs them as they come. */
import { DuplifsError } from '../base/index.js';
import { Extents } from './extents.js';
import { extentsPerGroup, segmentBytes } from './packed-extents.js';
import type { Extent } from './packed-extents.js';
import type { PlaceChecks } from './place-checks.js';

/** More would be a delta made to fill memory; packed they take at most some 150 MB. */
const maxExtents = 2 ** 23;
/** A file of so many parts, pieces counted one by one, must be worth it: each part has so many bytes on average. */
const manyParts = 2 ** 16;
const leastAverageBytes = 64;

/** No volume and no file is as long; so that packed numbers stay exact. */
const maxPlace = 2 ** 50;

/** The most that an extent takes: five numbers below 2^53. */
const maxPackedBytes = 5 * 8;

/** Collects extents; single pieces that follow each other in a volume become one. */
export class ExtentsBuilder {
  readonly #nameOf: () => string;
  readonly #segments: Uint8Array[] = [];
  #segment = new Uint8Array();
  #at = 0;
  #starts = new Float64Array();
  #places = new Float64Array();
  #count = 0;
  #parts = 0;
  /** Of what is packed, and with what is pending. */
  #packedLength = 0;
  #length = 0;
  #pending: { -readonly [K in keyof Extent]: Extent[K] } | undefined;
  /** What the packed extent before leaves behind for the next. */
  #volumeId = 0;
  #end = 0;
  readonly #volumeIds = new Set<number>();

  /** `nameOf` gives what errors call the file. */
  constructor(nameOf: () => string) {
    this.#nameOf = nameOf;
  }

  /**
   * Adds what follows.
   * @throws DuplifsError DAMAGED when the file is cut into more parts than any honest one
   */
  add(extent: Extent): this {
    const { volumeId, offset, length, count, stride } = extent;
    if (length === 0) return this;
    this.#length += length * count;
    if (offset + count * stride + length > maxPlace || this.#length > maxPlace) {
      throw this.#damaged('lies at an impossible place');
    }
    const pending = this.#pending;
    if (
      pending?.count === 1 &&
      count === 1 &&
      pending.volumeId === volumeId &&
      pending.offset + pending.length === offset
    ) {
      pending.length += length;
      return this;
    }
    this.#pack();
    this.#parts += count;
    this.#check();
    this.#pending = { ...extent };
    return this;
  }

  get count(): number {
    return this.#count;
  }

  /** Nothing may be added afterwards. */
  build(checks: readonly PlaceChecks[] = []): Extents {
    if (this.#count === 0 && this.#pending !== undefined) return new Extents(this.#pending, checks);
    this.#pack();
    this.#segments.push(this.#segment.slice(0, this.#at));
    const groups = Math.ceil(this.#count / extentsPerGroup);
    const packed = {
      segments: this.#segments,
      starts: this.#starts.slice(0, groups),
      places: this.#places.slice(0, groups),
      groups,
      count: this.#count,
      length: this.#length,
      volumeIds: this.#volumeIds,
    };
    return new Extents(packed, checks);
  }

  #check(): void {
    const isCrumbs = this.#parts > manyParts && this.#length < this.#parts * leastAverageBytes;
    if (isCrumbs) {
      throw this.#damaged('is cut into absurdly small parts');
    }
    if (this.#count >= maxExtents) {
      throw this.#damaged(`is cut into more than ${maxExtents} runs`);
    }
  }

  #damaged(what: string): DuplifsError {
    return new DuplifsError('DAMAGED', `"${this.#nameOf()}" ${what}`, {
      hint: 'The set is damaged; an older or newer one may have the file',
    });
  }

  #pack(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const { volumeId, offset, length, count, stride } = pending;
    this.#pending = undefined;
    this.#makeRoom();
    if (this.#count % extentsPerGroup === 0) this.#beginGroup();
    const isOther = volumeId !== this.#volumeId;
    this.#number(length * 4 + (count > 1 ? 2 : 0) + (isOther ? 1 : 0));
    if (isOther) this.#number(volumeId);
    const distance = offset - this.#end;
    this.#number(distance < 0 ? -2 * distance - 1 : 2 * distance);
    if (count > 1) {
      this.#number(count);
      this.#number(stride);
    }
    if (isOther) this.#volumeIds.add(volumeId);
    this.#volumeId = volumeId;
    this.#end = offset + (count - 1) * stride + length;
    this.#count += 1;
    this.#packedLength += length * count;
  }

  #beginGroup(): void {
    const group = this.#count / extentsPerGroup;
    if (group === this.#starts.length) {
      this.#starts = doubled(this.#starts);
      this.#places = doubled(this.#places);
    }
    this.#starts[group] = this.#packedLength;
    this.#places[group] = this.#segments.length * segmentBytes + this.#at;
    this.#volumeId = 0;
    this.#end = 0;
  }

  /** A group never goes over the end of a segment. */
  #makeRoom(): void {
    const isGroup = this.#count % extentsPerGroup === 0;
    const wanted = (isGroup ? extentsPerGroup : 1) * maxPackedBytes;
    if (this.#at + wanted <= this.#segment.length) return;
    if (isGroup && this.#at + wanted > segmentBytes) {
      this.#segments.push(this.#segment);
      this.#segment = new Uint8Array(segmentBytes);
      this.#at = 0;
      return;
    }
    const larger = Math.max(this.#segment.length * 2, this.#at + wanted);
    const grown = new Uint8Array(Math.min(segmentBytes, larger));
    grown.set(this.#segment.subarray(0, this.#at));
    this.#segment = grown;
  }

  #number(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#segment[this.#at++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#segment[this.#at++] = rest;
  }
}

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(Math.max(4, array.length * 2));
  grown.set(array);
  return grown;
}
