/**
 * The 512-byte record that begins a tar entry (docs/format/1-bytes.md 4.1): ustar, the older V7 form
 * without magic, and GNU's, which puts other things where ustar has its prefix.
 */
import { decodeName } from '../../base/index.js';
import type { Fail } from '../damaged.js';
import { readNumber } from './numbers.js';

export const recordBytes = 512;

/** An entry's metadata, extension headers applied. */
export interface TarHeader {
  /** As it stands in the tar, with its prefix and, for a directory, its trailing slash. */
  readonly name: string;
  /** Permission bits, setuid, setgid and sticky included. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of data that follow; 0 for the types that have none. */
  readonly size: number;
  readonly mtimeSeconds: number;
  /** One character: `0` regular, `1` hard link, `2` symlink, `3` `4` devices, `5` directory, `6` fifo. */
  readonly typeflag: string;
  readonly linkName: string;
  readonly userName: string;
  readonly groupName: string;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** Why the entry cannot be used, as a clause; where the next one begins is known all the same. */
  readonly fault?: string | undefined;
}

/** Where each field lies in the record: [offset, length]. */
export const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  typeflag: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  userName: [265, 32],
  groupName: [297, 32],
  deviceMajor: [329, 8],
  deviceMinor: [337, 8],
  prefix: [345, 155],
} as const;

type Field = readonly [offset: number, length: number];

/** Whether the record at `at` is all zeros, which ends an archive. */
export function isZeroRecord(bytes: Buffer, at: number): boolean {
  for (let i = at; i < at + recordBytes; i += 1) if (bytes[i] !== 0) return false;
  return true;
}

/**
 * Decodes the header record at `at`, which must be whole. Throws what `fail` makes when the checksum or the size is
 * wrong; another bad number is the entry's fault alone.
 */
export function decodeHeader(bytes: Buffer, at: number, fail: Fail): TarHeader {
  const number = (field: Field, what: string): number => {
    const value = readNumber(bytes, at + field[0], field[1]);
    if (value === undefined) throw fail(`holds a tar header with a bad ${what}`);
    return value;
  };
  let fault: string | undefined;
  const lesser = (field: Field, what: string): number => {
    const value = readNumber(bytes, at + field[0], field[1]);
    if (value === undefined) fault ??= `with a bad ${what}`;
    return value ?? 0;
  };
  if (!checksumMatches(bytes, at, number(fields.checksum, 'checksum'))) {
    throw fail('holds a tar header whose checksum is wrong');
  }
  const typeflag = typeOf(bytes, at);
  const magic = bytes.toString('latin1', at + fields.magic[0], at + fields.magic[0] + 8);
  const prefix = magic === 'ustar\x0000' ? text(bytes, at, fields.prefix) : '';
  const name = text(bytes, at, fields.name);
  const isDevice = typeflag === '3' || typeflag === '4';
  const isUstar = magic.startsWith('ustar');
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: lesser(fields.mode, 'mode') & 0o7777,
    uid: lesser(fields.uid, 'uid'),
    gid: lesser(fields.gid, 'gid'),
    size: number(fields.size, 'size'),
    mtimeSeconds: lesser(fields.mtime, 'mtime'),
    typeflag,
    linkName: text(bytes, at, fields.linkName),
    userName: isUstar ? text(bytes, at, fields.userName) : '',
    groupName: isUstar ? text(bytes, at, fields.groupName) : '',
    deviceMajor: isDevice ? lesser(fields.deviceMajor, 'device number') : 0,
    deviceMinor: isDevice ? lesser(fields.deviceMinor, 'device number') : 0,
    fault,
  };
}

/** The type, with the two old spellings of a regular file and V7's of a directory made modern. */
function typeOf(bytes: Buffer, at: number): string {
  const flag = bytes[at + fields.typeflag[0]] ?? 0;
  if (flag === 0) return text(bytes, at, fields.name).endsWith('/') ? '5' : '0';
  return flag === 0x37 ? '0' : String.fromCharCode(flag);
}

/** A NUL-terminated text field, or one that fills its place. */
function text(bytes: Buffer, at: number, [offset, length]: Field): string {
  const start = at + offset;
  if (bytes[start] === 0) return '';
  let end = start;
  let isAscii = true;
  for (; end < start + length; end += 1) {
    const byte = bytes[end] ?? 0;
    if (byte === 0) break;
    if (byte >= 0x80) isAscii = false;
  }
  return isAscii ? bytes.toString('latin1', start, end) : decodeName(bytes.subarray(start, end));
}

/** Whether the record at `at`, which must be whole, has the checksum that it names. */
export function checksumIsRight(bytes: Buffer, at: number): boolean {
  const expected = readNumber(bytes, at + fields.checksum[0], fields.checksum[1]);
  return expected !== undefined && checksumMatches(bytes, at, expected);
}

/** The sum of the record's bytes, its own field counted as blanks; some old tars added signed bytes. */
function checksumMatches(bytes: Buffer, at: number, expected: number): boolean {
  const sum = sumWithoutField(bytes, at);
  return sum === expected || sum - 256 * countHighBytes(bytes, at) === expected;
}

/** The checksum as it must stand in the record at `at`. */
export function sumWithoutField(bytes: Buffer, at: number): number {
  const [offset, length] = fields.checksum;
  // four bytes at a time, in two lanes of 16 bits, which 256 bytes each cannot overflow
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, recordBytes);
  let lanes = 0;
  for (let i = 0; i < recordBytes; i += 4) {
    const word = view.getInt32(i, true);
    lanes = (lanes + (word & 0x00ff00ff) + ((word >>> 8) & 0x00ff00ff)) | 0;
  }
  let sum = (lanes & 0xffff) + (lanes >>> 16);
  for (let i = at + offset; i < at + offset + length; i += 1) sum += 0x20 - (bytes[i] ?? 0);
  return sum;
}

function countHighBytes(bytes: Buffer, at: number): number {
  const [offset, length] = fields.checksum;
  let count = 0;
  for (let i = 0; i < recordBytes; i += 1) {
    const isInField = i >= offset && i < offset + length;
    if (!isInField && (bytes[at + i] ?? 0) >= 0x80) count += 1;
  }
  return count;
}
