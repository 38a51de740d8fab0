/**
 * A walk through a snapshot's tree as its volumes have it, in the format's order: before an entry is given, the volumes
 * that can tell of it are recorded, and what they add is part of the walk.
 */
import type { TreeProof, WalkProof } from '../catalog/index.js';
import type { SnapshotEntry, WalkedEntry } from './entry.js';

export interface ProvenEntry extends WalkedEntry {
  /** Why the entry is not proven: nothing is to be made of it. */
  readonly reason: unknown;
}

export interface ProvenWalkParts {
  readonly proof: TreeProof;
  /** As Snapshot.children. */
  readonly children: (folderId: number, after: string, limit: number) => SnapshotEntry[];
  readonly entry: (id: number) => SnapshotEntry | undefined;
}

interface Level {
  readonly path: string;
  readonly id: number;
  /** The name that was given last. */
  after: string;
  batch: readonly SnapshotEntry[];
  at: number;
  /** Of the proof, when the batch was read. */
  changes: number;
}

interface Candidate {
  readonly path: string;
  readonly entry: SnapshotEntry;
  readonly depth: number;
}

const entriesPerQuery = 1000;

export class ProvenWalk {
  readonly #parts: ProvenWalkParts;
  readonly #start: SnapshotEntry;
  /** The path of the start in the snapshot. */
  readonly #startPath: string;
  readonly #walk: WalkProof;
  readonly #open: Level[] = [];

  constructor(parts: ProvenWalkParts, start: SnapshotEntry, startPath: string) {
    this.#parts = parts;
    this.#start = start;
    this.#startPath = startPath;
    this.#walk = parts.proof.walk(startPath);
  }

  /** Paths in the snapshot that turned out to be otherwise when the walk had passed them. */
  get late(): WalkProof['late'] {
    return this.#walk.late;
  }

  /** The volumes that could not be recorded. */
  get unheld(): WalkProof['unheld'] {
    return this.#walk.unheld;
  }

  /** The start and all below it; to be called once. */
  async *entries(signal?: AbortSignal): AsyncGenerator<ProvenEntry> {
    try {
      const start = await this.#proven({ path: '', entry: this.#start }, signal);
      if (start?.entry.type !== 'dir') {
        if (start !== undefined) yield start;
        return;
      }
      let found: WalkedEntry | undefined = start;
      await this.#walk.upTo(this.#startPath, signal);
      while (found !== undefined) {
        this.#walk.pass(this.#inSnapshot(found.path));
        const given: ProvenEntry | undefined = isHint(found.entry)
          ? await this.#proven(found, signal)
          : { path: found.path, entry: found.entry, reason: undefined };
        if (given !== undefined) yield given;
        if (given?.entry.type === 'dir') this.#enter(given);
        found = await this.#next(signal);
      }
    } finally {
      this.#walk.end();
    }
  }

  #enter({ path, entry: { id } }: WalkedEntry): void {
    this.#open.push({ path, id, after: '', batch: [], at: 0, changes: -1 });
  }

  async #next(signal: AbortSignal | undefined): Promise<WalkedEntry | undefined> {
    const { proof } = this.#parts;
    for (;;) {
      const found = this.#candidate();
      const { changes } = proof;
      const recording = this.#walk.upTo(found && this.#inSnapshot(found.path), signal);
      if (recording !== undefined) await recording;
      if (proof.changes !== changes) continue; // there may be other entries now
      if (found === undefined) return undefined;
      this.#open.length = found.depth + 1;
      const level = this.#open[found.depth];
      if (level !== undefined) {
        level.after = found.entry.name;
        level.at += 1;
      }
      return found;
    }
  }

  /** Looks for an entry also where it should not lie; undefined when volumes have it deleted. */
  async #proven(
    { path, entry }: WalkedEntry,
    signal: AbortSignal | undefined,
  ): Promise<ProvenEntry | undefined> {
    try {
      await this.#parts.proof.prove(this.#inSnapshot(path), signal);
      const proven = this.#parts.entry(entry.id);
      return proven && { path, entry: proven, reason: undefined };
    } catch (reason) {
      signal?.throwIfAborted();
      return { path, entry, reason };
    }
  }

  /** What comes next as far as is known; nothing is passed over by asking. */
  #candidate(): Candidate | undefined {
    for (let depth = this.#open.length - 1; depth >= 0; depth -= 1) {
      const level = this.#open[depth];
      const entry = level && this.#peek(level);
      if (entry === undefined || level === undefined) continue;
      const path = level.path === '' ? entry.name : `${level.path}/${entry.name}`;
      return { path, entry, depth };
    }
    return undefined;
  }

  #peek(level: Level): SnapshotEntry | undefined {
    const { changes } = this.#parts.proof;
    const isRead = level.batch.length > 0 && level.at >= entriesPerQuery;
    if (level.changes !== changes || isRead) {
      level.batch = this.#parts.children(level.id, level.after, entriesPerQuery);
      level.at = 0;
      level.changes = changes;
    }
    return level.batch[level.at];
  }

  #inSnapshot(path: string): string {
    if (this.#startPath === '') return path;
    return path === '' ? this.#startPath : `${this.#startPath}/${path}`;
  }
}

/** A folder that only what lies below it tells of is none. */
function isHint(entry: SnapshotEntry): boolean {
  return !entry.proven && entry.kind === 'stored';
}
