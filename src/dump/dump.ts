/**
 * Writes a tree of a backup, or one path of it, as an archive, as the verified volumes have it. What fails is reported
 * with its path and left out. A file whose bytes fail when a part of it stands in the archive ends that: nobody is to take
 * what is there for the file, and the archive has no end then.
 */
import { DuplifsError, errorText, eventLoopTurns, IdSet, isDuplifsError } from '../base/index.js';
import { Disagreement, fileChunks } from '../snapshot/index.js';
import type { ProvenWalk, Snapshot, SnapshotEntry } from '../snapshot/index.js';
import type { ArchivedEntry, ArchiveWriter } from './archive-writer.js';
import { firstBytes } from './first-bytes.js';

export interface DumpOptions {
  /** Leave names of users and groups out, so that whoever unpacks the archive goes by the numbers. */
  readonly numericOwner: boolean;
  /** What is not in the archive, and why; the path is one in the backup. */
  readonly onFailure: (path: string, error: unknown) => void;
  /** A file of which the backup holds less than there was when it was made. */
  readonly onCut: (path: string, cut: { reason: string; sinceSeconds: number }) => void;
  /** A volume that could not be read, so that what else it may hold of the tree is not known. */
  readonly onUnheld: (name: string, reason: unknown) => void;
  readonly onProgress?: ((progress: DumpProgress) => void) | undefined;
  readonly signal: AbortSignal;
}

export interface DumpProgress {
  readonly entries: number;
  readonly bytes: number;
}

export interface DumpResult extends DumpProgress {
  /** Entries that are not in the archive, and volumes that could not be held against the signatures. */
  readonly failures: number;
  /** Of the failures: where signatures and volumes do not say the same. */
  readonly disagreements: number;
  /** Files of which only a part is in the backup. */
  readonly incomplete: number;
}

/**
 * Dumps `start` (the root, a folder, or anything else) and ends the archive. The tree must be loaded.
 * @throws DuplifsError when a file breaks off within the archive
 */
export async function dump(
  snapshot: Snapshot,
  start: SnapshotEntry,
  archive: ArchiveWriter,
  options: DumpOptions,
): Promise<DumpResult> {
  return new Dumping(snapshot, archive, options).run(start);
}

class Dumping {
  readonly #snapshot: Snapshot;
  readonly #archive: ArchiveWriter;
  readonly #options: DumpOptions;
  /** What the archive holds, or failed, by the id of its path. */
  readonly #done = new IdSet();
  #progress: DumpProgress = { entries: 0, bytes: 0 };
  #failures = 0;
  #disagreements = 0;
  #incomplete = 0;
  #top = '';
  #topName = '.';

  constructor(snapshot: Snapshot, archive: ArchiveWriter, options: DumpOptions) {
    this.#snapshot = snapshot;
    this.#archive = archive;
    this.#options = options;
  }

  async run(start: SnapshotEntry): Promise<DumpResult> {
    this.#top = this.#snapshot.pathOf(start.id);
    this.#topName = this.#top === '' ? '.' : start.name;
    const walk = this.#snapshot.provenWalk(start);
    await this.#addAll(walk);
    const wasOlder = [...walk.late].filter((path) =>
      this.#done.has(this.#snapshot.idOf(path) ?? 0),
    );
    if (walk.late.size > 0) {
      // of a volume that is out of order, or of deletions that the signatures alone have
      await this.#addAll(this.#snapshot.provenWalk(start));
      for (const path of wasOlder) this.#fail(path, foundLate(path));
    }
    for (const { name, reason } of walk.unheld) {
      this.#failures += 1;
      this.#options.onUnheld(name, reason);
    }
    await this.#archive.end();
    return {
      ...this.#progress,
      failures: this.#failures,
      disagreements: this.#disagreements,
      incomplete: this.#incomplete,
    };
  }

  async #addAll(walk: ProvenWalk): Promise<void> {
    const { signal, onProgress } = this.#options;
    const turn = eventLoopTurns();
    for await (const { path, entry, reason } of walk.entries(signal)) {
      signal.throwIfAborted();
      if (this.#done.has(entry.id)) continue;
      this.#done.add(entry.id);
      const inBackup = [this.#top, path].filter((part) => part !== '').join('/');
      try {
        if (reason !== undefined) throw reason as Error;
        await this.#add(path, entry);
      } catch (error) {
        if (signal.aborted || error instanceof BrokenOff) throw error;
        this.#fail(inBackup, error);
      }
      onProgress?.(this.#progress);
      await turn();
    }
  }

  async #add(path: string, entry: SnapshotEntry): Promise<void> {
    // what nothing verified holds is there only for what lies below it
    if (entry.type === 'dir' && !entry.proven) return;
    const archived = this.#archived(path, entry);
    const why = this.#archive.whyNot(archived);
    if (why !== undefined) throw new DuplifsError('TARGET', `It was left out: ${why}`);
    if (entry.type === 'reg') {
      await this.#addFile(archived);
    } else {
      this.#snapshot.refuseUnknown(entry);
      await this.#archive.add(archived);
    }
    this.#progress = { ...this.#progress, entries: this.#progress.entries + 1 };
  }

  async #addFile(archived: ArchivedEntry): Promise<void> {
    const { signal, onCut } = this.#options;
    const size = await this.#snapshot.size(archived.entry, signal);
    const entry = { ...archived.entry, size };
    const path = this.#snapshot.pathOf(entry.id);
    // of small files nothing is written before all was had
    const chunks = await firstBytes(fileChunks(this.#snapshot, entry, signal));
    try {
      await this.#archive.addFile({ ...archived, entry }, size, this.#counted(chunks));
    } catch (error) {
      signal.throwIfAborted();
      throw new BrokenOff(path, error);
    }
    const cut = this.#snapshot.cutOf(entry);
    if (cut === undefined) return;
    this.#incomplete += 1;
    onCut(path, { reason: cut.reason, sinceSeconds: cut.since.endSeconds });
  }

  async *#counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      yield chunk;
      const { entries, bytes } = this.#progress;
      this.#progress = { entries, bytes: bytes + chunk.length };
      this.#options.onProgress?.(this.#progress);
    }
  }

  #archived(path: string, entry: SnapshotEntry): ArchivedEntry {
    const owner = this.#snapshot.storedOwner(entry);
    const name = path === '' ? this.#topName : `${this.#topName}/${path}`;
    if (!this.#options.numericOwner) return { name, entry, owner };
    return { name, entry, owner: { ...owner, userName: '', groupName: '' } };
  }

  #fail(path: string, error: unknown): void {
    this.#failures += 1;
    if (error instanceof Disagreement) this.#disagreements += 1;
    this.#options.onFailure(path, error);
  }
}

/** The archive holds a part of a file, and there is no more of it. */
class BrokenOff extends DuplifsError {
  constructor(path: string, cause: unknown) {
    super(
      isDuplifsError(cause) ? cause.code : 'DAMAGED',
      `The archive breaks off in the middle of "${path}": ${errorText(cause)}`,
      {
        hint: 'Dump the folders beside it one by one, or restore: that leaves such a file out',
        cause,
      },
    );
  }
}

function foundLate(path: string): Disagreement {
  return new Disagreement(
    `"${path}" is in the archive as an older set has it, before a volume of a newer set was found to hold it`,
    'The signatures of the newer set do not tell of it; dump it again into a new archive',
  );
}
