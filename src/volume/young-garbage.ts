/**
 * Collects short-lived buffers in time.
 *
 * What a cipher returns is memory outside V8's heap. V8 collects its young generation only after 32 MB
 * of such memory, and before that it takes the growth for a leak: it marks the whole heap, again and
 * again, while a fast reader allocates a gigabyte a second. A young collection every 8 MB costs half a
 * millisecond and made reads of cached blocks take less than half of the CPU time
 * (docs/performance.md, "Profile"). Where V8 does not offer it, all works as before.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type CollectGarbage = (options: { readonly type: 'minor' }) => void;

const betweenCollections = 8 * 2 ** 20;

let collect: CollectGarbage | null | undefined;
let allocated = 0;

/** Tells of `bytes` of buffers that will soon be dropped. */
export function noteShortLived(bytes: number): void {
  allocated += bytes;
  if (allocated < betweenCollections) return;
  allocated = 0;
  if (collect === undefined) collect = exposed();
  collect?.({ type: 'minor' });
}

function exposed(): CollectGarbage | null {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('typeof gc === "function" ? gc : null');
  setFlagsFromString('--no-expose-gc'); // later contexts need not have it
  return typeof found === 'function' ? (found as CollectGarbage) : null;
}
