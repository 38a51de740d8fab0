/**
 * What a set has to hold: the source as it is walked, joined in the order of paths with the tree that the last
 * set left (docs/format/1-bytes.md 4.5). A full is an incremental on nothing.
 */
import { signatureSizeBounds } from '../../archive/index.js';
import type { EntryType } from '../../archive/index.js';
import { BatchCursor, comparePaths } from '../../base/index.js';
import { parseSignature, unusableReason } from '../../librsync/index.js';
import type { PreviousEntry } from '../../signatures/index.js';
import type { WalkEntry, WalkItem, WalkUnreadable } from '../../source/index.js';
import { sameMetadata } from './compare-entry.js';
import type { OwnerNames } from './compare-entry.js';
import type { SeenReader } from './seen-file.js';

export type Change =
  | { readonly kind: 'unchanged'; readonly source: WalkEntry }
  | {
      readonly kind: 'snapshot';
      readonly source: WalkEntry;
      /** The time that the new signatures are to tell of a file, where that may be another than the entry's. */
      readonly signedSeconds?: number | undefined;
    }
  | {
      readonly kind: 'diff';
      readonly source: WalkEntry;
      /** The signature of the version before. */
      readonly base: Buffer;
      /** All that duplicity compares is equal: if the content is as well, there is no change. */
      readonly suspected: boolean;
    }
  | { readonly kind: 'deleted'; readonly path: string; readonly type: EntryType };

export interface ChangeSources {
  readonly walk: AsyncIterable<readonly WalkItem[]>;
  readonly onUnreadable: (item: WalkUnreadable) => void;
  /** The tree before, in order; nothing for a full. */
  readonly previous: AsyncIterable<readonly PreviousEntry[]>;
  readonly names: OwnerNames;
  readonly seen: SeenReader | undefined;
}

const changesPerBatch = 512;
const signatureBytesPerBatch = 4 << 20;

export async function* findChanges(sources: ChangeSources): AsyncGenerator<Change[]> {
  const finder = new ChangeFinder(sources);
  try {
    for await (const items of sources.walk) {
      for (const item of items) {
        // most entries need no turn of the event loop
        if (finder.hasBefore(item.path)) yield* passBefore(finder, item.path);
        const seeking = sources.seen?.seek(item.path);
        if (seeking !== undefined) await seeking;
        finder.next(item);
        if (finder.isFull) yield finder.take();
      }
    }
    yield* passBefore(finder, undefined);
    yield finder.take();
  } finally {
    await finder.close();
  }
}

/** Passes all of the tree before that comes before the path, or all that is left without one. */
async function* passBefore(
  finder: ChangeFinder,
  path: string | undefined,
): AsyncGenerator<Change[]> {
  while (finder.hasBefore(path)) {
    await finder.passOne(path);
    if (finder.isFull) yield finder.take();
  }
}

class ChangeFinder {
  readonly #sources: ChangeSources;
  readonly #previous: BatchCursor<PreviousEntry>;
  #changes: Change[] = [];
  #signatureBytes = 0;
  /** A path that cannot be read: what was below it stays as it was. */
  #unreadable: string | undefined;

  constructor(sources: ChangeSources) {
    this.#sources = sources;
    this.#previous = new BatchCursor(sources.previous);
  }

  get isFull(): boolean {
    return (
      this.#changes.length >= changesPerBatch || this.#signatureBytes >= signatureBytesPerBatch
    );
  }

  take(): Change[] {
    const changes = this.#changes;
    this.#changes = [];
    this.#signatureBytes = 0;
    return changes;
  }

  /** Whether something of the tree before, or what is not read yet of it, may come before the path, if there is one. */
  hasBefore(path: string | undefined): boolean {
    const { isDry, item } = this.#previous;
    return (
      isDry || (item !== undefined && (path === undefined || comparePaths(item.path, path) < 0))
    );
  }

  /** Passes one entry that comes before the path: it is gone. Or reads more, to see whether there is one. */
  async passOne(path: string | undefined): Promise<void> {
    if (this.#previous.isDry) await this.#previous.refill();
    const { item } = this.#previous;
    if (item === undefined || !this.hasBefore(path)) return;
    this.#previous.step();
    this.#gone(item);
  }

  /** Takes the next item of the source, up to whose path all has been passed. */
  next(item: WalkItem): void {
    const entry = this.#previous.item;
    const before = entry?.path === item.path ? entry : undefined;
    if (before !== undefined) this.#previous.step();
    if (item.kind === 'unreadable') {
      this.#unreadable = item.path;
      this.#sources.onUnreadable(item);
      return;
    }
    this.#changes.push(this.#compare(item, before));
  }

  async close(): Promise<void> {
    await this.#sources.seen?.close();
    await this.#previous.close();
  }

  #gone({ path, type }: PreviousEntry): void {
    const top = this.#unreadable;
    if (top !== undefined && (path === top || top === '' || path.startsWith(`${top}/`))) return;
    if (path !== '') this.#changes.push({ kind: 'deleted', path, type });
  }

  #compare(source: WalkEntry, before: PreviousEntry | undefined): Change {
    if (before === undefined) return { kind: 'snapshot', source };
    const same = sameMetadata(source, before, this.#sources.names);
    const isFile = source.type === 'reg' && before.type === 'reg';
    if (!isFile) return { kind: same ? 'unchanged' : 'snapshot', source };
    if (same && !this.#isSuspect(source, before)) return { kind: 'unchanged', source };
    if (!hasUsableSignature(before)) return { kind: 'snapshot', source };
    this.#signatureBytes += before.signature.length;
    return { kind: 'diff', source, base: before.signature, suspected: same };
  }

  /** Whether the content may have changed although mtime, mode and owner are as they were. */
  #isSuspect(source: WalkEntry, before: PreviousEntry): boolean {
    const isSame = this.#sources.seen?.isSame(source);
    if (isSame !== undefined) return !isSame;
    if (source.mtimeSeconds >= before.setSeconds) return true;
    const bounds = signatureSizeBounds(before.signature, before.signature.length);
    return bounds === undefined || source.size < bounds.minBytes || source.size > bounds.maxBytes;
  }
}

/** Whether a delta can be made from it; else the file is stored as a whole. */
function hasUsableSignature({ path, signature }: PreviousEntry): boolean {
  return unusableReason(parseSignature(signature, path)) === undefined;
}
