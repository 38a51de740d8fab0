/**
 * What a set has to hold: the source as it is walked, joined in the order of paths with the tree that the last
 * set left (docs/format/1-bytes.md 4.5). A full is an incremental on nothing.
 */
import { signatureSizeBounds, type EntryType } from '../../archive/index.js';
import { comparePaths } from '../../base/index.js';
import { parseSignature, unusableReason } from '../../librsync/index.js';
import type { PreviousEntry } from '../previous/sigtar-entries.js';
import type { WalkEntry, WalkItem, WalkUnreadable } from '../walk/index.js';
import { sameMetadata, type OwnerNames } from './compare-entry.js';
import type { SeenReader } from './seen-file.js';

export type Change =
  | { readonly kind: 'unchanged'; readonly source: WalkEntry }
  | { readonly kind: 'snapshot'; readonly source: WalkEntry }
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
        for (;;) {
          if (finder.isDry) await finder.refill();
          if (!finder.passBefore(item.path)) break;
          if (finder.isFull) yield finder.take();
        }
        const seeking = sources.seen?.seek(item.path);
        if (seeking !== undefined) await seeking;
        finder.next(item);
        if (finder.isFull) yield finder.take();
      }
    }
    for (;;) {
      if (finder.isDry) await finder.refill();
      if (!finder.passBefore(undefined)) break;
      if (finder.isFull) yield finder.take();
    }
    yield finder.take();
  } finally {
    await finder.close();
  }
}

class ChangeFinder {
  readonly #sources: ChangeSources;
  readonly #previous: AsyncIterator<readonly PreviousEntry[]>;
  #batch: readonly PreviousEntry[] = [];
  #position = 0;
  #hasEnded = false;
  #changes: Change[] = [];
  #signatureBytes = 0;
  /** A path that cannot be read: what was below it stays as it was. */
  #unreadable: string | undefined;

  constructor(sources: ChangeSources) {
    this.#sources = sources;
    this.#previous = sources.previous[Symbol.asyncIterator]();
  }

  /** Whether `refill` has to be called before anything else. */
  get isDry(): boolean {
    return this.#position >= this.#batch.length && !this.#hasEnded;
  }

  async refill(): Promise<void> {
    const next = await this.#previous.next();
    this.#hasEnded = next.done === true;
    this.#batch = next.done === true ? [] : next.value;
    this.#position = 0;
    if (this.isDry) await this.refill();
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

  /**
   * Passes one entry of the tree before that comes before the path, or any without a path: it is gone. False when there
   * is none.
   */
  passBefore(path: string | undefined): boolean {
    const entry = this.#batch[this.#position];
    if (entry === undefined) return false;
    if (path !== undefined && comparePaths(entry.path, path) >= 0) return false;
    this.#position += 1;
    this.#gone(entry);
    return true;
  }

  /** Takes the next item of the source, up to whose path all has been passed. */
  next(item: WalkItem): void {
    const entry = this.#batch[this.#position];
    const before = entry?.path === item.path ? entry : undefined;
    if (before !== undefined) this.#position += 1;
    if (item.kind === 'unreadable') {
      this.#unreadable = item.path;
      this.#sources.onUnreadable(item);
      return;
    }
    this.#changes.push(this.#compare(item, before));
  }

  async close(): Promise<void> {
    await this.#sources.seen?.close();
    await this.#previous.return?.();
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
