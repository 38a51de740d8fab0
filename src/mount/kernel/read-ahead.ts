import { writeFile } from 'node:fs/promises';
import { mountAt } from '../mountinfo.js';

/** As much as one READ can carry, where the kernel's default is 128 KiB. */
const readAheadKib = 1024;

/**
 * Lets the kernel read further ahead in files that are read one piece after the other: fewer and larger
 * requests, and a storage that is far away is asked earlier. Root only; where it fails, nothing is lost.
 */
export async function widenReadAhead(mountpoint: string): Promise<void> {
  const mounted = await mountAt(mountpoint);
  if (mounted === undefined) return;
  const file = `/sys/class/bdi/${mounted.device}/read_ahead_kb`;
  await writeFile(file, String(readAheadKib)).catch(() => undefined);
}
