/** Reads a set's manifest and puts its volumes into the catalog. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { ManifestParser } from '../archive/index.js';
import type { BackupSet, Manifest, ManifestVolume, StoredFile } from '../archive/index.js';
import { DuplifsError, encodeName } from '../base/index.js';
import { decodeFile } from '../volume/index.js';
import type { DecodeOptions } from '../volume/index.js';
import type { Storage } from '../storage/index.js';
import type { Connection } from './schema.js';

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
    return parse(createReadStream(join(source.archiveFolder, localName)), localName);
  }
  // Manifests carry no signature that duplicity checks (1-bytes.md 7.4); --sign-key is for volumes.
  const decode = { ...source.decode, signKey: undefined };
  return parse(decodeFile(source.storage, stored, decode), stored.name);
}

/** Parses as the bytes come: what inflates to more than any manifest is refused and never held. */
async function parse(chunks: AsyncIterable<Buffer>, name: string): Promise<Manifest> {
  const parser = new ManifestParser(name, { fileList: false });
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maxManifestBytes) {
      throw new DuplifsError('DAMAGED', `"${name}" is too large for a manifest`);
    }
    parser.push(chunk);
  }
  return parser.end();
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
  const highest = Math.max(0, ...set.volumes.keys());
  const named = manifest.volumes.at(-1)?.number ?? 0;
  if (highest > named) {
    warn(
      `Set ${set.key} has ${highest} volumes and its manifest names ${named}; what lies in the others cannot be verified and is not shown`,
    );
  }
  const files = new Map<number, StoredFile | undefined>();
  for (const volume of manifest.volumes) {
    files.set(volume.number, await chooseFile(set, volume, source, warn));
  }
  const insert = connection.prepare(
    `INSERT OR REPLACE INTO volumes
       (set_id, number, name, hash_algorithm, hash, start_path, end_path, continues)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  connection
    .transaction(() => {
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
