/**
 * The files of a backup, as their names tell (docs/format/1-bytes.md 1): nothing but names ties volumes,
 * manifests and signatures together to sets and chains.
 */

/** How a file is wrapped: an OpenPGP message, gzip, or as it is. */
export type Container = 'gpg' | 'gz' | 'plain';

/**
 * An `index` was written with its set; an `added-index` later, beside a set that another program wrote and may remove, so
 * that one without its set is no sign that a set was lost.
 */
export type FileKind =
  'volume' | 'manifest' | 'signatures' | 'statistics' | 'index' | 'added-index';

/** Whether it is an index, whenever it was written. */
export function isIndexKind(kind: FileKind): kind is 'index' | 'added-index' {
  return kind === 'index' || kind === 'added-index';
}

/** When a set was made (and, for an incremental, the set that it builds on): what identifies it. */
export type SetTimes =
  | { readonly kind: 'full'; readonly endSeconds: number }
  | { readonly kind: 'inc'; readonly startSeconds: number; readonly endSeconds: number };

/** What is put before every name (`all`) and then before those of one kind: literal text. */
export interface NamePrefixes {
  readonly all: string;
  readonly volume: string;
  readonly manifest: string;
  readonly signatures: string;
  readonly statistics: string;
}

export const noPrefixes: NamePrefixes = {
  all: '',
  volume: '',
  manifest: '',
  signatures: '',
  statistics: '',
};

/** A file whose name was understood. */
export interface StoredFile {
  readonly name: string;
  readonly kind: FileKind;
  readonly times: SetTimes;
  /** From 1; 0 unless it is a volume. */
  readonly volumeNumber: number;
  readonly container: Container;
  /** Whether the name is that of a file being written (`.part`). */
  readonly partial: boolean;
  /** Long names are written today; short ones by --short-filenames, old ones by --old-filenames. */
  readonly form: 'long' | 'short' | 'old';
}

/** The prefix of an index file is that of the manifest beside which it lies. */
export function prefixOf(kind: FileKind, prefixes: NamePrefixes): string {
  return prefixes.all + prefixes[isIndexKind(kind) ? 'manifest' : kind];
}
