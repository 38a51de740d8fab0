/** Reads a set's manifest and puts its volumes into the catalog. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  parseManifest,
  type BackupSet,
  type Manifest,
  type ManifestVolume,
  type StoredFile,
} from '../archive/index.js';
import { DuplifsError, encodeName } from '../base/index.js';
import { decodeFile, type DecodeOptions } from '../volume/index.js';
import { type Storage } from '../storage/index.js';
import { type Connection } from './schema.js';

/** A manifest larger than this is not one: about 100 bytes a volume and a line a changed file. */
const maxManifestBytes = 2 ** 31;

export interface ManifestSource {
  readonly storage: Storage;
  /** The archive dir of the target, which may hold manifests in the clear. */
  readonly archiveFolder: string;
  /** Names in the archive dir. */
  readonly localNames: ReadonlySet<string>;
  readonly decode: DecodeOptions;
}

/**
 * The set's manifest: the archive dir's copy when it is there, else the stored one. Where several stored
 * names parse to it, the first that can be read is used (duplicity fails on them).
 */
export async function readManifest(
  set: BackupSet,
  source: ManifestSource,
  warn: (message: string) => void,
): Promise<Manifest> {
  const candidates = set.manifests.toSorted((a, b) => a.name.length - b.name.length);
  if (candidates.length > 1) {
    warn(`${candidates.length} files claim to be the manifest of set ${set.key}`);
  }
  let failure: unknown = new DuplifsError('FILE_MISSING', `Set ${set.key} has no manifest`);
  for (const candidate of candidates) {
    try {
      return await readCandidate(candidate, source);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function readCandidate(stored: StoredFile, source: ManifestSource): Promise<Manifest> {
  const localName = stored.name.replace(/\.(gpg|g|gz|z)$/, '');
  if (source.localNames.has(localName)) {
    const bytes = await readFile(join(source.archiveFolder, localName));
    return parseManifest(bytes, localName, { fileList: false });
  }
  // Manifests carry no signature that duplicity checks (1-bytes.md 7.4); --sign-key is for volumes.
  const decode = { ...source.decode, signKey: undefined };
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of decodeFile(source.storage, stored, decode)) {
    length += chunk.length;
    if (length > maxManifestBytes) {
      throw new DuplifsError('DAMAGED', `"${stored.name}" is too large for a manifest`);
    }
    chunks.push(chunk);
  }
  return parseManifest(Buffer.concat(chunks), stored.name, { fileList: false });
}

/** Puts the manifest's volumes into the catalog, each with the stored file that has its bytes. */
export async function recordVolumes(
  connection: Connection,
  setId: number,
  set: BackupSet,
  manifest: Manifest,
  source: ManifestSource,
  warn: (message: string) => void,
): Promise<void> {
  const files = new Map<number, StoredFile | undefined>();
  for (const volume of manifest.volumes) {
    files.set(volume.number, await chooseFile(set, volume, source, warn));
  }
  const insert = connection.prepare(
    `INSERT OR REPLACE INTO volumes
       (set_id, number, name, container, hash_algorithm, hash, start_path, end_path)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  connection
    .transaction(() => {
      connection.prepare('DELETE FROM volumes WHERE set_id = ?').run(setId);
      for (const { number, startPath, endPath, hash } of manifest.volumes) {
        const file = files.get(number);
        insert.run(
          setId,
          number,
          file?.name ?? null,
          file?.container ?? 'plain',
          hash?.algorithm ?? null,
          hash?.hex ?? null,
          encodeName(startPath),
          encodeName(endPath),
        );
      }
      connection
        .prepare('UPDATE sets SET volumes_known = 1, host_name = ?, source = ? WHERE id = ?')
        .run(
          manifest.hostname ?? null,
          manifest.localDir === undefined ? null : encodeName(manifest.localDir),
          setId,
        );
    })
    .immediate();
}

/**
 * The stored file of a volume. Where several names parse to the same volume, the one whose hash the
 * manifest names is used; duplicity fails on them (docs/format/1-bytes.md 1.2).
 */
async function chooseFile(
  set: BackupSet,
  volume: ManifestVolume,
  { storage, decode }: ManifestSource,
  warn: (message: string) => void,
): Promise<StoredFile | undefined> {
  const candidates = set.volumes.get(volume.number) ?? [];
  if (candidates.length < 2 || volume.hash === undefined) return candidates[0];
  for (const candidate of candidates) {
    const hash = createHash(volume.hash.algorithm.toLowerCase());
    for await (const chunk of storage.read(candidate.name, undefined, decode.signal)) {
      hash.update(chunk);
    }
    if (hash.digest('hex') === volume.hash.hex) {
      warn(
        `${candidates.length} files claim to be volume ${volume.number} of set ${set.key}; ` +
          `"${candidate.name}" is the one in the manifest`,
      );
      return candidate;
    }
  }
  return candidates[0]; // its hash will be refused when it is read
}
