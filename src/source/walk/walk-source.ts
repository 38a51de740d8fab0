/**
 * The walk over the source: its selected entries in the order of the format, folder before content and
 * names as byte strings (docs/format/1-bytes.md 4.4).
 */
import { DuplifsError } from '../../base/index.js';
import type { Selection } from '../selection/index.js';
import { readRoot } from './read-root.js';
import { Walker } from './walker.js';
import type { WalkItem } from './walk-item.js';

export interface WalkOptions extends Selection {
  /** Take what links point to instead of the links. */
  readonly copyLinks?: boolean;
  readonly signal?: AbortSignal;
  /** Is told of sockets and unknown kinds of files, which are left out. */
  readonly onSkipped?: (path: string) => void;
  /** With copyLinks: is told of links that lead back to a folder above them. They stay links. */
  readonly onLinkLoop?: (path: string) => void;
}

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
  const root = await readRoot(source, options.copyLinks ?? false);
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
