/**
 * How large each volume of a set was when it was put: a volume of another size now is damaged, whatever its name says. Our
 * own sets tell it in their index; what was found is kept in the archive dir, so that each index is read once. Of sets
 * that duplicity wrote nobody knows.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { IndexParser } from '../archive/index.js';
import type { StoredFile } from '../archive/index.js';
import { isDuplifsError, replaceFile } from '../base/index.js';
import { decodeFile } from '../volume/index.js';
import type { TargetListing } from './listing.js';
import type { Target } from './target.js';

const mostVolumes = 1_000_000;
const sizesName = 'duplifs-sizes.json';

/** By the set's key: the sizes of its volumes in bytes, the first's first; none where its index does not tell. */
const sizesFile = z.record(z.string(), z.array(z.int().nonnegative()));
type Sizes = z.infer<typeof sizesFile>;

export interface SizesWanted {
  readonly setKey: string;
  readonly index: readonly StoredFile[];
  readonly listing: TargetListing;
  /** Whether what an index tells is kept in the archive dir. */
  readonly keeps: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The sizes by the volumes' numbers; empty where nobody knows them. */
export async function volumeSizesOf(
  target: Target,
  { setKey, index, listing, keeps, signal }: SizesWanted,
): Promise<ReadonlyMap<number, number>> {
  const known = await readSizes(target.archiveFolder);
  let sizes = known[setKey];
  if (sizes === undefined) {
    const [file] = index;
    if (file === undefined) return new Map();
    sizes = await sizesInIndex(target, file, signal);
    if (sizes === undefined) return new Map();
    if (keeps) await keepVolumeSizes(target.archiveFolder, setKey, sizes, listing);
  }
  return new Map(sizes.map((size, at) => [at + 1, size]));
}

/** Keeps the sizes of a set's volumes, and forgets those of sets that are no longer there. */
export async function keepVolumeSizes(
  archiveFolder: string,
  setKey: string,
  sizes: readonly number[],
  listing: TargetListing,
): Promise<void> {
  const known = Object.entries(await readSizes(archiveFolder)).filter(([key]) =>
    listing.wholeKeys.has(key),
  );
  const kept: Sizes = { ...Object.fromEntries(known), [setKey]: [...sizes] };
  // without it the indexes are read again
  await replaceFile(join(archiveFolder, sizesName), JSON.stringify(kept)).catch(() => undefined);
}

/** What cannot be read is made again. */
async function readSizes(archiveFolder: string): Promise<Sizes> {
  try {
    const text = await readFile(join(archiveFolder, sizesName), 'utf8');
    return sizesFile.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}

/** Undefined where the index cannot be opened without asking anybody; none where it is damaged. */
async function sizesInIndex(
  target: Target,
  file: StoredFile,
  signal: AbortSignal | undefined,
): Promise<number[] | undefined> {
  const sizes = new Map<number, number>();
  const parser = new IndexParser(file.name, {
    set: () => undefined,
    entry: () => undefined,
    volume: ({ number, fileSize }) => {
      if (number <= mostVolumes) sizes.set(number, fileSize);
    },
  });
  const keyring = target.decode.keyring.withoutAsking();
  const options = { ...target.decode, keyring, signKey: undefined, signal };
  try {
    for await (const chunk of decodeFile(target.storage, file, options)) parser.push(chunk);
    parser.end();
    return Array.from({ length: sizes.size }, (_, at) => sizes.get(at + 1) ?? 0);
  } catch (error) {
    if (isDuplifsError(error, 'KEY')) return undefined;
    if (isDuplifsError(error, 'DAMAGED', 'STORAGE_NOT_FOUND', 'SIGNATURE')) return [];
    throw error;
  }
}
