import { getHeapStatistics } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { collectPiledUp, noteShortLived } from '../../src/threads/index.js';

const megabyte = 2 ** 20;

function inUse(): number {
  const { used_heap_size: heap, external_memory: outside } = getHeapStatistics();
  return heap + outside;
}

/** Makes what nobody keeps, and has it live long enough to leave the young generation. */
function pileUp(objects: number): number {
  const made: unknown[] = [];
  for (let at = 0; at < objects; at += 1) made.push({ at });
  return made.length;
}

describe('collecting garbage', () => {
  it('frees what has piled up in the whole heap, again and again', () => {
    collectPiledUp();
    const before = inUse();
    for (let round = 0; round < 3; round += 1) {
      pileUp(2_000_000);
      expect(inUse()).toBeGreaterThan(before + 50 * megabyte);
      collectPiledUp();
      expect(inUse()).toBeLessThan(before + 15 * megabyte);
    }
  });

  it('leaves alone a heap that has not grown', () => {
    collectPiledUp();
    pileUp(100_000);
    const before = inUse();
    collectPiledUp();
    expect(inUse()).toBeGreaterThanOrEqual(before);
  });

  it('frees young buffers that were dropped', () => {
    collectPiledUp();
    const before = inUse();
    for (let at = 0; at < 20; at += 1) Buffer.alloc(megabyte);
    noteShortLived(20 * megabyte);
    noteShortLived(20 * megabyte); // V8 frees what it found beside us, and counts it the next time
    expect(inUse()).toBeLessThan(before + 10 * megabyte);
  });
});
