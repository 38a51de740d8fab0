import { createHash } from 'node:crypto';
import type { ManifestVolume } from './manifest.js';

/**
 * What stands for all that a set's volumes hold: the SHA-256 of their numbers and hashes as the manifest has them
 * (docs/index-format.md, "Binding"). Two manifests with the same one name the same bytes.
 */
export function volumesDigest(volumes: Iterable<Pick<ManifestVolume, 'number' | 'hash'>>): Buffer {
  const digest = createHash('sha256');
  for (const { number, hash } of volumes) {
    digest.update(`${number} ${hash?.algorithm ?? ''} ${hash?.hex ?? ''}\n`);
  }
  return digest.digest();
}
