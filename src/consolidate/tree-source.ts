/**
 * The tree of a chain as what a set is made from. It is walked as its verified volumes have it, in step with the chain's
 * signatures; where the two do not say the same, no full is made.
 */
import type {
  Change,
  Counts,
  EntryOwner,
  ReadChange,
  ReadResult,
  SetSource,
} from '../backup/index.js';
import { errorText, eventLoopTurns } from '../base/index.js';
import type { Report } from '../base/index.js';
import type { PreviousEntry } from '../signatures/index.js';
import { Disagreement } from '../snapshot/index.js';
import type { Snapshot, SnapshotEntry } from '../snapshot/index.js';
import type { WalkEntry } from '../source/index.js';
import type { ConsolidateEvent } from './events.js';
import { SignedTree } from './signed-tree.js';
import type { TreeEntry } from './tree-entry.js';
import { TreeReads } from './tree-reads.js';

const changesPerBatch = 512;
const signatureBytesPerBatch = 4 << 20;

export interface TreeSourceOptions {
  /** The tree, which must be loaded. */
  readonly snapshot: Snapshot;
  /** What the chain's signatures say of it, in the order of paths; read once. */
  readonly signed: AsyncIterable<readonly PreviousEntry[]>;
  readonly maxBlockLength: number;
  /** Ends reading at once. */
  readonly signal: AbortSignal;
  readonly report: Report<ConsolidateEvent>;
  /** To be done when the full is complete. */
  readonly commit: () => Promise<void>;
}

export class TreeSource implements SetSource {
  readonly reads: TreeReads;
  readonly #options: TreeSourceOptions;
  readonly #signed: SignedTree;
  #counts: Counts | undefined;

  constructor(options: TreeSourceOptions) {
    this.#options = options;
    this.reads = new TreeReads(options);
    this.#signed = new SignedTree(options.signed);
  }

  async *changes(
    counts: Counts,
    isWritten: (path: string) => boolean,
  ): AsyncGenerator<readonly Change[], undefined> {
    this.#counts = counts;
    const { snapshot, signal } = this.#options;
    const walk = snapshot.provenWalk(snapshot.root());
    const turn = eventLoopTurns();
    let changes: Change[] = [];
    let signatureBytes = 0;
    for await (const { path, entry, reason } of walk.entries(signal)) {
      if (reason !== undefined) throw reason as Error;
      await turn();
      const waiting = this.#signed.ready();
      if (waiting !== undefined) await waiting;
      // a folder that only what lies below it tells of is no entry
      if (entry.type === 'dir' && !entry.proven && !this.#signed.isAt(path)) continue;
      const signed = this.#signed.take(path);
      if (signed.type !== entry.type) throw otherType(path);
      if (isWritten(path)) continue;
      const change = await this.#change(path, entry, signed);
      changes.push(change);
      signatureBytes += signed.signature.length;
      if (changes.length < changesPerBatch && signatureBytes < signatureBytesPerBatch) continue;
      yield changes;
      changes = [];
      signatureBytes = 0;
    }
    const [late] = walk.late;
    if (late !== undefined) throw tooLate(late);
    const [lost] = walk.unheld;
    if (lost !== undefined) throw unheld(lost.name, lost.reason);
    await this.#signed.end();
    yield changes;
    return undefined;
  }

  request(change: ReadChange): void {
    this.reads.request(change.source as TreeEntry);
  }

  flush(): void {
    // what is asked for is read when it is wanted
  }

  ownerOf(entry: WalkEntry): EntryOwner {
    return (entry as TreeEntry).owner;
  }

  tellRead({ path }: WalkEntry, { failure }: ReadResult): void {
    if (failure === undefined || this.#counts === undefined) return;
    const { code: reason } = failure;
    this.#options.report({ level: 'warning', code: 'consolidated-incomplete', path, reason });
    this.#counts.errors += 1;
  }

  /** The sets of a chain do not change. */
  isUntouched(): Promise<boolean> {
    return Promise.resolve(true);
  }

  noteStored(): undefined {
    return undefined; // what this machine remembers of the source stays as it is
  }

  noteWritten(): undefined {
    return undefined;
  }

  endReading(): Promise<void> {
    return Promise.resolve();
  }

  async commit(): Promise<void> {
    await this.#options.commit();
  }

  async close(): Promise<void> {
    await this.#signed.close();
  }

  async #change(path: string, entry: SnapshotEntry, signed: PreviousEntry): Promise<Change> {
    const { snapshot, signal } = this.#options;
    if (entry.type !== 'reg') snapshot.refuseUnknown(entry);
    const size = entry.type === 'reg' ? await snapshot.size(entry, signal) : 0;
    const { userName, groupName, uid, gid } = snapshot.ownerOf(entry);
    const { type, mode, mtimeSeconds, linkTarget, device } = entry;
    const source: TreeEntry = {
      kind: 'entry',
      path,
      type,
      mode,
      uid,
      gid,
      size,
      mtimeSeconds,
      mtimeMs: mtimeSeconds * 1000,
      ctimeMs: 0,
      inode: 0,
      owner: { userName, groupName },
      entry: type === 'reg' ? { ...entry, size } : entry,
      signature: signed.signature,
    };
    const linked = linkTarget === undefined ? source : { ...source, linkTarget };
    const whole = device === undefined ? linked : { ...linked, device };
    return { kind: 'snapshot', source: whole, signedSeconds: signed.mtimeSeconds };
  }
}

const hint =
  'No full is made of what cannot be verified; make one from the source with "duplifs full"';

function otherType(path: string): Disagreement {
  return new Disagreement(
    `"${path}" is of another type in the volumes of the chain than in its signatures`,
    hint,
  );
}

function tooLate(path: string): Disagreement {
  return new Disagreement(
    `"${path}" lies in a volume of the chain that its manifest does not give for it`,
    hint,
  );
}

function unheld(name: string, reason: unknown): Disagreement {
  return new Disagreement(
    `"${name}" could not be held against the signatures of its set: ${errorText(reason)}`,
    hint,
  );
}
