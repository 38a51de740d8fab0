/**
 * The walk over the source: its selected entries in the order of the format, folder before content and
 * names as byte strings (docs/format/1-bytes.md 4.4).
 */
import { DuplifsError } from '../../base/index.js';
import { readRoot } from './read-root.js';
import { Walker } from './walker.js';
import type { WalkItem } from './walk-item.js';
import type { WalkOptions } from './walk-options.js';

/** Items are handed out some hundreds at a time. */
const batchLength = 512;

/**
 * Walks the source. Memory holds the names of the folders on the way to the current one, and no more.
 * @param source as it was given, as names are kept
 * @throws DuplifsError SOURCE when it is missing, cannot be read, or is a link without copyLinks; ABORTED
 */
export async function* walkSource(
  source: string,
  options: WalkOptions,
): AsyncGenerator<readonly WalkItem[], void, undefined> {
  const { copyLinks = false, followRoot = false } = options;
  const root = await readRoot(source, copyLinks || followRoot);
  const walker = new Walker(source, root, options);
  await walker.start();
  while (!walker.ended) {
    throwIfAborted(options.signal);
    await walker.walk(batchLength);
    const items = walker.takeItems();
    if (items.length > 0) yield items;
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new DuplifsError('ABORTED', 'The walk over the source was cancelled', {
    cause: signal.reason,
  });
}
