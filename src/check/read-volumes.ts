/** Reads the volumes of a share: several at once, in memory that does not grow with the backup, and notes each as it is done. */
import PQueue from 'p-queue';
import type { ManifestVolume, SetTimes } from '../archive/index.js';
import type { Target, TargetListing } from '../target/index.js';
import type { CheckedSet } from './check-set.js';
import type { FileFailures } from './file-failures.js';
import type { Finding } from './finding.js';
import { ReadMemory } from './read-memory.js';
import type { ReadOutcome } from './read-memory.js';
import { readVolume } from './read-volume.js';
import type { VolumeToRead } from './read-volume.js';
import { chooseShare, shareText } from './share.js';
import type { Share } from './share.js';

/** Volumes read at once: each has buffers of a few MiB. */
const readersAtOnce = 3;
/** Volumes that wait for their turn, before more sets are looked at. */
const mostWaiting = 32;

export interface ReadProgress {
  readonly volumes: number;
  readonly bytes: number;
  /** Of the share, with what an interrupted run has read of it. */
  readonly totalVolumes: number;
  readonly totalBytes: number;
}

export interface ReadResult extends ReadProgress {
  /** Volumes that could not be read, or are not what they must be. */
  readonly failed: number;
  /** When the oldest of all volumes was read last; undefined while some never were. */
  readonly allReadSinceSeconds: number | undefined;
  /** Bytes of all volumes of the backup. */
  readonly backupBytes: number;
}

export interface VolumeReading {
  readonly target: Target;
  readonly listing: TargetListing;
  readonly share: Share;
  readonly nowSeconds: number;
  readonly failures: FileFailures;
  readonly onFindings: (findings: readonly Finding[]) => void;
  readonly onProgress: (progress: ReadProgress) => void;
  readonly signal: AbortSignal;
}

interface StoredVolume {
  readonly name: string;
  readonly size: number;
  readonly demands: string;
}

export class VolumeReader {
  readonly #reading: VolumeReading;
  readonly #memory: ReadMemory;
  readonly #queue = new PQueue({ concurrency: readersAtOnce });
  readonly #all: readonly StoredVolume[];
  readonly #chosen: Set<string>;
  readonly #backupBytes: number;
  readonly bytesResumed: number;
  #failure: unknown;
  #failed = 0;
  #volumes = 0;
  #bytes = 0;
  readonly #totalBytes: number;

