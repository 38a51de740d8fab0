/**
 * The body of a PAX extension header: records `length SP key=value LF`, the length counting itself
 * (docs/format/1-bytes.md 4.1). Values are raw bytes; `hdrcharset=BINARY` says only that some of
 * them are not UTF-8, which decodeName copes with anyway.
 */
import { decodeName, encodeName, hasEscapes } from '../../base/index.js';
import type { Fail } from '../damaged.js';
import type { TarHeader } from './header.js';

/** What extension headers say about the entry after them; what is absent stays as the header has it. */
export interface HeaderOverrides {
  name?: string;
  linkName?: string;
  uid?: number;
  gid?: number;
  mtimeSeconds?: number;
  size?: number;
  userName?: string;
  groupName?: string;
  fault?: string;
}

/** Reads the records of one body. Throws what `fail` makes when it is not a list of records. */
export function parsePax(body: Buffer, fail: Fail): HeaderOverrides {
  const overrides: HeaderOverrides = {};
  for (let at = 0; at < body.length;) {
    const blank = body.indexOf(0x20, at);
    const length = blank < 0 || blank - at > 7 ? NaN : decimal(body.toString('latin1', at, blank));
    const end = at + length;
    const equals = body.indexOf(0x3d, blank + 1);
    if (!(end <= body.length) || equals < 0 || equals >= end - 1 || body[end - 1] !== 0x0a) {
      throw fail('holds a PAX header that is not a list of records');
    }
    apply(
      overrides,
      body.toString('latin1', blank + 1, equals),
      body.subarray(equals + 1, end - 1),
      fail,
    );
    at = end;
  }
  return overrides;
}

function apply(to: HeaderOverrides, key: string, value: Buffer, fail: Fail): void {
  const number = (): number => {
    const text = value.toString('latin1');
    const parsed = /^-?\d+(\.\d*)?$/.test(text) ? Math.floor(Number(text)) : NaN;
    if (Number.isSafeInteger(parsed)) return parsed;
    // where the next entry begins is known without all but the size
    if (key === 'size') throw fail(`holds a PAX header with a bad ${key}`);
    to.fault ??= `with a bad ${key}`;
    return 0;
  };
  if (key.startsWith('GNU.sparse.')) to.fault ??= 'that is sparse';
  if (value.length === 0 && key !== 'uname' && key !== 'gname') return;
  if (key === 'path') to.name = decodeName(value);
  else if (key === 'linkpath') to.linkName = decodeName(value);
  else if (key === 'uid') to.uid = number();
  else if (key === 'gid') to.gid = number();
  else if (key === 'mtime') to.mtimeSeconds = number();
  else if (key === 'size') to.size = number();
  else if (key === 'uname') to.userName = decodeName(value);
  else if (key === 'gname') to.groupName = decodeName(value);
}

function decimal(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : NaN;
}

/** The largest numbers that fit the octal fields of 8 and 12 bytes. */
const maxShort = 0o7777777;
const maxLong = 0o77777777777;

/**
 * The body of the PAX header that `header` needs because something does not fit ustar's fields, or
 * undefined: texts that are too long or not ASCII, numbers that are too large. Records come in the
 * order in which duplicity writes them.
 */
export function paxBodyFor(header: TarHeader): Buffer | undefined {
  const records: (readonly [key: string, value: string])[] = [];
  const text = (key: string, value: string, limit: number): void => {
    if (value.length > limit || !isAscii(value)) records.push([key, value]);
  };
  const number = (key: string, value: number, limit: number): void => {
    if (value < 0 || value > limit) records.push([key, String(value)]);
  };
  text('path', header.name, 100);
  text('linkpath', header.linkName, 100);
  text('uname', header.userName, 32);
  text('gname', header.groupName, 32);
  number('uid', header.uid, maxShort);
  number('gid', header.gid, maxShort);
  number('size', header.size, maxLong);
  number('mtime', header.mtimeSeconds, maxLong);
  if (records.length === 0) return undefined;
  const parts = records.map(([key, value]) => paxRecord(key, encodeName(value)));
  const isBinary = records.some(([, value]) => hasEscapes(value));
  if (isBinary) parts.unshift(paxRecord('hdrcharset', Buffer.from('BINARY')));
  return Buffer.concat(parts);
}

/** Whether a number stands in its octal field rather than in a PAX record. */
export function fitsShort(value: number): boolean {
  return value >= 0 && value <= maxShort;
}

/** The same for the fields of 12 bytes. */
export function fitsLong(value: number): boolean {
  return value >= 0 && value <= maxLong;
}

function paxRecord(key: string, value: Buffer): Buffer {
  const rest = key.length + value.length + 3; // blank, "=" and line feed
  let length = rest + String(rest).length;
  length = rest + String(length).length; // the digits may have become one more
  return Buffer.concat([Buffer.from(`${String(length)} ${key}=`), value, Buffer.of(0x0a)]);
}

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}
