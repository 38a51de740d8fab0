/** What a manifest says: which volumes a set has and what lies in each (docs/format/1-bytes.md 3). */
import type { NamedFiles } from './named-files.js';

export interface Manifest {
  /** The short host name of the machine that was backed up. */
  readonly hostname?: string | undefined;
  /** The source as it was given on the command line, without a trailing slash. */
  readonly localDir?: string | undefined;
  /** In the order of their numbers. */
  readonly volumes: readonly ManifestVolume[];
  /** The regular files that the set changes; absent in old manifests, and when it was not asked for. */
  readonly fileList?: readonly FileChange[] | undefined;
  /** Of the regular files that the set adds or changes, where that was asked for and the manifest lists them. */
  readonly namedFiles?: NamedFiles | undefined;
  /** Set where the list of files stands behind the volumes, all of it: then nothing can have been cut off. */
  readonly isClosed?: true | undefined;
}

export interface ManifestVolume {
  /** From 1. */
  readonly number: number;
  /** The path of the first tar entry, and its piece number unless it is its file's last piece. */
  readonly startPath: string;
  readonly startBlock?: number | undefined;
  /** The same of the last tar entry. */
  readonly endPath: string;
  readonly endBlock?: number | undefined;
  /** Of the file on the storage, byte for byte. Absent where there is none that duplicity would use. */
  readonly hash?: VolumeHash | undefined;
}

export interface VolumeHash {
  readonly algorithm: 'SHA1' | 'MD5';
  /** Lower case, as long as a digest of the algorithm is. It may be none all the same, and then matches nothing. */
  readonly hex: string;
}

export interface FileChange {
  readonly change: 'new' | 'changed' | 'deleted';
  readonly path: string;
}