  /** Chooses what is to be read. @throws DuplifsError TARGET or NO_SPACE when it cannot be remembered */
  constructor(reading: VolumeReading) {
    const { target, share, nowSeconds } = reading;
    this.#reading = reading;
    this.#all = storedVolumes(reading);
    const run = { share: shareText(share), nowSeconds };
    this.#memory = new ReadMemory(target.archiveFolder, run);
    const memory = this.#memory;
    const chosen = chooseShare(this.#all, share, (volume) => memory.lastRead(volume));
    this.#chosen = new Set(chosen.volumes.map(({ name }) => name));
    this.bytesResumed = chosen.bytesRead;
    this.#totalBytes = chosen.volumes.reduce((sum, { size }) => sum + size, 0);
    this.#backupBytes = this.#all.reduce((sum, { size }) => sum + size, 0);
  }

  /** When the run began that is gone on with. */
  get resumedSeconds(): number | undefined {
    return this.#memory.resumedSeconds;
  }

  /** Takes the volumes of a set that are to be read; waits while there are many already. */
  async add(checked: CheckedSet): Promise<void> {
    for (const volume of this.#volumesOf(checked)) {
      if (this.#failure !== undefined) break;
      await this.#queue.onSizeLessThan(mostWaiting);
      void this.#queue.add(async () => {
        await this.#read(volume).catch((error: unknown) => {
          this.#failure ??= error;
          this.#queue.clear();
        });
      });
    }
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  /** Waits until all are read. @throws what ended the reading */
  async finish(): Promise<ReadResult> {
    await this.#queue.onIdle();
    if (this.#failure !== undefined) throw this.#failure as Error;
    const { nowSeconds } = this.#reading;
    this.#memory.end(nowSeconds, new Set(this.#all.map(({ name }) => name)));
    return {
      ...this.#progress(),
      failed: this.#failed,
      allReadSinceSeconds: this.#oldestRead(),
      backupBytes: this.#backupBytes,
    };
  }

  /** Ends what is under way, and closes the memory: what was read stays noted. */
  async close(): Promise<void> {
    this.#queue.clear();
    await this.#queue.onIdle();
    this.#memory.close();
  }

  *#volumesOf({ set, manifest, index }: CheckedSet): Generator<readonly VolumeToRead[]> {
    const { listing } = this.#reading;
    for (const { number, hash } of manifest?.volumes ?? []) {
      const files = set.volumes.get(number) ?? [];
      const same = files
        .filter((file) => !listing.isEmpty(file.name))
        .map((file) => ({
          setKey: set.key,
          times: set.times,
          file,
          hash,
          size: listing.sizeOf(file.name) ?? 0,
          indexed: index?.volumes.get(number),
          indexName: set.index[0]?.name ?? '',
        }));
      if (same.some((volume) => this.#isToBeRead(volume))) yield same;
    }
  }

  /** A volume that was read under another manifest is read again. */
  #isToBeRead({ file: { name }, size, hash, times }: VolumeToRead): boolean {
    if (this.#chosen.has(name)) return true;
    const volume = { name, size, demands: demandsOf(this.#reading.target, times) };
    return (
      this.#memory.lastRead(volume) !== undefined &&
      this.#memory.lastRead(volume, hashText(hash)) === undefined
    );
  }

  /** Where several files stand for one volume, one that is well will do: that is the one which readers use. */
  async #read(same: readonly VolumeToRead[]): Promise<void> {
    const { target, failures, signal, onFindings, nowSeconds } = this.#reading;
    const told: Finding[] = [];
    for (const volume of same) {
      const { file, setKey, size, hash, times } = volume;
      const findings: Finding[] = [];
      const onBytes = (bytes: number): void => {
        this.#bytes += bytes;
        this.#tell();
      };
      const read = (): Promise<Finding[]> => readVolume(volume, { target, onBytes, signal });
      const found = await failures.attempt({ ...file, setKey }, findings, read, signal);
      if (found === undefined && findings.length === 0) return; // it cannot be opened
      const outcome = outcomeOf(findings);
      const demands = demandsOf(target, times);
      const row = { name: file.name, size, demands, hash: hashText(hash), outcome };
      this.#memory.note(row, nowSeconds);
      if (found !== undefined) {
        told.splice(0, told.length);
        for (const finding of found) told.push(finding);
        break;
      }
      for (const finding of findings) told.push(finding);
    }
    this.#volumes += 1;
    if (told.some(({ kind }) => kind === 'file-unusable')) this.#failed += 1;
    onFindings(told);
    this.#tell();
  }

  #tell(): void {
    this.#reading.onProgress(this.#progress());
  }

  #progress(): ReadProgress {
    return {
      volumes: this.#volumes,
      bytes: this.#bytes,
      totalVolumes: Math.max(this.#volumes, this.#chosen.size),
      totalBytes: Math.max(this.#bytes, this.#totalBytes),
    };
  }

  #oldestRead(): number | undefined {
    let oldest = Number.POSITIVE_INFINITY;
    for (const volume of this.#all) {
      const read = this.#memory.lastRead(volume);
      if (read === undefined || read.hasFailed) return undefined;
      oldest = Math.min(oldest, read.readSeconds);
    }
    return Number.isFinite(oldest) ? oldest : undefined;
  }
}

/** The volumes of the sets that have a manifest, oldest set first. */
function storedVolumes({ target, listing }: VolumeReading): StoredVolume[] {
  const found: StoredVolume[] = [];
  for (const { complete, times, volumes } of listing.collection.sets) {
    if (!complete) continue;
    const demands = demandsOf(target, times);
    for (const files of volumes.values()) {
      for (const { name } of files) {
        const size = listing.sizeOf(name) ?? 0;
        if (size > 0) found.push({ name, size, demands });
      }
    }
  }
  return found;
}

/** What is demanded of a volume beyond its hash: reading it with less proves less. */
function demandsOf(target: Target, times: SetTimes): string {
  const waived = target.decode.ignoreMdcError === true ? ' without-mdc' : '';
  return `${target.signKeyFor(times) ?? ''}${waived}`;
}

function outcomeOf(findings: readonly Finding[]): ReadOutcome {
  const failed = findings.find((finding) => finding.kind === 'file-unusable');
  if (failed === undefined) return 'verified';
  return failed.error.startsWith('STORAGE') ? 'not-fetched' : 'faulty';
}

function hashText(hash: ManifestVolume['hash']): string {
  return hash === undefined ? '' : `${hash.algorithm} ${hash.hex}`;
}
