/**
 * Tar headers as duplicity writes them, to the byte (docs/format/1-bytes.md 4.1): ustar without its
 * prefix field, preceded by a PAX entry where something does not fit.
 */
import { recordBytes, fields, sumWithoutField } from './header.js';
import type { TarHeader } from './header.js';
import { writeOctal } from './numbers.js';
import { fitsLong, fitsShort, paxBodyFor } from './pax.js';

/** The zeros after `size` bytes of data that fill the last record. */
export function paddingLength(size: number): number {
  return (recordBytes - (size % recordBytes)) % recordBytes;
}

/** The header bytes of one entry, its PAX entry included: whole records, what stands before the data. */
export function encodeTarEntry(header: TarHeader): Buffer {
  const body = paxBodyFor(header);
  if (body === undefined) {
    // from Node's pool of small buffers: zeroing 512 bytes costs less than memory of its own
    const record = Buffer.allocUnsafe(recordBytes).fill(0);
    writeHeader(record, header);
    return record;
  }
  const bodyRecords = body.length + paddingLength(body.length);
  const bytes = Buffer.alloc(recordBytes + bodyRecords + recordBytes);
  writeHeader(bytes, { ...paxEntry, size: body.length });
  body.copy(bytes, recordBytes);
  writeHeader(bytes.subarray(recordBytes + bodyRecords), header);
  return bytes;
}

const paxEntry: TarHeader = {
  name: '././@PaxHeader',
  mode: 0,
  uid: 0,
  gid: 0,
  size: 0,
  mtimeSeconds: 0,
  typeflag: 'x',
  linkName: '',
  userName: '',
  groupName: '',
  deviceMajor: 0,
  deviceMinor: 0,
};

/** Fills a zeroed record. What does not fit is cut, or 0: then a PAX record has the whole. */
function writeHeader(record: Buffer, header: TarHeader): void {
  writeText(record, header.name, fields.name);
  writeOctal(record, header.mode & 0o7777, fields.mode[0], 7);
  writeOctal(record, fitsShort(header.uid) ? header.uid : 0, fields.uid[0], 7);
  writeOctal(record, fitsShort(header.gid) ? header.gid : 0, fields.gid[0], 7);
  writeOctal(record, fitsLong(header.size) ? header.size : 0, fields.size[0], 11);
  writeOctal(record, fitsLong(header.mtimeSeconds) ? header.mtimeSeconds : 0, fields.mtime[0], 11);
  record.write(header.typeflag, fields.typeflag[0], 1, 'latin1');
  writeText(record, header.linkName, fields.linkName);
  record.write('ustar\x0000', fields.magic[0], 8, 'latin1');
  writeText(record, header.userName, fields.userName);
  writeText(record, header.groupName, fields.groupName);
  if (header.typeflag === '3' || header.typeflag === '4') {
    writeOctal(record, header.deviceMajor, fields.deviceMajor[0], 7);
    writeOctal(record, header.deviceMinor, fields.deviceMinor[0], 7);
  }
  writeChecksum(record);
}

function writeChecksum(record: Buffer): void {
  const [at] = fields.checksum;
  writeOctal(record, sumWithoutField(record, 0), at, 6);
  record[at + 7] = 0x20;
}

/** Writes a text, each character that is not ASCII as "?", cut to the field's length. */
function writeText(record: Buffer, text: string, [at, length]: readonly [number, number]): void {
  let to = at;
  for (let i = 0; i < text.length && to < at + length; i += 1, to += 1) {
    const unit = text.charCodeAt(i);
    record[to] = unit < 0x80 ? unit : 0x3f;
    const isPair = unit >= 0xd800 && unit <= 0xdbff;
    if (isPair) i += 1; // one character, one "?"
  }
}
