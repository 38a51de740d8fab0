import { describe, expect, it } from 'vitest';
import { ReadAhead } from '../../src/content/read-ahead.js';

const mebibyte = 2 ** 20;

function announcedBy(reads: Iterable<[volume: number, offset: number, length: number]>): number[] {
  const announced: number[] = [];
  const readAhead = new ReadAhead((volume) => announced.push(volume));
  for (const read of reads) readAhead.note(...read);
  return announced;
}

describe('reading ahead', () => {
  it('announces a volume that is read from one place on, once', () => {
    const reads = Array.from({ length: 200 }, (_, at) => [7, at * 131_072, 131_072] as const);
    expect(announcedBy(reads.map((read) => [...read]))).toEqual([7]);
  });

  it('takes small files with headers between them for one run', () => {
    const reads = Array.from({ length: 2000 }, (_, at) => [7, 512 + at * 4096, 3000] as const);
    expect(announcedBy(reads.map((read) => [...read]))).toEqual([7]);
  });

  it('keeps two readers of different volumes apart', () => {
    const reads = Array.from({ length: 100 }, (_, at) => [at % 2, at * 65_536, 131_072] as const);
    expect(announcedBy(reads.map((read) => [...read])).toSorted()).toEqual([0, 1]);
  });

  it('does nothing for a reader of random places, however much is read', () => {
    const reads = Array.from({ length: 2000 }, (_, at) => {
      return [7, ((at * 7919) % 997) * 3 * mebibyte, 65_536] as const;
    });
    expect(announcedBy(reads.map((read) => [...read]))).toEqual([]);
  });
});
