import { setKey } from '../../archive/index.js';
import type { StoredFile } from '../../archive/index.js';

/** The keys of the sets whose manifest is among the files, and not only a part of it: it is put last (order.ts). */
export function wholeSetKeys(files: Iterable<StoredFile>): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const { kind, partial, times } of files) {
    if (kind === 'manifest' && !partial) keys.add(setKey(times));
  }
  return keys;
}
