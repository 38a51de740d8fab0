import type { BackupSet, StoredFile } from '../archive/index.js';

/** A set's files on the storage. The manifest first: what is left after an interruption does not look whole. */
export function filesOf(set: BackupSet): StoredFile[] {
  const { manifests, index, signatures, volumes, statistics } = set;
  const files = [...manifests, ...index, ...signatures];
  for (const same of volumes.values()) for (const file of same) files.push(file);
  return [...files, ...statistics];
}

const ownName = /^duplifs-(?:ready|writing)\.(\w+(?:\.to\.\w+)?)\./;

/** What interrupted runs of ours keep in the archive dir to go on with a set: the names, by the set's key. */
export function ownFilesBySet(localNames: Iterable<string>): ReadonlyMap<string, string[]> {
  const files = new Map<string, string[]>();
  for (const name of localNames) {
    const [, key] = ownName.exec(name) ?? [];
    if (key === undefined) continue;
    const names = files.get(key) ?? [];
    files.set(key, names);
    names.push(name);
  }
  return files;
}
