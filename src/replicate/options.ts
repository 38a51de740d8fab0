import type { BackupSet } from '../archive/index.js';
import type { Report } from '../base/index.js';
import type { OpenPgpEvent } from '../openpgp/index.js';
import type { Target, TargetEvent } from '../target/index.js';
import type { UpkeepEvent } from '../upkeep/index.js';
import type { Encoding } from '../volume/index.js';
import type { ReplicateEvent } from './events.js';

export interface ReplicateOptions {
  /** Nothing is written there. */
  readonly from: Target;
  readonly to: Target;
  /** Later sets stay behind. */
  readonly timeSeconds: number | undefined;
  /** Undefined where files are copied as they are. */
  readonly rewriting: Rewriting | undefined;
  /** Remove from the replica what the source's retention has removed. */
  readonly deletes: boolean;
  /** The plan only. */
  readonly dryRun: boolean;
  /** How many files are on their way at once. */
  readonly jobs: number;
  readonly tempFolder: string;
  readonly lockWaitSeconds: number;
  readonly stop: AbortSignal;
  readonly report: Report<ReplicateEvent | TargetEvent | UpkeepEvent | OpenPgpEvent>;
  /** Is told of bytes that have arrived. */
  readonly onProgress?: ((progress: ReplicateProgress) => void) | undefined;
}

/** How the replica's files are made anew. */
export interface Rewriting {
  readonly encoding: Encoding;
  /** Small volumes are joined up to so many bytes; undefined for as many volumes as there are. */
  readonly volumeBytes: number | undefined;
  readonly producer: string;
}

export interface ReplicateProgress {
  readonly sets: number;
  readonly bytes: number;
  readonly totalSets: number;
  readonly totalBytes: number;
}

export interface ReplicateResult {
  /** What was, or would be, copied, in order. */
  readonly copied: readonly ReplicatedSet[];
  /** Keys of the sets that the replica had already. */
  readonly there: readonly string[];
  /** Keys of the sets that were, or would be, removed from the replica. */
  readonly removed: readonly string[];
  /** What could not be copied, and why. */
  readonly failed: readonly { readonly key: string; readonly error: unknown }[];
  /** Keys of the source's sets that are not whole. */
  readonly passedOver: readonly string[];
}

export interface ReplicatedSet {
  readonly key: string;
  readonly kind: BackupSet['times']['kind'];
  /** What was put; in a dry run what the source has. */
  readonly files: number;
  readonly bytes: number;
}
