import type { StorageOptions } from '../options.js';
import type { Storage } from '../storage.js';
import { withoutPar2 } from '../url.js';
import { CheckedStorage } from '../wrappers/checked.js';
import { Par2Storage } from './par2-storage.js';

/** `par2+` before the URL of any other storage. */
export async function openPar2(
  url: string,
  options: StorageOptions,
  open: (url: string, options: StorageOptions) => Promise<Storage>,
): Promise<Storage> {
  const inner = await open(withoutPar2(url), options);
  const report = options.report ?? (() => undefined);
  // retries, time-outs, limits and counts are around the storage within
  return new CheckedStorage(new Par2Storage(inner, options.par2 ?? {}, report));
}
