import type { StorageOptions } from '../options.js';
import { StorageError } from '../errors.js';
import type { Storage } from '../storage.js';
import type { StorageUrl } from '../url.js';
import { CheckedStorage } from '../wrappers/checked.js';
import { multiConfig } from './multi-config.js';
import type { MultiStore } from './multi-storage.js';
import { MultiStorage } from './multi-storage.js';

/** `multi:///config.json?mode=mirror|stripe&onfail=continue|abort&subpath=…` */
export async function openMulti(
  url: StorageUrl,
  options: StorageOptions,
  open: (url: string, options: StorageOptions) => Promise<Storage>,
): Promise<Storage> {
  const { path, stores, mode, onFailure } = await multiConfig(url);
  const opened: MultiStore[] = [];
  try {
    for (const store of stores) {
      if (/^multi:/i.test(store.url)) {
        throw new StorageError('STORAGE_URL', `"${path}" names another multi storage`);
      }
      const own = Object.fromEntries((store.env ?? []).map(({ name, value }) => [name, value]));
      const env = { ...(options.env ?? process.env), ...own };
      opened.push({
        storage: await open(store.url, { ...options, env }),
        prefixes: store.prefixes ?? [],
      });
    }
  } catch (error) {
    await Promise.allSettled(opened.map(({ storage }) => storage.close()));
    throw error;
  }
  const multi = new MultiStorage(opened, {
    url: `multi://${path}?mode=${mode}`,
    mode,
    onFailure,
    report: options.report ?? (() => undefined),
  });
  // retries, time-outs, limits and counts are around each of the stores
  return new CheckedStorage(multi);
}
