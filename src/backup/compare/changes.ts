/**
 * What a set has to hold: the source as it is walked, joined in the order of paths with the tree that the last
 * set left (docs/format/1-bytes.md 4.5). A full is an incremental on nothing.
 */
import { signatureSizeBounds, type EntryType } from '../../archive/index.js';
import { comparePaths } from '../../base/index.js';
import { parseSignature, unusableReason } from '../../librsync/index.js';
import type { PreviousEntry } from '../previous/merge-sets.js';
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
        while (!(await finder.passUpTo(item.path))) yield finder.take();
        await finder.next(item);
        if (finder.isFull) yield finder.take();
      }
    }
    while (!(await finder.rest())) yield finder.take();
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
  #changes: Change[] = [];
  #signatureBytes = 0;
  /** A path that cannot be read: what was below it stays as it was. */
  #unreadable: string | undefined;

  constructor(sources: ChangeSources) {
    this.#sources = sources;
    this.#previous = sources.previous[Symbol.asyncIterator]();
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

  /** Passes what is before the path in the tree before: it is gone. False when the batch is full before that. */
  async passUpTo(path: string): Promise<boolean> {
    for (;;) {
      const entry = this.#batch[this.#position] ?? (await this.#entry());
      if (entry === undefined || comparePaths(entry.path, path) >= 0) return true;
      if (this.isFull) return false;
      this.#position += 1;
      this.#gone(entry);
    }
  }

  /** Takes the next item of the source, up to whose path all has been passed. */
  async next(item: WalkItem): Promise<void> {
    const before = await this.#at(item.path);
    if (item.kind === 'unreadable') {
      this.#unreadable = item.path;
      this.#sources.onUnreadable(item);
      return;
    }
    this.#changes.push(await this.#compare(item, before));
  }

  /** The source has ended: what is left is gone. False when the batch is full before the end. */
  async rest(): Promise<boolean> {
    for (let entry = await this.#entry(); entry !== undefined; entry = await this.#entry()) {
      if (this.isFull) return false;
      this.#gone(entry);
      this.#position += 1;
    }
    return true;
  }

  async close(): Promise<void> {
    await this.#previous.return?.();
  }

  /** The previous entry of the path, if there is one. */
  async #at(path: string): Promise<PreviousEntry | undefined> {
    const entry = await this.#entry();
    if (entry?.path !== path) return undefined;
    this.#position += 1;
    return entry;
  }

  async #entry(): Promise<PreviousEntry | undefined> {
    while (this.#position >= this.#batch.length) {
      const next = await this.#previous.next();
      if (next.done === true) return undefined;
      this.#batch = next.value;
      this.#position = 0;
    }
    return this.#batch[this.#position];
  }

  #gone({ path, type }: PreviousEntry): void {
    const top = this.#unreadable;
    if (top !== undefined && (path === top || top === '' || path.startsWith(`${top}/`))) return;
    if (path !== '') this.#changes.push({ kind: 'deleted', path, type });
  }

  async #compare(source: WalkEntry, before: PreviousEntry | undefined): Promise<Change> {
    if (before === undefined) return { kind: 'snapshot', source };
    const same = sameMetadata(source, before, this.#sources.names);
    const isFile = source.type === 'reg' && before.type === 'reg';
    if (!isFile) return { kind: same ? 'unchanged' : 'snapshot', source };
    if (same && !(await this.#isSuspect(source, before))) return { kind: 'unchanged', source };
    if (!hasUsableSignature(before)) return { kind: 'snapshot', source };
    this.#signatureBytes += before.signature.length;
    return { kind: 'diff', source, base: before.signature, suspected: same };
  }

  /** Whether the content may have changed although mtime, mode and owner are as they were. */
  async #isSuspect(source: WalkEntry, before: PreviousEntry): Promise<boolean> {
    const isSame = await this.#sources.seen?.isSame(source);
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
