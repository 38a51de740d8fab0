/**
 * Notices that a mount is gone. libfuse 2 ends its threads silently, and no file of /proc can be watched
 * through Node.js, so mountinfo is read each second (0.1 ms); on macOS the device of the folder is compared.
 */
import { stat } from 'node:fs/promises';
import { mountAt } from '../mountinfo.js';

const INTERVAL_MS = 1000;

/** Resolves once what is mounted at `mountpoint` now is there no more, or when `signal` aborts. */
export async function watchMount(mountpoint: string, signal: AbortSignal): Promise<void> {
  const first = await identityOf(mountpoint);
  while (!signal.aborted) {
    await pause(signal);
    if ((await identityOf(mountpoint)) !== first) return;
  }
}

async function identityOf(mountpoint: string): Promise<string> {
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
    const timer = setTimeout(end, INTERVAL_MS);
    signal.addEventListener('abort', end);
  });
}
