/** What changed between a tree of a backup and a folder as it is now: by metadata, or byte by byte. */
import { comparePaths, DuplifsError, encodeName, eventLoopTurns } from '../base/index.js';
import type { Snapshot, SnapshotEntry } from '../snapshot/index.js';
import { compilePlan, walkSource } from '../source/index.js';
import type { SelectionPlan, WalkEntry, WalkItem } from '../source/index.js';
import { FileCheck } from '../verify/index.js';
import { changeOf, differingFields } from './changes.js';
import type { Change, Field } from './changes.js';
import type { DiffOptions } from './diff-trees.js';

export interface FolderDiffOptions extends DiffOptions {
  readonly folder: string;
  readonly selection: SelectionPlan;
  /** Compare with what symbolic links in the folder lead to. */
  readonly copyLinks: boolean;
}

const chunkBytes = 1 << 20;

/**
 * Compares what lies at and below `start` with the folder, in the format's order. The tree must be loaded.
 * @param options failures come with paths below the folder
 */
export async function* diffFolder(
  snapshot: Snapshot,
  start: SnapshotEntry,
  options: FolderDiffOptions,
): AsyncGenerator<Change, void> {
  const { onFailure, onProgress, signal } = options;
  const top = snapshot.pathOf(start.id);
  const inBackup = (path: string): string =>
    top === '' || path === '' ? top || path : `${top}/${path}`;
  const folder = new FolderCursor(options);
  await folder.start();
  const turn = eventLoopTurns();
  let compared = 0;
  for (const { path, entry } of snapshot.walk(start)) {
    signal.throwIfAborted();
    while (folder.isBefore(path)) {
      const change = addedBy(folder.item);
      if (change !== undefined) yield { ...change, path: inBackup(change.path) };
      await folder.step();
    }
    compared += 1;
    onProgress?.(compared);
    const found = folder.item?.path === path ? folder.item : undefined;
    if (found !== undefined) await folder.step();
    else if (folder.isUnreadable(path)) continue;
    if (found?.kind === 'unreadable') continue;
    try {
      snapshot.refuseUnknown(entry);
      const change = await changeOfEntry(snapshot, { path, entry, found }, options);
      if (change !== undefined) yield { ...change, path: inBackup(path) };
    } catch (error) {
      signal.throwIfAborted();
      onFailure(path, error);
    }
    await turn();
  }
  while (folder.item !== undefined) {
    const change = addedBy(folder.item);
    if (change !== undefined) yield { ...change, path: inBackup(change.path) };
    await folder.step();
  }
}

/** The selected items of the folder, one after the other. */
class FolderCursor {
  readonly #items: AsyncGenerator<WalkItem, undefined>;
  readonly #onFailure: FolderDiffOptions['onFailure'];
  item: WalkItem | undefined;
  /** What was met last that cannot be read: nothing is known of what lies below. */
  #unreadable: string | undefined;

  constructor({ folder, selection, copyLinks, signal, onFailure }: FolderDiffOptions) {
    this.#items = flatten(
      walkSource(folder, { ...compilePlan(selection), copyLinks, followRoot: true, signal }),
    );
    this.#onFailure = onFailure;
  }

  async start(): Promise<void> {
    this.item = (await this.#items.next()).value;
  }

  async step(): Promise<void> {
    const { item } = this;
    if (item?.kind === 'unreadable') {
      this.#unreadable = item.path;
      this.#onFailure(item.path, new DuplifsError('SOURCE', item.reason));
    }
    this.item = (await this.#items.next()).value;
  }

  isBefore(path: string): boolean {
    return this.item !== undefined && comparePaths(this.item.path, path) < 0;
  }

  isUnreadable(path: string): boolean {
    if (this.#unreadable === undefined) return false;
    return this.#unreadable === '' || path.startsWith(`${this.#unreadable}/`);
  }
}

function addedBy(item: WalkItem | undefined): Change | undefined {
  if (item?.kind !== 'entry') return undefined;
  return { path: item.path, kind: 'added', before: undefined, after: item, fields: [] };
}

interface Compared {
  readonly path: string;
  readonly entry: SnapshotEntry;
  readonly found: WalkEntry | undefined;
}

async function changeOfEntry(
  snapshot: Snapshot,
  { path, entry, found }: Compared,
  options: FolderDiffOptions,
): Promise<Change | undefined> {
  if (found === undefined) {
    return { path, kind: 'removed', before: entry, after: undefined, fields: [] };
  }
  const isFile = entry.type === 'reg' && found.type === 'reg';
  const isRead = isFile && options.comparesData;
  const size = isRead ? await snapshot.size(entry, options.signal) : entry.size;
  const before = { ...entry, size };
  const fields = fieldsOf(before, found);
  const areCompared = isRead && size === found.size;
  if (areCompared && !(await isSameFile(snapshot, { path, entry, found }, options))) {
    fields.push('data');
  }
  const kind = changeOf(entry.type, fields, areCompared);
  return kind && { path, kind, before, after: found, fields };
}

/** As verify compares: of symbolic links only where they lead to, for not every restore gives them their times. */
function fieldsOf(entry: SnapshotEntry, found: WalkEntry): Field[] {
  // the format has no times before the epoch
  const mtimeSeconds = Math.max(0, found.mtimeSeconds);
  const fields = differingFields(entry, { ...found, mtimeSeconds });
  const isTooLarge =
    entry.size === undefined && entry.sizeLimit > 0 && found.size > entry.sizeLimit;
  if (entry.type === 'reg' && found.type === 'reg' && isTooLarge) fields.push('size');
  if (entry.type !== 'sym') return fields;
  return fields.filter((field) => field === 'type' || field === 'linkTarget');
}

async function isSameFile(
  snapshot: Snapshot,
  { path, entry }: Compared,
  { folder, copyLinks, signal }: FolderDiffOptions,
): Promise<boolean> {
  const size = await snapshot.size(entry, signal);
  const at = encodeName(path === '' ? folder : `${folder}/${path}`);
  const check = await FileCheck.open(at, chunkBytes, copyLinks);
  try {
    for (let offset = 0; offset < size;) {
      const chunk = await snapshot.read(entry, offset, Math.min(chunkBytes, size - offset), signal);
      if (chunk.length === 0) {
        throw new DuplifsError('DAMAGED', 'The file is shorter than its size');
      }
      await check.update(chunk);
      offset += chunk.length;
    }
    return await check.isSame();
  } finally {
    await check.close();
  }
}

async function* flatten<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T, undefined> {
  for await (const batch of batches) yield* batch;
  return undefined;
}
