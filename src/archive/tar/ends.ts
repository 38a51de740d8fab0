/** How the tars of a backup end (docs/format/1-bytes.md 4.7 and 5). */
import { recordBytes } from './header.js';

/** Twenty records, as tar writes them at once: gpg volumes and sigtars are filled up to a multiple of it. */
const twentyRecords = 20 * recordBytes;

/** The zeros after the last entry of a volume of `tarLength` bytes so far; encrypted volumes alone have any. */
export function volumeEnd(tarLength: number, isEncrypted: boolean): Buffer {
  return isEncrypted ? zerosToTwenty(tarLength, recordBytes) : Buffer.alloc(0);
}

/** The ordinary tar end of a sigtar of `tarLength` bytes so far: at least two zero records. */
export function sigtarEnd(tarLength: number): Buffer {
  return zerosToTwenty(tarLength, 2 * recordBytes);
}

function zerosToTwenty(tarLength: number, least: number): Buffer {
  const end = Math.ceil((tarLength + least) / twentyRecords) * twentyRecords;
  return Buffer.alloc(end - tarLength);
}
