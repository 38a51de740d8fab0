/**
 * Records volumes in step with a walk through a snapshot's tree, so that each path is proven when the walk is there
 * and each volume is decoded once, near to where its bytes are wanted.
 */
import { comparePaths } from '../base/index.js';
import { abortable } from './abortable.js';
import type { KnownSets } from './known-sets.js';
import type { SetVolume } from './set-volumes.js';
import type { VolumeCataloguer } from './volume-cataloguer.js';
import type { VolumeDirectory } from './volume-directory.js';

export interface WalkProofParts {
  readonly known: KnownSets;
  readonly directory: VolumeDirectory;
  readonly cataloguer: VolumeCataloguer;
}

/** A volume that could not be held against the signatures. */
export interface UnheldVolume {
  readonly name: string;
  readonly reason: unknown;
}

/** Paths found too late that are remembered. */
const maxLate = 10_000;

export class WalkProof {
  readonly #parts: WalkProofParts;
  readonly #setId: number;
  readonly #start: string;
  readonly #failed = new Map<SetVolume, unknown>();
  readonly #late = new Set<string>();
  readonly #endNews: () => void;
  /** What is not recorded yet, in the order of where it begins. */
  #pending: SetVolume[] | undefined;
  #next = 0;
  #resets = 0;
  #position: string | undefined;

  constructor(parts: WalkProofParts, setId: number, start: string) {
    this.#parts = parts;
    this.#setId = setId;
    this.#start = start;
    this.#endNews = parts.cataloguer.onNews((path) => {
      const isPassed = this.#position !== undefined && comparePaths(path, this.#position) < 0;
      if (isPassed && this.#isInWalk(path) && this.#late.size < maxLate) this.#late.add(path);
    });
  }

  /** Paths that turned out to be otherwise when the walk had passed them. */
  get late(): ReadonlySet<string> {
    return this.#late;
  }

  /** The volumes of which what they hold is still not known. */
  get unheld(): UnheldVolume[] {
    return [...this.#failed]
      .filter(([{ catalogued }]) => !catalogued)
      .map(([{ name, number }, reason]) => ({ name: name ?? `volume ${number}`, reason }));
  }

  /** To be called with the path that the walk is at, when that is proven. */
  pass(path: string): void {
    this.#position = path;
  }

  /** Records the volumes that can hold what comes up to the path, or all; undefined when none is left to record. */
  upTo(path: string | undefined, signal: AbortSignal | undefined): Promise<void> | undefined {
    const isKnown = this.#pending !== undefined && this.#resets === this.#parts.cataloguer.resets;
    if (isKnown && !this.#isDue(path)) return undefined;
    return this.#record(path, signal);
  }

  /** To be called when the walk has ended. */
  end(): void {
    this.#endNews();
  }

  #isDue(path: string | undefined): boolean {
    const volume = this.#pending?.[this.#next];
    if (volume === undefined) return false;
    return path === undefined || comparePaths(volume.startPath, path) <= 0;
  }

  async #record(path: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    const { cataloguer } = this.#parts;
    if (this.#pending === undefined || this.#resets !== cataloguer.resets) {
      this.#resets = cataloguer.resets;
      this.#pending = await this.#unrecorded(signal);
      this.#next = 0;
    }
    for (; this.#isDue(path); this.#next += 1) {
      const volume = this.#pending[this.#next];
      if (volume === undefined) break;
      try {
        await cataloguer.catalogue([volume], 'reader', signal);
      } catch (error) {
        signal?.throwIfAborted();
        this.#failed.set(volume, error);
      }
    }
  }

  async #unrecorded(signal: AbortSignal | undefined): Promise<SetVolume[]> {
    const { known, directory, cataloguer } = this.#parts;
    const found: SetVolume[] = [];
    for (const setId of known.upTo(this.#setId)) {
      const volumes = await abortable(directory.ofSet(setId), signal);
      const [first] = volumes.all;
      // a process that ended in between has left this undone
      if (first !== undefined && volumes.isRecorded) {
        await cataloguer.holdAgainst(first, volumes);
      }
      for (const volume of volumes.all) {
        if (!volume.catalogued && this.#canHold(volume)) found.push(volume);
      }
    }
    return found.sort((a, b) => comparePaths(a.startPath, b.startPath));
  }

  /** Whether the manifest says that the volume may hold what lies at or below the start. */
  #canHold({ startPath, endPath }: SetVolume): boolean {
    if (comparePaths(endPath, this.#start) < 0) return false;
    return comparePaths(startPath, this.#start) <= 0 || this.#isInWalk(startPath);
  }

  #isInWalk(path: string): boolean {
    return this.#start === '' || path === this.#start || path.startsWith(`${this.#start}/`);
  }
}
