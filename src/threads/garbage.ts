/**
 * Keeps V8 from collecting garbage where there is little.
 *
 * What ciphers, zlib and file reads return is memory outside V8's heap. V8 takes its growth for a leak: it
 * marks the whole heap, again and again and with helper threads, while a fast reader allocates a gigabyte a
 * second, and finds a heap of some 25 MB in which nothing has changed (docs/performance.md, "Garbage").
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects the young generation, or without options the whole heap: with `{ type: 'major' }` Node.js 20 collects no more than the young one. */
type CollectGarbage = (options?: { readonly type: 'minor' }) => void;

const betweenCollections = 8 * 2 ** 20;
/** What may pile up before the whole heap is collected: more than a young generation. */
const piledUp = 40 * 2 ** 20;

let collect: CollectGarbage | null | undefined;
let allocated = 0;
/** The least in use, within V8's heap and, for buffers, outside it, since the whole heap was collected or the thread began. */
let least = used();

/**
 * Has V8 mark the heap only when it collects it. Marking in steps begins whenever buffers come and go fast,
 * and was a third of the processor time of reading small files; marking a heap as small as ours in one go
 * takes some 20 ms, now and then. For a whole process: call it once, at its start.
 */
export function markHeapAtOnce(): void {
  setFlagsFromString('--no-incremental-marking');
}

/**
 * Tells of `bytes` of buffers that will soon be dropped. Every 8 MB it collects the young generation, which
 * costs half a millisecond: V8 does it by itself only after 32 MB of such memory. Where V8 does not offer it,
 * all works as before.
 */
export function noteShortLived(bytes: number): void {
  allocated += bytes;
  if (allocated < betweenCollections) return;
  allocated = 0;
  collector()?.({ type: 'minor' });
}

/**
 * Collects the whole heap, which takes some 20 ms, once memory has grown by 40 MB: what is in use while the young
 * generation is collected twice is freed by nothing else, and V8 by itself waits for several times as much. Call it now
 * and then where much comes and goes.
 */
export function collectPiledUp(): void {
  const now = used();
  least = { heap: Math.min(least.heap, now.heap), outside: Math.min(least.outside, now.outside) };
  if (now.heap < least.heap + piledUp && now.outside < least.outside + piledUp) return;
  collector()?.();
  least = used();
}

function used(): { readonly heap: number; readonly outside: number } {
  const { used_heap_size: heap, external_memory: outside } = getHeapStatistics();
  return { heap, outside };
}

function collector(): CollectGarbage | null {
  if (collect === undefined) collect = exposed();
  return collect;
}

function exposed(): CollectGarbage | null {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('typeof gc === "function" ? gc : null');
  setFlagsFromString('--no-expose-gc'); // later contexts need not have it
  return typeof found === 'function' ? (found as CollectGarbage) : null;
}
