/** What changed between two trees of one backup. */
import { eventLoopTurns } from '../base/index.js';
import type { PairedEntry, SnapshotEntry, TreePair } from '../snapshot/index.js';
import { changeOf, differingFields } from './changes.js';
import type { Change } from './changes.js';
import { haveSameBytes } from './same-bytes.js';

export interface DiffOptions {
  /** Compare the bytes of files, where the backup may hold others for both times; else by metadata alone. */
  readonly comparesData: boolean;
  /** What cannot be compared, for its state or its bytes cannot be known. */
  readonly onFailure: (path: string, error: unknown) => void;
  /** How many paths were compared. */
  readonly onProgress?: ((paths: number) => void) | undefined;
  readonly signal: AbortSignal;
}

/** Goes through what may differ, in the format's order. */
export async function* diffTrees(
  pair: TreePair,
  entries: Iterable<PairedEntry>,
  options: DiffOptions,
): AsyncGenerator<Change, void> {
  const { onFailure, onProgress, signal } = options;
  const turn = eventLoopTurns();
  let compared = 0;
  for (const entry of entries) {
    signal.throwIfAborted();
    compared += 1;
    onProgress?.(compared);
    try {
      if (entry.before !== undefined) pair.before.refuseUnknown(entry.before);
      if (entry.after !== undefined) pair.after.refuseUnknown(entry.after);
      const change = await changeBetween(pair, entry, options);
      if (change !== undefined) yield change;
    } catch (error) {
      signal.throwIfAborted();
      onFailure(entry.path, error);
    }
    await turn();
  }
}

async function changeBetween(
  pair: TreePair,
  paired: PairedEntry,
  { comparesData, signal }: DiffOptions,
): Promise<Change | undefined> {
  const { path } = paired;
  let { before, after } = paired;
  if (before === undefined || after === undefined) {
    return { path, kind: before === undefined ? 'added' : 'removed', before, after, fields: [] };
  }
  if (before.setId === after.setId) return undefined;
  const isFile = before.type === 'reg' && after.type === 'reg';
  if (isFile && comparesData) {
    before = { ...before, size: await pair.before.size(before, signal) };
    after = { ...after, size: await pair.after.size(after, signal) };
  }
  const fields = differingFields(before, after);
  const areCompared = isFile && comparesData && before.size === after.size;
  if (areCompared) {
    const one = { snapshot: pair.before, entry: before };
    if (!(await haveSameBytes(one, { snapshot: pair.after, entry: after }, signal))) {
      fields.push('data');
    }
  } else if (isFile && fields.length === 0) {
    if (pair.isOneChain) fields.push('stored');
    else if (await haveOtherSizes(pair, { before, after }, signal)) fields.push('size');
  }
  const kind = changeOf(after.type, fields, areCompared);
  return kind && { path, kind, before, after, fields };
}

/** For files that look the same, of two chains; exact sizes are found only where what is known of them differs. */
async function haveOtherSizes(
  pair: TreePair,
  { before, after }: { before: SnapshotEntry; after: SnapshotEntry },
  signal: AbortSignal,
): Promise<boolean> {
  const limit = before.size ?? before.sizeLimit;
  if (limit === (after.size ?? after.sizeLimit)) return false;
  const size = await pair.before.size(before, signal);
  return size !== (await pair.after.size(after, signal));
}
