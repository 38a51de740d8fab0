/**
 * The commands of a delta without their data (docs/index-format.md, "Delta maps"): which bytes of a version come from the
 * version before and which lie in the delta, so that any part of it is found without reading the delta.
 */
import { DeltaCommands, DeltaParser } from '../../librsync/index.js';
import type { DeltaSink } from '../../librsync/index.js';
import type { Fail } from '../damaged.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** A longer one is left out: the delta itself is read then. */
const maxMapBytes = 4 * 2 ** 20;
/** A batch is handed out once it has so many commands. */
const batchCount = 8192;
/** A delta begins with its magic, so that no data lies before. */
const firstLiteral = 4;

/** Packs commands as they come. */
export class DeltaMapWriter implements DeltaSink {
  readonly #packed = new ByteWriter();
  #copyEnd = 0;
  #literalEnd = firstLiteral;
  #isTooLong = false;

  copy(start: number, length: number): void {
    this.#add(2 * length, start - this.#copyEnd);
    this.#copyEnd = start + length;
  }

  literal(deltaOffset: number, length: number): void {
    this.#add(2 * length + 1, deltaOffset - this.#literalEnd);
    this.#literalEnd = deltaOffset + length;
  }

  /** The map of all that came; undefined where it would be too long, or has numbers that no file has. */
  get map(): Buffer | undefined {
    return this.#isTooLong ? undefined : Buffer.from(this.#packed.written);
  }

  #add(lengthAndKind: number, distance: number): void {
    if (this.#isTooLong) return;
    const isPackable = Number.isSafeInteger(lengthAndKind) && Number.isSafeInteger(2 * distance);
    if (isPackable) {
      this.#packed.number(lengthAndKind);
      this.#packed.signed(distance);
    }
    this.#isTooLong = !isPackable || this.#packed.written.length > maxMapBytes;
    if (this.#isTooLong) this.#packed.reset();
  }
}

/** Makes the map of a delta whose bytes go by, and finds the length of what it makes. Holds none of its data. */
export class DeltaMapper {
  readonly #writer = new DeltaMapWriter();
  readonly #parser: DeltaParser;

  /** @param name what the delta is called in errors */
  constructor(name: string) {
    this.#parser = new DeltaParser(this.#writer, { name });
  }

  /**
   * Takes the next bytes of the delta, cut anywhere. Nothing may be asked for once it has failed.
   * @throws DuplifsError DAMAGED when they break the format
   */
  push(input: Uint8Array): void {
    this.#parser.push(input);
  }

  /**
   * The length in bytes of the file that the delta makes; to be asked after the last byte.
   * @throws DuplifsError DAMAGED when the delta is cut short
   */
  get resultLength(): number {
    this.#parser.finish();
    return this.#parser.resultLength;
  }

  /** The map of the whole delta; undefined where it would be too long, or the delta is cut short. */
  get map(): Buffer | undefined {
    return this.#parser.ended ? this.#writer.map : undefined;
  }
}

export interface MappedDelta {
  /** The length of the delta, in bytes. */
  readonly deltaLength: number;
  /** Of the version before, where it is known. */
  readonly basisLength?: number | undefined;
  /** Makes the error of a map that breaks the format. */
  readonly fail: Fail;
}

/** The commands of a map, in batches; the last one's `resultLength` is the length of the file that they make. */
export function* readDeltaMap(
  map: Buffer,
  { deltaLength, basisLength = Number.MAX_SAFE_INTEGER, fail }: MappedDelta,
): Generator<DeltaCommands, void, undefined> {
  if (map.length > maxMapBytes) throw fail('holds a delta map that is too long');
  const from = new ByteReader(map, 0, map.length, fail);
  let batch = new DeltaCommands();
  let copyEnd = 0;
  let literalEnd = firstLiteral;
  while (!from.isAtEnd) {
    const head = from.number();
    const length = Math.floor(head / 2);
    const isLiteral = head % 2 === 1;
    const start = (isLiteral ? literalEnd : copyEnd) + from.signed();
    const end = start + length;
    const most = isLiteral ? deltaLength : basisLength;
    if (length === 0 || start < 0 || end > most) {
      throw fail('holds a delta map with an impossible place');
    }
    if (isLiteral) {
      batch.literal(start, length);
      literalEnd = end;
    } else {
      batch.copy(start, length);
      copyEnd = end;
    }
    if (batch.count >= batchCount) {
      yield batch;
      batch = new DeltaCommands(batch.resultLength);
    }
  }
  yield batch;
}

/** Checks a map without using it. Returns the length of the file that it makes. */
export function lengthOfDeltaMap(map: Buffer, delta: MappedDelta): number {
  let length = 0;
  for (const { resultLength } of readDeltaMap(map, delta)) length = resultLength;
  return length;
}
