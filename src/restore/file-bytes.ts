/** Paths of the file system as bytes. */
import { lstatSync } from 'node:fs';

const slash = Buffer.from('/');

export function joinName(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, slash, name]);
}

export function folderOf(path: Buffer): Buffer {
  const at = path.lastIndexOf(slash);
  if (at < 0) return Buffer.from('.');
  return at === 0 ? slash : path.subarray(0, at);
}

export function nameIn(path: Buffer): Buffer {
  return path.subarray(path.lastIndexOf(slash) + 1);
}

/** A path without the slashes at its end, which would have a link followed. */
export function withoutSlashes(path: Buffer): Buffer {
  let end = path.length;
  while (end > 1 && path[end - 1] === slash[0]) end -= 1;
  return path.subarray(0, end);
}

/** What stands at a path, links not followed; undefined when nothing does. */
export function typeAt(path: Buffer): 'folder' | 'other' | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  return stats.isDirectory() ? 'folder' : 'other';
}
