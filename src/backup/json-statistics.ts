/** What `--jsonstat` prints and stores beside the set, as duplicity 3 does (docs/format/2-behaviour.md 7.1). */
import { formatStamp } from '../time/index.js';
import { deltaEntries } from './statistics.js';
import type { Statistics } from './statistics.js';

export interface ChainFacts {
  readonly action: 'full' | 'inc';
  /** Nothing had changed, and no set was written. */
  readonly skipped: boolean;
  /** Of the chain's full; of this set when it is the full. */
  readonly fullSeconds: number;
  /** Incrementals in the chain before this set. */
  readonly incrementals: number;
  /** Without credentials. */
  readonly target: string;
  readonly source: string;
  /** Names of the statistics that the archive dir has already. */
  readonly localStatistics: readonly string[];
}

/** Times are seconds with their fraction, sizes bytes. */
export function jsonStatistics(
  s: Statistics,
  chain: ChainFacts,
): Readonly<Record<string, unknown>> {
  return {
    Filename: null,
    StartTime: s.startTime,
    EndTime: s.endTime,
    ElapsedTime: s.endTime - s.startTime,
    Errors: s.errors,
    TotalDestinationSizeChange: null,
    SourceFiles: s.sourceFiles,
    SourceFileSize: s.sourceFileSize,
    NewFiles: s.newFiles,
    NewFileSize: s.newFileSize,
    DeletedFiles: s.deletedFiles,
    ChangedFiles: s.changedFiles,
    ChangedFileSize: s.changedFileSize,
    ChangedDeltaSize: 0,
    DeltaEntries: deltaEntries(s),
    RawDeltaSize: s.rawDeltaSize,
    StartTime_str: formatStamp(Math.floor(s.startTime)),
    EndTime_str: formatStamp(Math.floor(s.endTime)),
    backup_meta: {
      action: chain.action,
      skipped_inc: chain.skipped,
      time_full_bkp: chain.fullSeconds,
      time_full_bkp_str: formatStamp(chain.fullSeconds),
      no_of_inc: chain.incrementals,
      concurrency: 0,
      target: chain.target,
      source: chain.source,
      local_json_stat: chain.localStatistics,
    },
  };
}
