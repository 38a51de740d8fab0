import { statfs } from 'node:fs/promises';
import { DuplifsError } from '../../base/index.js';

/** The room that must be left in a folder that a backup writes to. */
const leastRoomBytes = 24 << 20;

/** Fails with NO_SPACE before the folder is full, so that others who use it are not hurt. */
export async function checkRoom(folder: string, hint: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= leastRoomBytes) return;
  throw new DuplifsError(
    'NO_SPACE',
    `"${folder}" has room for only ${bavail * bsize} more bytes, and some ${leastRoomBytes} are needed`,
    { hint },
  );
}
