import type { TargetCatalog } from './target-catalog.js';

/** Lists every set and catalogues every volume that was not yet, newest set first, one at a time. */
export async function catalogueAll(
  { sets, directory, cataloguer }: TargetCatalog,
  signal: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<void> {
  for (const { id } of sets.newestFirst()) {
    try {
      await sets.list(id, signal);
      for (const volume of (await directory.ofSet(id)).all) {
        signal.throwIfAborted();
        await cataloguer.catalogue([volume], 'background', signal).catch(onFailure);
      }
    } catch (error) {
      if (signal.aborted) return;
      onFailure(error);
    }
  }
}
