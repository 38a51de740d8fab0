import type { BackupSet, StoredFile } from '../archive/index.js';

/** A set's files on the storage. The manifest first: what is left after an interruption does not look whole. */
export function filesOf(set: BackupSet): StoredFile[] {
  const { manifests, index, signatures, volumes, statistics } = set;
  const files = [...manifests, ...index, ...signatures];
  for (const same of volumes.values()) for (const file of same) files.push(file);
  return [...files, ...statistics];
}

/** What an interrupted run of ours keeps in the archive dir to go on with a set. */
export function ownLocalNames(localNames: Iterable<string>, setKey: string): string[] {
  return [...localNames].filter(
    (name) =>
      name.startsWith(`duplifs-ready.${setKey}.`) || name.startsWith(`duplifs-writing.${setKey}.`),
  );
}
