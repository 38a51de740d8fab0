/**
 * What a manifest that is lost would have said, from the volumes themselves (`--use-incomplete`): which paths each begins
 * and ends with, and its hash as it is now. That hash proves nothing of what was written; it only sees to it that what is
 * read later is what was looked at. What gpg or gzip protects is verified all the same.
 */
import { createHash } from 'node:crypto';
import { DifftarParser } from '../../archive/index.js';
import type { BackupSet, Manifest, ManifestVolume, StoredFile } from '../../archive/index.js';
import { DuplifsError, isDuplifsError } from '../../base/index.js';
import type { ByteRange } from '../../storage/index.js';
import { decodeFile } from '../../volume/index.js';
import type { Target } from '../target.js';
import { volumeEdge, volumeRecord } from './volume-edges.js';
import type { VolumeEdge, VolumeEdges } from './volume-edges.js';

/** A name may have any number, and each that is missing takes a record. */
const mostMissing = 10_000;

/**
 * The manifest of a set that has none that can be used. Volumes that `known` names with a hash keep what it says of
 * them. Those that are missing or cannot be decoded stand for all that may lie between their neighbours, without a hash.
 */
export async function rebuildManifest(
  target: Pick<Target, 'storage' | 'decode' | 'signKeyFor'>,
  set: BackupSet,
  known: Manifest | undefined,
  signal?: AbortSignal,
): Promise<Manifest> {
  const knownVolumes = new Map(
    (known?.volumes ?? [])
      .filter(({ hash }) => hash !== undefined)
      .map((volume) => [volume.number, volume]),
  );
  const numbers = [...set.volumes.keys(), ...knownVolumes.keys()];
  const count = numbers.reduce((most, number) => Math.max(most, number), 0);
  if (count > set.volumes.size + knownVolumes.size + mostMissing) {
    throw new DuplifsError('DAMAGED', `Too many volumes of set ${set.key} are missing`);
  }
  const seen = new Map<number, VolumeEdges>();
  for (const [number, files] of set.volumes) {
    if (knownVolumes.has(number)) continue;
    const found = await lookInto(target, number, files, signal);
    if (found !== undefined) seen.set(number, found);
  }
  const volumes: ManifestVolume[] = [];
  for (let number = 1; number <= count; number += 1) {
    const volume = knownVolumes.get(number) ?? volumeRecord(seen.get(number), seen.get(number + 1));
    volumes.push(volume ?? { number, startPath: volumes.at(-1)?.endPath ?? '', endPath: '' });
  }
  closeGaps(volumes);
  return { hostname: known?.hostname, localDir: known?.localDir, volumes };
}

/** Undefined where nothing can be made of any of the files. */
async function lookInto(
  target: Pick<Target, 'storage' | 'decode' | 'signKeyFor'>,
  number: number,
  files: readonly StoredFile[],
  signal: AbortSignal | undefined,
): Promise<VolumeEdges | undefined> {
  const { storage } = target;
  for (const file of files) {
    const hash = createHash('sha1');
    const reader = {
      read: async function* (name: string, range?: ByteRange, readSignal?: AbortSignal) {
        for await (const chunk of storage.read(name, range, readSignal)) {
          hash.update(chunk);
          yield chunk;
        }
      },
    };
    let first: VolumeEdge | undefined;
    let last: VolumeEdge | undefined;
    const parser = new DifftarParser(file.name, {
      entry: (entry) => {
        last = volumeEdge(entry);
        first ??= last;
      },
      data: () => undefined,
      entryEnd: () => undefined,
      unusable: () => undefined,
    });
    try {
      const options = { ...target.decode, signKey: target.signKeyFor(file.times), signal };
      for await (const chunk of decodeFile(reader, file, options)) parser.push(chunk);
      parser.end();
    } catch (error) {
      if (!isDuplifsError(error, 'DAMAGED', 'STORAGE_NOT_FOUND')) throw error;
      continue;
    }
    const root: VolumeEdge = { path: '', piece: undefined, mayGoOn: false };
    return { number, first: first ?? root, last: last ?? root, sha1: hash.digest('hex') };
  }
  return undefined;
}

/** A volume of which nothing is known may hold what lies between those around it. */
function closeGaps(volumes: ManifestVolume[]): void {
  let next: string | undefined;
  for (let at = volumes.length - 1; at >= 0; at -= 1) {
    const volume = volumes[at];
    if (volume === undefined) continue;
    if (volume.hash === undefined) volumes[at] = { ...volume, endPath: next ?? volume.startPath };
    else next = volume.startPath;
  }
}
