/** What target/ tells while it works; in words: src/cli/events/target.ts. */
import type { MirrorGap } from './mirror/compare-mirror.js';
import type { LockHolder } from './locks/lock-holder.js';
import type { RefusalReason } from './protection/separate-files.js';

export type TargetEvent =
  /** Several stored names stand for one set's manifest; the first that can be read is used. */
  | {
      readonly level: 'warning';
      readonly code: 'several-manifests';
      readonly setKey: string;
      readonly count: number;
    }
  /** An index cannot be read that tells which signatures belong to its set: the stored ones are taken as they are. */
  | {
      readonly level: 'warning';
      readonly code: 'binding-unknown';
      readonly name: string;
      readonly reason: string;
    }
  /** A set that is continued has no index, and others of its chain have: duplicity wrote it, or its index is lost. */
  | { readonly level: 'warning'; readonly code: 'index-missing'; readonly setKey: string }
  /** A stored manifest or sigtar is copied to the archive dir. */
  | { readonly level: 'notice'; readonly code: 'fetching-local-copy'; readonly name: string }
  /** The lock of a backup that has ended without giving it up is removed. */
  | {
      readonly level: 'notice';
      readonly code: 'stale-lock-removed';
      /** Undefined where the lock does not say whose it is. */
      readonly holder: LockHolder | undefined;
    }
  /** What a storage of a mirror lacked of a set was copied to it, and read back. */
  | {
      readonly level: 'notice';
      readonly code: 'mirror-healed';
      readonly member: string;
      readonly setKey: string;
      readonly count: number;
      readonly bytes: number;
    }
  /** The storages of a mirror differ, and copying did not help. */
  | { readonly level: 'warning'; readonly code: 'mirror-differs'; readonly gap: MirrorGap }
  /** The chain is encrypted, and what is written now is not. */
  | { readonly level: 'warning'; readonly code: 'writing-unencrypted'; readonly name: string }
  /** Somebody who can open the chain cannot open what is written now. */
  | { readonly level: 'warning'; readonly code: 'reader-lost'; readonly keyId: string }
  /** The chain hides its recipients: whether the key is the same cannot be told. */
  | { readonly level: 'warning'; readonly code: 'readers-hidden' }
  /** The chain needs `wanted` to be opened, and what is written now another key: allowed by the user. */
  | {
      readonly level: 'warning';
      readonly code: 'readers-differ';
      readonly name: string;
      readonly wanted: string;
    }
  /** Files of a set are less protected than its chain; the set is whole without them. */
  | {
      readonly level: 'warning';
      readonly code: 'files-refused';
      readonly setKey: string;
      readonly names: readonly string[];
      readonly reason: RefusalReason;
    }
  /** The same, and without them the set has no manifest: it is not shown. */
  | {
      readonly level: 'warning';
      readonly code: 'set-refused';
      readonly setKey: string;
      readonly names: readonly string[];
      readonly reason: RefusalReason;
    }
  /** A chain is not encrypted, though keys were given or other chains are. */
  | { readonly level: 'warning'; readonly code: 'chain-in-the-clear'; readonly chainKey: string }
  /** The newest set that this machine has seen is no longer on the storage, and nothing newer is. */
  | { readonly level: 'warning'; readonly code: 'newest-set-gone'; readonly setKey: string }
  /** What was learned of the target's protection could not be written into the archive dir. */
  | { readonly level: 'warning'; readonly code: 'trust-not-saved'; readonly reason: string };
