/** How the tars of a backup end (docs/format/1-bytes.md 4.7 and 5). */
import { blockSize } from './header.js';

/** Tar's record: gpg volumes and sigtars are filled up to a multiple of it. */
const recordSize = 10240;

/** The zeros after the last entry of a volume of `tarLength` bytes so far; encrypted volumes alone have any. */
export function volumeEnd(tarLength: number, isEncrypted: boolean): Buffer {
  return isEncrypted ? zerosToRecord(tarLength, blockSize) : Buffer.alloc(0);
}

/** The ordinary tar end of a sigtar of `tarLength` bytes so far: at least two zero blocks. */
export function sigtarEnd(tarLength: number): Buffer {
  return zerosToRecord(tarLength, 2 * blockSize);
}

function zerosToRecord(tarLength: number, least: number): Buffer {
  const end = Math.ceil((tarLength + least) / recordSize) * recordSize;
  return Buffer.alloc(end - tarLength);
}
