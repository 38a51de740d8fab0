import type { ChainGap } from '../target/index.js';

/** What backup/ tells while it works; in words: src/cli/events/backup.ts. Paths are relative to the source, '' is itself. */
export type BackupEvent =
  /** A key that is written with ends within 60 days, and no backup can be made with it from then on. */
  | {
      readonly level: 'warning';
      readonly code: 'key-expires-soon';
      readonly use: 'encrypt' | 'sign';
      /** Of the primary key. */
      readonly fingerprint: string;
      readonly expiresSeconds: number;
    }
  /** What the target held when the run began: the time of the newest full. */
  | { readonly level: 'debug'; readonly code: 'last-full'; readonly seconds: number | undefined }
  | { readonly level: 'notice'; readonly code: 'no-signatures-full-instead' }
  /** Files of the chain are missing on the storage: what is laid on it could not be restored. */
  | {
      readonly level: 'warning';
      readonly code: 'chain-incomplete-full-instead';
      readonly gaps: readonly ChainGap[];
    }
  /** Sets whose times lie in the future: their chains are passed over. The clock was wrong then, or is now. */
  | {
      readonly level: 'warning';
      readonly code: 'chain-in-future';
      readonly setKeys: readonly string[];
    }
  /** The source is an empty folder, and the last set has files. */
  | { readonly level: 'warning'; readonly code: 'source-emptied'; readonly source: string }
  /** `--full-if-older-than`. */
  | { readonly level: 'notice'; readonly code: 'full-too-old' }
  /** `--skip-if-no-change`. */
  | { readonly level: 'notice'; readonly code: 'nothing-changed' }
  /** An interrupted run's set is continued after this volume. */
  | {
      readonly level: 'notice';
      readonly code: 'continuing-set';
      readonly setKey: string;
      readonly volume: number;
    }
  | { readonly level: 'notice'; readonly code: 'interrupted-set-removed'; readonly setKey: string }
  /** The run that wrote it was stopped after the manifest, before it had tidied up. */
  | { readonly level: 'notice'; readonly code: 'set-is-complete'; readonly setKey: string }
  /** It cannot be looked at: its last version stays in the backup. */
  | {
      readonly level: 'warning';
      readonly code: 'entry-unreadable';
      readonly path: string;
      readonly reason: string;
    }
  /** It cannot be opened: its last version stays in the backup. */
  | {
      readonly level: 'warning';
      readonly code: 'file-not-opened';
      readonly path: string;
      readonly reason: string;
    }
  /** It could not be read to its end; it is read again next time. */
  | {
      readonly level: 'warning';
      readonly code: 'file-cut-short';
      readonly path: string;
      readonly reason: string;
    }
  | { readonly level: 'warning'; readonly code: 'file-changed-while-read'; readonly path: string }
  /** It was removed, or replaced by something else, before it was opened: its last version stays in the backup. */
  | { readonly level: 'warning'; readonly code: 'file-vanished'; readonly path: string }
  /** What a set holds of a path, or a dry run would put there. */
  | {
      readonly level: 'info';
      readonly code: 'path-added' | 'path-changed' | 'path-deleted';
      readonly path: string;
    }
  /** A volume on its way to the storage; `name` is that of its file there. */
  | { readonly level: 'info'; readonly code: 'upload-begun'; readonly name: string }
  | { readonly level: 'info'; readonly code: 'upload-done'; readonly name: string }
  /** The format has no such time; it is stored as 0. */
  | { readonly level: 'warning'; readonly code: 'time-before-1970'; readonly path: string };
