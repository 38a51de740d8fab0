/**
 * A manifest that is lost or damaged, from the archive dir's copy or from the volumes themselves. All volumes are read
 * and verified, held against the set's signatures and against whatever else names their hashes, before anything is put.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatManifest, volumesDigest } from '../archive/index.js';
import type { BackupSet, Manifest } from '../archive/index.js';
import { DuplifsError, isDuplifsError } from '../base/index.js';
import { readIndex } from '../check/index.js';
import { putFile, readLocalManifest, readStoredManifest, volumeRecord } from '../target/index.js';
import { readSet } from './read-set.js';
import type { ReadSetVolume } from './read-set.js';
import type { RepairOptions, Writing } from './repair-options.js';

export interface ManifestToMend extends Writing {
  readonly name: string;
  /** The archive dir's copy; undefined to make one from the volumes. */
  readonly local: string | undefined;
}

/** @throws DuplifsError DAMAGED, FILE_MISSING, SIGNATURE, KEY when the set is not all there, or not authentic */
export async function mendManifest(
  options: RepairOptions,
  set: BackupSet,
  { name, local, encoding, beforePut }: ManifestToMend,
): Promise<void> {
  const { target, tempFolder, signal } = options;
  const known =
    local === undefined
      ? await leftOfManifest(options, set)
      : await readLocalManifest(target, local, { set, signal });
  const volumes = await readSet({
    target,
    set,
    known,
    needsSignatures: local === undefined,
    onEntry: () => undefined,
    drain: () => Promise.resolve(),
    signal,
  });
  await refuseOthers(options, set, volumes);
  const bytes =
    local === undefined
      ? rebuilt(options, set, volumes)
      : await readFile(join(target.archiveFolder, local));
  const write = async (writer: {
    write(parts: readonly Uint8Array[]): Promise<void> | undefined;
  }) => writer.write([bytes]);
  await putFile({ target, name, encoding, tempFolder, write, beforePut, signal });
}

/** What can be read of a manifest that is cut short: the hashes in it must be those of the volumes. */
async function leftOfManifest(
  { target, listing, signal }: RepairOptions,
  set: BackupSet,
): Promise<Manifest | undefined> {
  const [stored] = set.manifests.filter(({ partial, name }) => !partial && !listing.isEmpty(name));
  if (stored === undefined) return undefined;
  try {
    return await readStoredManifest(target, stored, { set, signal });
  } catch (error) {
    if (!isDuplifsError(error, 'DAMAGED', 'STORAGE_NOT_FOUND')) throw error;
    return undefined;
  }
}

/** The set's own index, and the sets that were made on it, know the volumes as they were. */
async function refuseOthers(
  { target, facts, signal }: RepairOptions,
  set: BackupSet,
  volumes: readonly ReadSetVolume[],
): Promise<void> {
  const { key: setKey } = set;
  const digest = volumesDigest(recordsOf(volumes));
  if (facts.digestsOfBase(setKey).some((other) => !other.equals(digest))) {
    throw other(setKey, 'a set that was made on it names others');
  }
  const [file] = set.index;
  if (file === undefined) return;
  const index = await readIndex(target, file, { setKey, wantsPlaces: false, signal }).catch(
    (error: unknown) => {
      if (!isDuplifsError(error, 'DAMAGED', 'STORAGE_NOT_FOUND')) throw error;
      return undefined; // it is not used by anybody
    },
  );
  if (index === undefined) return;
  const isSame =
    index.volumes.size === volumes.length &&
    volumes.every(({ number, sha1 }) => index.volumes.get(number)?.sha1 === sha1);
  if (!isSame) throw other(setKey, `"${file.name}" names others`);
}

function other(setKey: string, why: string): DuplifsError {
  const message = `The volumes that are stored are not those that set ${setKey} was made of: ${why}`;
  return new DuplifsError('DAMAGED', message);
}

/** It says that it was rebuilt in a line that duplicity passes over (docs/format/1-bytes.md 3.2). */
function rebuilt(
  { producer, facts, listing }: RepairOptions,
  set: BackupSet,
  volumes: readonly ReadSetVolume[],
): Buffer {
  const { sets } = listing.collection;
  const at = sets.indexOf(set);
  const nearestFirst = [...sets.slice(0, at).toReversed(), ...sets.slice(at + 1)];
  const keys = nearestFirst.map(({ key }) => key);
  const mark = Buffer.from(`Rebuilt-by ${producer}, from the volumes\n`);
  const manifest = { ...facts.sourceOf(keys), volumes: recordsOf(volumes), fileList: [] };
  return Buffer.concat([mark, formatManifest(manifest)]);
}

function recordsOf(volumes: readonly ReadSetVolume[]): Manifest['volumes'] {
  return volumes.flatMap((volume, at) => volumeRecord(volume, volumes[at + 1]) ?? []);
}
