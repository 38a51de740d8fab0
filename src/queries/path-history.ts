/** One path through time: each version, what made it another one, and when the path was gone. */
import { DuplifsError } from '../base/index.js';
import type { CatalogSet, PathVersion, SnapshotEntry, Timeline } from '../snapshot/index.js';
import { changeOf, differingFields } from './changes.js';
import type { Field } from './changes.js';

/** What a set did to the path. */
export interface PathEvent {
  readonly set: CatalogSet;
  readonly kind: 'added' | 'changed' | 'metadata' | 'removed';
  /** In what the version differs from the one before; none of the first, and of deletions. */
  readonly fields: readonly Field[];
  /** Undefined for a deletion. */
  readonly version: PathVersion | undefined;
}

export interface PathHistoryOptions {
  /** A version whose size cannot be known. */
  readonly onFailure: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/**
 * All that happened to a path, newest first, with exact sizes.
 * @throws DuplifsError NOT_IN_BACKUP when no set ever had it
 */
export async function pathHistory(
  timeline: Timeline,
  path: string,
  { onFailure, signal }: PathHistoryOptions,
): Promise<PathEvent[]> {
  const id = timeline.idOf(path);
  const versions = id === undefined ? [] : timeline.versions(id);
  if (id === undefined || versions.length === 0) {
    throw new DuplifsError('NOT_IN_BACKUP', `"${path}" never was in the backup`, {
      hint: 'Look for it with find',
    });
  }
  const unknown = timeline.whyUnknown(id);
  if (unknown !== undefined) onFailure(unknown);
  const events: PathEvent[] = [];
  let before: SnapshotEntry | undefined;
  for (const version of versions.reverse()) {
    const entry = await withSize(timeline, version.entry, { onFailure, signal });
    events.push(eventOf({ ...version, entry }, before));
    before = version.end === 'deleted' ? undefined : entry;
    if (version.end === 'deleted' && version.endedIn !== undefined) {
      events.push({ set: version.endedIn, kind: 'removed', fields: [], version: undefined });
    }
  }
  return events.reverse();
}

async function withSize(
  timeline: Timeline,
  entry: SnapshotEntry,
  { onFailure, signal }: PathHistoryOptions,
): Promise<SnapshotEntry> {
  if (entry.type !== 'reg' || entry.size !== undefined) return entry;
  try {
    return { ...entry, size: await timeline.size(entry, signal) };
  } catch (error) {
    signal.throwIfAborted();
    onFailure(error);
    return entry;
  }
}

function eventOf(version: PathVersion, before: SnapshotEntry | undefined): PathEvent {
  const { entry, from: set } = version;
  if (before === undefined) return { set, kind: 'added', fields: [], version };
  const fields = differingFields(before, entry);
  if (fields.length === 0) fields.push('stored');
  return { set, kind: changeOf(entry.type, fields, false) ?? 'changed', fields, version };
}
