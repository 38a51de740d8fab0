/** What a backup counts (docs/format/2-behaviour.md 7.1). */

export interface Counts {
  sourceFiles: number;
  sourceFileSize: number;
  newFiles: number;
  newFileSize: number;
  deletedFiles: number;
  changedFiles: number;
  changedFileSize: number;
  rawDeltaSize: number;
  totalDestinationSizeChange: number;
  errors: number;
  /** Files that changed, vanished or were replaced while they were read: what is stored of them was so at some moment. */
  movedFiles: number;
}

export interface Statistics extends Readonly<Counts> {
  /** Seconds by the real clock, with their fraction. */
  readonly startTime: number;
  readonly endTime: number;
}

export function noCounts(): Counts {
  return {
    sourceFiles: 0,
    sourceFileSize: 0,
    newFiles: 0,
    newFileSize: 0,
    deletedFiles: 0,
    changedFiles: 0,
    changedFileSize: 0,
    rawDeltaSize: 0,
    totalDestinationSizeChange: 0,
    errors: 0,
    movedFiles: 0,
  };
}

/** New, changed and deleted entries together. */
export function deltaEntries(counts: Readonly<Counts>): number {
  return counts.newFiles + counts.changedFiles + counts.deletedFiles;
}
