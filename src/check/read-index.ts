/** An index, read whole and never kept: what it says of its set, and of each volume a few bytes. */
import { IndexParser } from '../archive/index.js';
import type { IndexBinding, StoredFile } from '../archive/index.js';
import { DuplifsError } from '../base/index.js';
import type { Target } from '../target/index.js';
import { blockSumsOf, PlaceSums } from './volume-sums.js';
import type { BlockSums } from './volume-sums.js';

/** What an index says of one volume. */
export interface IndexedVolume {
  readonly fileName: string;
  readonly fileSize: number;
  /** Hexadecimal. */
  readonly sha1: string;
  readonly blocks: BlockSums;
  /** PlaceSums of the files in it, where they were wanted. */
  readonly places: string | undefined;
}

export interface IndexFacts {
  readonly binding: IndexBinding | undefined;
  readonly volumes: ReadonlyMap<number, IndexedVolume>;
}

export interface ReadIndexOptions {
  readonly setKey: string;
  /** Whether what stands for the places of files is wanted: only who reads volumes needs it. */
  readonly wantsPlaces: boolean;
  readonly signal: AbortSignal;
}

/** @throws DuplifsError DAMAGED, also where it is the index of another set */
export async function readIndex(
  target: Target,
  file: StoredFile,
  { setKey, wantsPlaces, signal }: ReadIndexOptions,
): Promise<IndexFacts> {
  let foundKey = '';
  let binding: IndexBinding | undefined;
  const volumes = new Map<number, Omit<IndexedVolume, 'places'>>();
  const places = new Map<number, PlaceSums>();
  const parser = new IndexParser(file.name, {
    set: (header) => {
      foundKey = header.setKey;
    },
    entry: (entry) => {
      if (!wantsPlaces || entry.kind === 'deleted') return;
      for (const run of entry.runs) {
        const sums = places.get(run.volume) ?? new PlaceSums();
        places.set(run.volume, sums);
        sums.add(entry.path, run);
      }
    },
    volume: ({ number, fileName, fileSize, sha1, table }) => {
      const blocks = blockSumsOf(table);
      volumes.set(number, { fileName, fileSize, sha1: sha1.toString('hex'), blocks });
    },
    binding: (found) => {
      binding = found;
    },
  });
  for await (const chunk of target.decodeMetadata(file, signal)) parser.push(chunk);
  parser.end();
  if (foundKey !== setKey) {
    throw new DuplifsError('DAMAGED', `"${file.name}" is the index of another set, ${foundKey}`);
  }
  const whole = [...volumes].map(([number, volume]): [number, IndexedVolume] => {
    const sums = places.get(number) ?? new PlaceSums();
    return [number, { ...volume, places: wantsPlaces ? sums.end() : undefined }];
  });
  return { binding, volumes: new Map(whole) };
}
