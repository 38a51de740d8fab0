/** Which volumes of a set can hold a path (docs/format/1-bytes.md 3.3). */
import { comparePaths, splitPath } from '../../base/index.js';
import type { Manifest, ManifestVolume } from './manifest.js';

/** The volumes that can hold the entry of `path` or of anything below it. */
export function volumesForPath(manifest: Manifest, path: string): ManifestVolume[] {
  const depth = splitPath(path).length;
  return manifest.volumes.filter(({ startPath, endPath }) => {
    const start = splitPath(startPath).slice(0, depth).join('/');
    return comparePaths(start, path) <= 0 && comparePaths(path, endPath) <= 0;
  });
}

/** The volumes that can hold the entry of exactly `path`, or pieces of it. */
export function volumesForEntry(manifest: Manifest, path: string): ManifestVolume[] {
  return manifest.volumes.filter(
    ({ startPath, endPath }) =>
      comparePaths(startPath, path) <= 0 && comparePaths(path, endPath) <= 0,
  );
}
