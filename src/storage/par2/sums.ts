/**
 * The sums in a file NAME.par2 (Parity Volume Set Specification 2.0): those of each slice of NAME. Whoever can write to the
 * storage can write these as well: they tell damage, not forgery.
 */
import { createHash } from 'node:crypto';
import { encodeName } from '../../base/index.js';

export interface SliceSums {
  /** Of the whole file, in bytes. */
  readonly size: number;
  readonly sliceBytes: number;
  /** The MD5 of each slice, the last one filled up with zeros, one after the other. */
  readonly digests: Buffer;
}

const magic = Buffer.from('PAR2\0PKT');
const headerBytes = 64;
const digestBytes = 16;
const checksumBytes = 20;
/** A slice is held in memory. */
const maxSliceBytes = 64 * 2 ** 20;
const types = {
  main: 'PAR 2.0\0Main\0\0\0\0',
  description: 'PAR 2.0\0FileDesc',
  checksums: 'PAR 2.0\0IFSC\0\0\0\0',
} as const;

/**
 * Undefined where the bytes are not the sums of exactly the file of that name, or are damaged themselves. The program `par2`
 * writes to the name that the sums tell, so another one must never get to it.
 */
export function parseSums(bytes: Buffer, name: string): SliceSums | undefined {
  const bodies = new Map<string, Buffer>();
  for (const { type, body } of packets(bytes)) {
    if (type === types.description && !isOf(body, name)) return undefined;
    if (!bodies.has(type)) bodies.set(type, body);
  }
  const [main, description, checksums] = [
    bodies.get(types.main),
    bodies.get(types.description),
    bodies.get(types.checksums),
  ];
  if (main === undefined || description === undefined || checksums === undefined) return undefined;
  if (main.length !== 12 + digestBytes || description.length < 56) return undefined;
  const fileId = main.subarray(12);
  if (!description.subarray(0, digestBytes).equals(fileId)) return undefined;
  if (!checksums.subarray(0, digestBytes).equals(fileId)) return undefined;
  const sliceBytes = numberAt(main, 0);
  const size = numberAt(description, 48);
  if (sliceBytes === undefined || size === undefined) return undefined;
  if (sliceBytes === 0 || sliceBytes > maxSliceBytes) return undefined;
  const count = Math.ceil(size / sliceBytes);
  if (checksums.length !== digestBytes + count * checksumBytes) return undefined;
  const digests = Buffer.alloc(count * digestBytes);
  for (let slice = 0; slice < count; slice += 1) {
    const at = digestBytes + slice * checksumBytes;
    checksums.copy(digests, slice * digestBytes, at, at + digestBytes);
  }
  return { size, sliceBytes, digests };
}

/** Whether the description is of a file of that name, which its id binds to it. */
function isOf(description: Buffer, name: string): boolean {
  if (description.length < 56) return false;
  // the id is the MD5 of what begins with the MD5 of the first 16 KiB, the length and the name
  const bound = description.subarray(32);
  const end = bound.indexOf(0, 24);
  const isNamed = bound.subarray(24, end === -1 ? undefined : end).equals(encodeName(name));
  const id = createHash('md5').update(bound.subarray(0, end === -1 ? undefined : end));
  return isNamed && id.digest().equals(description.subarray(0, digestBytes));
}

/** Whether a slice is what it was when the sums were made. */
export function isSlice(sums: SliceSums, slice: number, bytes: Uint8Array): boolean {
  const { sliceBytes, digests } = sums;
  const digest = createHash('md5').update(bytes);
  if (bytes.length < sliceBytes) digest.update(Buffer.alloc(sliceBytes - bytes.length));
  const at = slice * digestBytes;
  return digest.digest().equals(digests.subarray(at, at + digestBytes));
}

/** Those packets whose own sum is right; ends when it has summed as much as no honest file has, for sums take time. */
function* packets(bytes: Buffer): Generator<{ readonly type: string; readonly body: Buffer }> {
  let left = 4 * bytes.length;
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at)) {
    const length = numberAt(bytes, at + 8);
    if (length === undefined || length < headerBytes || at + length > bytes.length) {
      at += magic.length;
      continue;
    }
    left -= length;
    if (left < 0) return;
    const sum = bytes.subarray(at + 16, at + 32);
    if (
      createHash('md5')
        .update(bytes.subarray(at + 32, at + length))
        .digest()
        .equals(sum)
    ) {
      const type = bytes.toString('latin1', at + 48, at + headerBytes);
      yield { type, body: bytes.subarray(at + headerBytes, at + length) };
      at += length;
    } else {
      at += magic.length;
    }
  }
}

/** A number of 8 bytes, little-endian; undefined where there is none, or it is too large. */
function numberAt(bytes: Buffer, at: number): number | undefined {
  if (at + 8 > bytes.length) return undefined;
  const value = bytes.readBigUInt64LE(at);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}
