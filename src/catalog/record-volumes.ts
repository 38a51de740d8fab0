/** Puts the volumes of a set into the catalog, as its manifest names them. */
import { createHash } from 'node:crypto';
import type { BackupSet, Manifest, ManifestVolume, StoredFile } from '../archive/index.js';
import { encodeName } from '../base/index.js';
import type { Report } from '../base/index.js';
import type { Target } from '../target/index.js';
import type { CatalogEvent } from './events.js';
import { manifestKinds } from './schema.js';
import type { Connection, ManifestKind } from './schema.js';

export interface VolumesToRecord {
  readonly setId: number;
  readonly set: BackupSet;
  readonly manifest: Manifest;
  readonly kind: ManifestKind;
}

/** Puts the manifest's volumes into the catalog, each with the stored file that has its bytes. */
export async function recordVolumes(
  connection: Connection,
  { setId, set, manifest, kind }: VolumesToRecord,
  storage: Target['storage'],
  report: Report<CatalogEvent>,
): Promise<void> {
  const storedVolumes = [...set.volumes.keys()].reduce((most, number) => Math.max(most, number), 0);
  const namedVolumes = manifest.volumes.at(-1)?.number ?? 0;
  if (storedVolumes > namedVolumes) {
    report({
      level: 'warning',
      code: 'volumes-not-in-manifest',
      setKey: set.key,
      storedVolumes,
      namedVolumes,
    });
  }
  const files = new Map<number, StoredFile | undefined>();
  for (const volume of manifest.volumes) {
    const candidates = set.volumes.get(volume.number) ?? [];
    const file =
      candidates.length > 1 ? await chooseFile(set, volume, storage, report) : candidates[0];
    files.set(volume.number, file);
  }
  const insert = connection.prepare(
    `INSERT OR REPLACE INTO volumes
       (set_id, number, name, hash_algorithm, hash, start_path, end_path, continues)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  connection.transaction(() => {
    const isKnown = connection.prepare('SELECT volumes_known FROM sets WHERE id = ?').pluck();
    if (isKnown.get(setId) !== 0) return; // another process was faster, or the set has vanished
    for (const { number, startPath, endPath, endBlock, hash } of manifest.volumes) {
      insert.run(
        setId,
        number,
        files.get(number)?.name ?? null,
        hash?.algorithm ?? null,
        hash?.hex ?? null,
        encodeName(startPath),
        encodeName(endPath),
        endBlock === undefined ? 0 : 1,
      );
    }
    connection
      .prepare('UPDATE sets SET volumes_known = ?, host_name = ?, source = ? WHERE id = ?')
      .run(
        manifestKinds.indexOf(kind),
        manifest.hostname ?? null,
        manifest.localDir === undefined ? null : encodeName(manifest.localDir),
        setId,
      );
  })();
}

/**
 * The stored file of a volume. Where several names parse to the same volume, the one whose hash the
 * manifest names is used; duplicity fails on them (docs/format/1-bytes.md 1.2).
 */
async function chooseFile(
  set: BackupSet,
  volume: ManifestVolume,
  storage: Target['storage'],
  report: Report<CatalogEvent>,
): Promise<StoredFile | undefined> {
  const candidates = set.volumes.get(volume.number) ?? [];
  if (volume.hash === undefined) return candidates[0];
  for (const candidate of candidates) {
    const hash = createHash(volume.hash.algorithm.toLowerCase());
    for await (const chunk of storage.read(candidate.name, undefined)) {
      hash.update(chunk);
    }
    if (hash.digest('hex') === volume.hash.hex) {
      report({
        level: 'warning',
        code: 'several-files-of-volume',
        setKey: set.key,
        volume: volume.number,
        count: candidates.length,
        name: candidate.name,
      });
      return candidate;
    }
  }
  return candidates[0]; // its hash will be refused when it is read
}
