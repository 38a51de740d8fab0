import type { Report } from '../base/index.js';
import type { OpenPgpEvent } from '../openpgp/index.js';
import type { WalkItem } from '../source/index.js';
import type { MirrorGap, Target, TargetEvent } from '../target/index.js';
import type { Encoding } from '../volume/index.js';
import type { BackupEvent } from './events.js';
import type { Statistics } from './statistics.js';

export interface BackupOptions {
  /** `backup` makes an incremental if there is a chain that it can continue, else a full. */
  readonly verb: 'backup' | 'full' | 'incremental';
  /** The source as it was given, without a slash at its end: the manifest keeps it. */
  readonly source: string;
  readonly hostname: string;
  readonly target: Target;
  readonly tempFolder: string;
  readonly encoding: Encoding;
  /** Continue a chain that is encrypted in the clear, or the other way round (`--allow-unprotected`). */
  readonly allowUnprotected: boolean;
  /** A walk over the source that has not begun yet. */
  readonly walk: () => Walk;
  readonly volumeBytes: number;
  readonly maxBlockLength: number;
  readonly followsLinks: boolean;
  readonly numericOwner: boolean;
  readonly allowSourceMismatch: boolean;
  /** What to do about a folder without anything in it, as the source of a chain that has files. */
  readonly emptySource: 'refuse' | 'warn' | 'allow';
  /** Continue a chain that others can open than those who can open the new set. */
  readonly allowOtherKeys: boolean;
  readonly writesIndex: boolean;
  readonly listsFiles: boolean;
  readonly dryRun: boolean;
  readonly skipIfNoChange: boolean;
  /** Store the statistics beside the set, as duplicity 3 does. */
  readonly storesStatistics: boolean;
  /** A chain whose full is older than this time is not continued. */
  readonly fullIfBeforeSeconds: number | undefined;
  /** The time of the set; undefined for the clock's. */
  readonly currentTime: number | undefined;
  readonly producer: string;
  /** How long another writer of the target is waited for. */
  readonly lockWaitSeconds: number;
  readonly stop: AbortSignal;
  readonly report: Report<BackupEvent | TargetEvent | OpenPgpEvent>;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** One walk over the source: it begins when it is iterated. Whoever has it closes it. */
export interface Walk extends AsyncIterable<readonly WalkItem[]> {
  close(): Promise<void>;
}

export interface Progress {
  readonly files: number;
  /** Of the source, read or found unchanged. */
  readonly bytes: number;
  readonly stored: number;
}

export interface BackupResult {
  readonly kind: 'full' | 'inc';
  /** The set's key; undefined when nothing was written. */
  readonly key: string | undefined;
  readonly statistics: Statistics;
  /** In what the storages of a mirror still differ at the end. */
  readonly mirrorGaps: readonly MirrorGap[];
  /** As duplicity 3 prints them. */
  readonly json: Readonly<Record<string, unknown>>;
}
