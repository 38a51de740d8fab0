/** Makes fifos and devices. Node.js has no mknod(2), so the program of that name does it. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { DuplifsError, errorText } from '../base/index.js';
import type { SnapshotEntry } from '../snapshot/index.js';
import { folderOf, nameIn } from './file-bytes.js';

const kinds = { fifo: 'p', chr: 'c', blk: 'b' } as const;

/** The last component of `path` must be ASCII; its folder may have any name. */
export function makeNode(
  path: Buffer,
  type: SnapshotEntry['type'],
  device: SnapshotEntry['device'],
): void {
  if (type !== 'fifo' && type !== 'chr' && type !== 'blk') throw new Error(`no node: ${type}`);
  const numbers = type === 'fifo' ? [] : [String(device?.major ?? 0), String(device?.minor ?? 0)];
  // arguments and working folders must be text; an open folder is reached without its name
  const folder = openSync(folderOf(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    execFileSync('mknod', ['-m', '600', nameIn(path).toString('ascii'), kinds[type], ...numbers], {
      cwd: `/proc/${process.pid}/fd/${folder}`,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (error) {
    throw new DuplifsError('TARGET', `The ${type} cannot be made: ${errorText(error).trim()}`, {
      hint: type === 'fifo' ? 'The file system may not allow it' : 'Devices are made by root only',
      cause: error,
    });
  } finally {
    closeSync(folder);
  }
}
