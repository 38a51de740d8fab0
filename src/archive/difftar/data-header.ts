/**
 * Whether the tar header in front of some data is that of the entry which somebody says the data belong to: an index
 * that maps one file to the bytes of another is found out so. Read backwards, for only the data's place is known: the
 * header's record stands right before them, and in front of it an extension header where its name does not fit.
 */
import { encodeName, isDuplifsError } from '../../base/index.js';
import { checksumIsRight, fields, recordBytes } from '../tar/header.js';
import { readNumber } from '../tar/numbers.js';
import { difftarName } from './encode.js';
import { DifftarParser } from './parser.js';
import type { ContentEntry, DifftarEntry } from './parser.js';

/** Of a regular file: what its header must say. */
export type ExpectedEntry = Pick<ContentEntry, 'kind' | 'path' | 'piece' | 'dataLength'>;

/** Bytes in front of the data that hold every header: a name of 64 KiB, and the records around it. */
export const maxHeaderBytes = 68 * 1024;

/** What a name's characters that are not ASCII are in the record itself. */
const replaced = '?';

const isAscii = /^[\x20-\x7e]*$/;

/**
 * Looks at the bytes right in front of the data, as many as are at hand and at least one record. `undefined`: more
 * are needed, up to maxHeaderBytes or the start of the volume.
 */
export function isHeaderOf(front: Buffer, expected: ExpectedEntry): boolean | undefined {
  const at = front.length - recordBytes;
  if (at < 0 || !checksumIsRight(front, at)) return false;
  const flag = front[at + fields.typeflag[0]];
  if (flag !== 0x30 && flag !== 0) return false;
  if (isShort(front, at, expected)) return true;
  for (let start = at - 2 * recordBytes; start >= 0; start -= recordBytes) {
    if (isExtension(front, start, at)) return isEntryAt(front.subarray(start), expected);
  }
  if (front.length < maxHeaderBytes) return undefined;
  return isEntryAt(front.subarray(at), expected);
}

/** The same when there is nothing in front of the bytes. */
export function isFirstHeaderOf(front: Buffer, expected: ExpectedEntry): boolean {
  return isHeaderOf(front, expected) ?? isEntryAt(front.subarray(-recordBytes), expected);
}

/** Whether the record alone says all that is expected, and its name cannot be what is left of another. */
function isShort(front: Buffer, at: number, expected: ExpectedEntry): boolean {
  const { kind, path, piece } = expected;
  const name = difftarName({ kind, path, piece, type: 'reg' });
  if (!hasName(front, at + fields.name[0], name)) return false;
  if (front[at + fields.prefix[0]] !== 0) return false;
  const size = readNumber(front, at + fields.size[0], fields.size[1]);
  return size === expected.dataLength;
}

/** Whether the name stands there, ended by a zero byte, and cannot be what is left of one of other characters. */
function hasName(front: Buffer, at: number, name: string): boolean {
  if (name.length >= fields.name[1] || name.includes(replaced)) return false;
  const bytes = isAscii.test(name) ? name : encodeName(name);
  const end = at + bytes.length;
  if (bytes.length >= fields.name[1] || front[end] !== 0) return false;
  return typeof bytes === 'string'
    ? front.toString('latin1', at, end) === bytes
    : bytes.compare(front, at, end) === 0;
}

/** Whether the record at `start` begins an extension header whose body ends where the record at `end` begins. */
function isExtension(front: Buffer, start: number, end: number): boolean {
  const flag = String.fromCharCode(front[start + fields.typeflag[0]] ?? 0);
  if (!'xLK'.includes(flag)) return false;
  const size = readNumber(front, start + fields.size[0], fields.size[1]);
  if (size === undefined || size < 1) return false;
  const records = Math.ceil(size / recordBytes);
  return start + (1 + records) * recordBytes === end && checksumIsRight(front, start);
}

/** Whether the entry that begins at the first byte is the one that is expected. */
function isEntryAt(bytes: Buffer, expected: ExpectedEntry): boolean {
  const first: { entry?: DifftarEntry; isOdd?: boolean } = {};
  const parser = new DifftarParser('a volume', {
    entry: (entry) => {
      first.entry ??= entry;
    },
    data: () => undefined,
    entryEnd: () => undefined,
    unusable: () => {
      first.isOdd ??= first.entry === undefined;
    },
  });
  try {
    parser.push(bytes);
  } catch (error) {
    if (!isDuplifsError(error)) throw error;
    return false;
  }
  const found = first.isOdd === true ? undefined : first.entry;
  return (
    found !== undefined &&
    found.kind !== 'deleted' &&
    found.type === 'reg' &&
    found.kind === expected.kind &&
    found.path === expected.path &&
    found.piece === expected.piece &&
    found.dataLength === expected.dataLength
  );
}
