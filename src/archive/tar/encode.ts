/**
 * Tar headers as duplicity writes them, to the byte (docs/format/1-bytes.md 4.1): ustar without its
 * prefix field, preceded by a PAX entry where something does not fit.
 */
import { blockSize, fields, sumWithoutField } from './header.js';
import type { TarHeader } from './header.js';
import { writeOctal } from './numbers.js';
import { fitsLong, fitsShort, paxBodyFor } from './pax.js';

/** The zeros after `size` bytes of data that fill the last block. */
export function paddingLength(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

/** The header bytes of one entry, its PAX entry included: whole blocks, what stands before the data. */
export function encodeTarEntry(header: TarHeader): Buffer {
  const body = paxBodyFor(header);
  if (body === undefined) {
    // from Node's pool of small buffers: zeroing 512 bytes costs less than memory of its own
    const block = Buffer.allocUnsafe(blockSize).fill(0);
    writeBlock(block, header);
    return block;
  }
  const bodyBlocks = body.length + paddingLength(body.length);
  const bytes = Buffer.alloc(blockSize + bodyBlocks + blockSize);
  writeBlock(bytes, { ...paxEntry, size: body.length });
  body.copy(bytes, blockSize);
  writeBlock(bytes.subarray(blockSize + bodyBlocks), header);
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

/** Fills a zeroed block. What does not fit is cut, or 0: then a PAX record has the whole. */
function writeBlock(block: Buffer, header: TarHeader): void {
  writeText(block, header.name, fields.name);
  writeOctal(block, header.mode & 0o7777, fields.mode[0], 7);
  writeOctal(block, fitsShort(header.uid) ? header.uid : 0, fields.uid[0], 7);
  writeOctal(block, fitsShort(header.gid) ? header.gid : 0, fields.gid[0], 7);
  writeOctal(block, fitsLong(header.size) ? header.size : 0, fields.size[0], 11);
  writeOctal(block, fitsLong(header.mtimeSeconds) ? header.mtimeSeconds : 0, fields.mtime[0], 11);
  block.write(header.typeflag, fields.typeflag[0], 1, 'latin1');
  writeText(block, header.linkName, fields.linkName);
  block.write('ustar\x0000', fields.magic[0], 8, 'latin1');
  writeText(block, header.userName, fields.userName);
  writeText(block, header.groupName, fields.groupName);
  if (header.typeflag === '3' || header.typeflag === '4') {
    writeOctal(block, header.deviceMajor, fields.deviceMajor[0], 7);
    writeOctal(block, header.deviceMinor, fields.deviceMinor[0], 7);
  }
  writeChecksum(block);
}

function writeChecksum(block: Buffer): void {
  const [at] = fields.checksum;
  writeOctal(block, sumWithoutField(block, 0), at, 6);
  block[at + 7] = 0x20;
}

/** Writes a text, each character that is not ASCII as "?", cut to the field's length. */
function writeText(block: Buffer, text: string, [at, length]: readonly [number, number]): void {
  let to = at;
  for (let i = 0; i < text.length && to < at + length; i += 1, to += 1) {
    const unit = text.charCodeAt(i);
    block[to] = unit < 0x80 ? unit : 0x3f;
    const isPair = unit >= 0xd800 && unit <= 0xdbff;
    if (isPair) i += 1; // one character, one "?"
  }
}
