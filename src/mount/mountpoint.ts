import { realpath } from 'node:fs/promises';
export async function checkMountpoint(
  mountpoint: string,
  _others: readonly string[],
): Promise<string> {
  return realpath(mountpoint);
}
