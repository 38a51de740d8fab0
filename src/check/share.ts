/** Which volumes a run reads: all, or a share of them, those that were not read for longest first. */

/** How much of a backup is read. */
export type Share =
  | { readonly kind: 'all' }
  /** Of all bytes; above 0, at most 1. */
  | { readonly kind: 'part'; readonly part: number }
  | { readonly kind: 'bytes'; readonly bytes: number };

export interface ShareVolume {
  /** Its name on the storage. */
  readonly name: string;
  readonly size: number;
}

/** When a volume was read last, in seconds since the epoch, and how that ended. */
export interface LastRead {
  readonly readSeconds: number;
  readonly hasFailed: boolean;
  /** Whether that was in the run that is gone on with. */
  readonly isOfThisRun: boolean;
}

export interface ChosenShare<Volume extends ShareVolume> {
  /** What is left to be read of the run's share, in the order of the volumes that are given. */
  readonly volumes: readonly Volume[];
  /** Bytes of the share that the run, before it was interrupted, has read. */
  readonly bytesRead: number;
}

/**
 * Chooses the volumes to read. A part counts in bytes and is never less than asked for, so that as many runs as
 * there are parts read everything. Volumes that could not be read the last time are read again each time, and do not count.
 */
export function chooseShare<Volume extends ShareVolume>(
  volumes: readonly Volume[],
  share: Share,
  lastRead: (volume: Volume) => LastRead | undefined,
): ChosenShare<Volume> {
  const reads = new Map(volumes.map((volume) => [volume, lastRead(volume)]));
  const isDone = (volume: Volume): boolean => {
    const read = reads.get(volume);
    return read?.isOfThisRun === true && !read.hasFailed;
  };
  const total = bytesOf(volumes);
  const bytesRead = bytesOf(volumes.filter(isDone));
  const wanted = wantedBytes(share, total) - bytesRead;
  const chosen = new Set<Volume>();
  const oldestFirst: Volume[] = [];
  for (const volume of volumes) {
    if (reads.get(volume)?.hasFailed === true) chosen.add(volume);
    else if (!isDone(volume)) oldestFirst.push(volume);
  }
  oldestFirst.sort((a, b) => secondsOf(reads.get(a)) - secondsOf(reads.get(b)));
  let bytes = 0;
  for (const volume of oldestFirst) {
    if (bytes >= wanted) break;
    chosen.add(volume);
    bytes += volume.size;
  }
  return { volumes: volumes.filter((volume) => chosen.has(volume)), bytesRead };
}

function wantedBytes(share: Share, total: number): number {
  switch (share.kind) {
    case 'all':
      return Number.POSITIVE_INFINITY;
    case 'part':
      return Math.ceil(total * share.part);
    case 'bytes':
      return share.bytes;
  }
}

function secondsOf(read: LastRead | undefined): number {
  return read?.readSeconds ?? Number.NEGATIVE_INFINITY;
}

function bytesOf(volumes: readonly ShareVolume[]): number {
  return volumes.reduce((sum, { size }) => sum + size, 0);
}

/** What stands for a share in the memory of runs. */
export function shareText(share: Share): string {
  switch (share.kind) {
    case 'all':
      return 'all';
    case 'part':
      return `part ${share.part}`;
    case 'bytes':
      return `bytes ${share.bytes}`;
  }
}
