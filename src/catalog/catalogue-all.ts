import pMap from 'p-map';
import type { TargetCatalog } from './target-catalog.js';

export interface CatalogueAllOptions {
  readonly signal: AbortSignal;
  /** What could not be read, and why; the others are worked through all the same. */
  readonly onFailure: (error: unknown) => void;
  /** Called after each volume, with what was done and what there is of the sets so far. */
  readonly onVolume?: (progress: CatalogueProgress) => void;
  /** Only sets of this time or later, in seconds since the epoch. */
  readonly sinceSeconds?: number | undefined;
  /** Volumes that are decoded at the same time; 1. */
  readonly concurrency?: number;
}

export interface CatalogueProgress {
  /** Volumes that were decoded now. */
  readonly decoded: number;
  /** Volumes whose content was known before. */
  readonly known: number;
  readonly failed: number;
  /** Of the sets whose volumes are known by now. */
  readonly volumes: number;
}

/** Lists every set and catalogues every volume that was not yet, newest set first. */
export async function catalogueAll(
  { sets, directory, cataloguer }: TargetCatalog,
  { signal, onFailure, onVolume, sinceSeconds = -Infinity, concurrency = 1 }: CatalogueAllOptions,
): Promise<CatalogueProgress> {
  const isAborted = (): boolean => signal.aborted;
  const done = { decoded: 0, known: 0, failed: 0, volumes: 0 };
  for (const { id } of sets.newestFirst().filter((set) => set.endSeconds >= sinceSeconds)) {
    try {
      await sets.list(id, signal);
      const volumes = (await directory.ofSet(id)).all;
      done.volumes += volumes.length;
      const catalogue = async (volume: (typeof volumes)[number]): Promise<void> => {
        if (signal.aborted) return;
        const wasKnown = cataloguer.isIndexed(volume);
        try {
          await cataloguer.index(volume, signal);
          done[wasKnown ? 'known' : 'decoded'] += 1;
        } catch (error) {
          if (isAborted()) return;
          done.failed += 1;
          onFailure(error);
        }
        onVolume?.({ ...done });
      };
      await pMap(volumes, catalogue, { concurrency });
    } catch (error) {
      if (signal.aborted) break;
      done.failed += 1;
      onFailure(error);
    }
  }
  return done;
}
