import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { mountHelpers, noDescriptors, noHelper } from './attach.js';
import { canReceiveDescriptors } from './descriptor-passing.js';
import { isSupported, noPipes } from './device.js';
import { searchPath } from '../run.js';

/** Why the kernel engine cannot run here, for one line of log; undefined where it can. */
export async function kernelEngineObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'It runs on Linux only';
  if (!isSupported()) return noPipes;
  if (process.getuid?.() === 0) return undefined;
  if (!(await canReceiveDescriptors())) return noDescriptors;
  const found = await Promise.all(mountHelpers.map(isInstalled));
  return found.includes(true) ? undefined : noHelper;
}

async function isInstalled(program: string): Promise<boolean> {
  for (const folder of searchPath().split(':')) {
    if (folder === '') continue;
    const there = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return true;
  }
  return false;
}
