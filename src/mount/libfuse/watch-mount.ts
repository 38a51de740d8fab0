/**
 * Notices that a mount is gone. libfuse 2 ends its threads silently, and no file of /proc can be watched
 * through Node.js, so mountinfo is read each second (0.1 ms); on macOS the device of the folder is compared.
 */
import { stat } from 'node:fs/promises';
import { mountAt } from '../mountinfo.js';

const intervalMs = 1000;

/** What is mounted at a place, to be compared with what is mounted there later. */
export type MountIdentity = string;

/** Resolves once something else than `first`, or nothing, is mounted at the place, or when `signal` aborts. */
export async function watchMount(
  mountpoint: string,
  first: MountIdentity,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await pause(signal);
    if ((await identifyMount(mountpoint)) !== first) return;
  }
}

export async function identifyMount(mountpoint: string): Promise<MountIdentity> {
  if (process.platform === 'linux') return String((await mountAt(mountpoint))?.id);
  return stat(mountpoint).then(
    ({ dev }) => String(dev),
    () => 'gone',
  );
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, intervalMs);
    signal.addEventListener('abort', end);
  });
}
