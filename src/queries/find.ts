/** Every version of every path that is looked for, over all sets, as the catalog has them. */
import { eventLoopTurns } from '../base/index.js';
import type { PathVersion, Timeline } from '../snapshot/index.js';
import type { FindFilter } from './find-filter.js';

export interface FoundVersion extends PathVersion {
  /** In the backup; '' for its root. */
  readonly path: string;
}

export interface FindOptions {
  /** Of a matching path not all can be known: what tells of a state, or of a size that is asked for, is lost. */
  readonly onFailure: (path: string, error: unknown) => void;
  /** How many paths were looked at. */
  readonly onProgress?: ((paths: number) => void) | undefined;
  readonly signal: AbortSignal;
}

/** Paths in the order of the format, the versions of each newest first. Memory holds those of one path. */
export async function* find(
  timeline: Timeline,
  filter: FindFilter,
  { onFailure, onProgress, signal }: FindOptions,
): AsyncGenerator<FoundVersion, void> {
  const turn = eventLoopTurns();
  let looked = 0;
  for (const found of timeline.paths()) {
    signal.throwIfAborted();
    looked += 1;
    onProgress?.(looked);
    await turn();
    if (!filter.takesPath(found)) continue;
    const { id, path } = found;
    const versions = timeline.versions(id);
    const [newest] = versions;
    if (newest === undefined) continue;
    const unknown = timeline.whyUnknown(id);
    if (unknown !== undefined) onFailure(path, unknown);
    for (const version of versions) {
      if (!filter.takesVersion(version, newest)) continue;
      const takes = filter.takesSize(version.entry);
      if (takes === true) yield { path, ...version };
      if (takes !== undefined) continue;
      try {
        const size = await timeline.size(version.entry, signal);
        const entry = { ...version.entry, size };
        if (filter.takesBytes(size)) yield { path, ...version, entry };
      } catch (error) {
        signal.throwIfAborted();
        onFailure(path, error);
      }
    }
  }
}
