/** Makes fifos and devices. Node.js has no mknod(2), so the program of that name does it. */
import { execFileSync } from 'node:child_process';
import { isMainThread } from 'node:worker_threads';
import { childEnvironment, DuplifsError, errorText } from '../base/index.js';
import type { SnapshotEntry } from '../snapshot/index.js';
import type { OpenFolder } from './descriptors.js';

const kinds = { fifo: 'p', chr: 'c', blk: 'b' } as const;

/** Makes it in `folder`, for us alone (mode 600). `name` must be ASCII; the folder may have any name. */
export function makeNode(
  folder: OpenFolder,
  name: string,
  type: keyof typeof kinds,
  device: SnapshotEntry['device'],
): void {
  const numbers = type === 'fifo' ? [] : [String(device?.major ?? 0), String(device?.minor ?? 0)];
  // its option -m changes the mode by name, afterwards; threads cannot do it in another way
  const umaskBefore = isMainThread ? process.umask(0o177) : undefined;
  const mode = isMainThread ? [] : ['-m', '600'];
  try {
    // arguments and working folders must be text; an open folder is reached without its name
    execFileSync('mknod', [...mode, name, kinds[type], ...numbers], {
      cwd: folder.forOthers,
      env: childEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (error) {
    throw new DuplifsError('TARGET', `The ${type} cannot be made: ${errorText(error).trim()}`, {
      hint: type === 'fifo' ? 'The file system may not allow it' : 'Devices are made by root only',
      cause: error,
    });
  } finally {
    if (umaskBefore !== undefined) process.umask(umaskBefore);
  }
}
