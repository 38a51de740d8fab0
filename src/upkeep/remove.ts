/**
 * Removes sets, or single files. Of a chain the newest set goes first, and of a set its manifest: whatever ends a
 * removal, what is left is whole or does not look so.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseFileName, setKey } from '../archive/index.js';
import type { BackupSet, Sides, StoredFile } from '../archive/index.js';
import type { Report } from '../base/index.js';
import { removeSetFiles } from '../target/index.js';
import type { TargetListing, TargetPlace } from '../target/index.js';
import type { UpkeepEvent } from './events.js';
import { filesOf, ownFilesBySet } from './set-files.js';
import { forgetRemovals, noteRemovals, unfinishedRemovals } from './unfinished-removals.js';

export interface Removal {
  readonly target: TargetPlace;
  readonly listing: TargetListing;
  readonly stop: AbortSignal;
  readonly report: Report<UpkeepEvent>;
}

/**
 * Removes sets of chains, each oldest set first; the newest of the last chain goes first. Where `signatures` are given they
 * are the sigtars that go, also of other sets; otherwise those of the sets go.
 */
export async function removeSets(
  removal: Removal,
  chains: readonly (readonly BackupSet[])[],
  signatures?: Sides<StoredFile>,
): Promise<void> {
  const { target, listing, stop, report } = removal;
  if (chains.length === 0) return;
  const { archiveFolder } = target;
  await noteRemovals(
    archiveFolder,
    chains.flat().map(({ key }) => key),
  );
  const local = localFilesBySet(removal);
  const own = ownFilesBySet(listing.localNames);
  // those of other sets first: once the chains are gone, nobody comes back for them
  const keys = new Set(chains.flat().map(({ key }) => key));
  const others = (files: readonly StoredFile[] = []): string[] =>
    files.filter(({ times }) => !keys.has(setKey(times))).map(({ name }) => name);
  await target.storage.remove(others(signatures?.stored), stop);
  await removeLocal(target, others(signatures?.local));
  const going = new Set(signatures?.stored.map(({ name }) => name));
  const goes = ({ kind, name }: StoredFile): boolean =>
    kind !== 'signatures' || signatures === undefined || going.has(name);
  for (const sets of chains.toReversed()) {
    for (const set of sets.toReversed()) {
      const { key } = set;
      stop.throwIfAborted();
      await removeSetFiles(target.storage, filesOf(set).filter(goes), stop);
      const names = [...(local.get(key) ?? []), ...(own.get(key) ?? [])];
      await removeLocal(target, names);
      report({ level: 'info', code: 'set-removed', setKey: key });
    }
  }
  await forgetRemovals(archiveFolder);
}

/**
 * Removes what an interrupted removal has left of sets whose manifest it had removed. Whether that was anything: then the
 * target is to be listed again. Sets whose manifest is there still are left to whoever wants them removed.
 */
export async function finishRemovals(removal: Removal): Promise<boolean> {
  const { target, listing, stop } = removal;
  const keys = await unfinishedRemovals(target.archiveFolder);
  if (keys.size === 0) return false;
  const local = localFilesBySet(removal);
  const own = ownFilesBySet(listing.localNames);
  const left = new Map<string, StoredFile[]>();
  for (const file of listing.files) {
    const key = setKey(file.times);
    if (!keys.has(key) || listing.wholeKeys.has(key)) continue;
    const files = left.get(key) ?? [];
    left.set(key, files);
    files.push(file);
  }
  for (const key of keys) {
    if (listing.wholeKeys.has(key)) continue;
    stop.throwIfAborted();
    await removeSetFiles(target.storage, left.get(key) ?? [], stop);
    await removeLocal(target, [...(local.get(key) ?? []), ...(own.get(key) ?? [])]);
  }
  await forgetRemovals(target.archiveFolder);
  return true;
}

/** Removes files by their names, on the storage in that order. */
export async function removeFiles(
  { target, stop }: Removal,
  { local, stored }: { readonly local: readonly string[]; readonly stored: readonly string[] },
): Promise<void> {
  await removeLocal(target, local);
  stop.throwIfAborted();
  await target.storage.remove(stored, stop);
}

function localFilesBySet({ target, listing }: Removal): ReadonlyMap<string, string[]> {
  const files = new Map<string, string[]>();
  for (const name of listing.localNames) {
    const file = parseFileName(name, { prefixes: target.prefixes });
    if (file === undefined) continue;
    const key = setKey(file.times);
    const names = files.get(key) ?? [];
    files.set(key, names);
    names.push(name);
  }
  return files;
}

async function removeLocal(
  { archiveFolder }: TargetPlace,
  names: readonly string[],
): Promise<void> {
  for (const name of names) await rm(join(archiveFolder, name), { force: true });
}
