import { statfsSync } from 'node:fs';
import { DuplifsError } from '../../base/index.js';

/** The room that must be left in a folder that a backup writes to. */
const leastRoomBytes = 24 << 20;

/** Fails with NO_SPACE before the folder is full, so that others who use it are not hurt. */
export function checkRoom(folder: string, hint: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= leastRoomBytes) return;
  throw new DuplifsError(
    'NO_SPACE',
    `"${folder}" has room for only ${bavail * bsize} more bytes, and some ${leastRoomBytes} are needed`,
    { hint },
  );
}
