/** Some entries of an index as bytes of their own: what is put in comes out, written anew or as the index has it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEntryList, EntryListEncoder, IndexParser } from '../../src/archive/index.js';
import type { IndexEntry } from '../../src/archive/index.js';
import { indexEntry } from './index-entries.js';
import { encode, volumeOf } from './index-files.js';

const volumes = [1, 2, 3].map((number) => volumeOf(number, 20_000_000, 1 << 20));

/** Puts entries into one of two lists each as they are parsed; what is then in them, and how many were taken as they stood. */
function listed(
  index: Buffer,
  cut: number,
  choose: (at: number) => 0 | 1,
): [IndexEntry[][], number] {
  const lists = [new EntryListEncoder(), new EntryListEncoder()] as const;
  let [count, known] = [0, 0];
  const parser = new IndexParser('an index', {
    set: () => undefined,
    volume: () => undefined,
    entry: (entry, records) => {
      lists[choose(count)].add(entry, records);
      count += 1;
      if (records !== undefined) known += 1;
    },
  });
  for (let at = 0; at < index.length; at += cut) {
    const lent = Buffer.from(index.subarray(at, at + cut));
    parser.push(lent);
    lent.fill(0xaa); // the chunk is the caller's again
  }
  parser.end();
  return [lists.map(({ written }) => [...decodeEntryList(Buffer.from(written), 'a list')]), known];
}

describe('lists of entries', () => {
  it('give back what was put in, whichever of them are put in, however the index is cut', () => {
    const seen = { known: 0, all: 0 };
    fc.assert(
      fc.property(
        fc.array(indexEntry, { maxLength: 12 }),
        fc.integer({ min: 20, max: 4000 }),
        fc.array(fc.constantFrom(0, 0, 0, 1), { maxLength: 12 }),
        (entries, cut, choices) => {
          const choose = (at: number): 0 | 1 => (choices[at] === 1 ? 1 : 0);
          const [lists, known] = listed(encode([...entries, ...volumes]), cut, choose);
          const expected = [0, 1].map((list) => entries.filter((_, at) => choose(at) === list));
          expect(lists).toEqual(expected);
          seen.known += known;
          seen.all += entries.length;
        },
      ),
      { numRuns: 300 },
    );
    expect(seen.known).toBeGreaterThan(seen.all / 4);
  });

  it('are refused where they are cut or hold what does not belong there', () => {
    const list = new EntryListEncoder();
    list.add({ kind: 'deleted', path: 'folder/file' });
    const bytes = Buffer.from(list.written);
    expect([...decodeEntryList(bytes, 'a list')]).toEqual([
      { kind: 'deleted', path: 'folder/file' },
    ]);
    for (const wrong of [bytes.subarray(0, -1), Buffer.concat([Buffer.of(2, 0), bytes])]) {
      expect(() => [...decodeEntryList(wrong, 'a list')]).toThrow(/"a list" holds a record/);
    }
  });
});
