/**
 * How large each volume of a set was when it was put: a volume of another size now is damaged, whatever its name says. Our
 * own sets tell it in their index; what was found is kept in the archive dir, so that each index is read once. Of sets
 * that duplicity wrote nobody knows.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { IndexParser, setKey } from '../archive/index.js';
import type { StoredFile } from '../archive/index.js';
import { isDuplifsError, replaceFile } from '../base/index.js';
import type { Target } from './target.js';

const mostVolumes = 1_000_000;
const sizesName = 'duplifs-sizes.json';

/** By the set's key: the sizes of its volumes in bytes, the first's first; none where its index does not tell. */
const sizesFile = z.record(z.string(), z.array(z.int().nonnegative()));
type Sizes = z.infer<typeof sizesFile>;

export interface SizesWanted {
  readonly setKey: string;
  readonly index: readonly StoredFile[];
  readonly signal?: AbortSignal | undefined;
}

export class VolumeSizes {
  readonly #archiveFolder: string;
  readonly #known: Map<string, readonly number[]>;
  #isChanged = false;

  private constructor(archiveFolder: string, known: Sizes) {
    this.#archiveFolder = archiveFolder;
    this.#known = new Map(Object.entries(known));
  }

  /** Reads what the archive dir keeps. */
  static async open(archiveFolder: string): Promise<VolumeSizes> {
    return new VolumeSizes(archiveFolder, await readSizes(archiveFolder));
  }

  /** A set's sizes by the volumes' numbers; empty where nobody knows them. */
  async of(
    target: Target,
    { setKey, index, signal }: SizesWanted,
  ): Promise<ReadonlyMap<number, number>> {
    let sizes = this.#known.get(setKey);
    if (sizes === undefined) {
      const file = index.find(({ kind }) => kind === 'index');
      if (file === undefined) return new Map();
      sizes = await sizesInIndex(target, file, signal);
      if (sizes === undefined) return new Map();
      this.put(setKey, sizes);
    }
    return new Map(sizes.map((size, at) => [at + 1, size]));
  }

  put(setKey: string, sizes: readonly number[]): void {
    this.#known.set(setKey, sizes);
    this.#isChanged = true;
  }

  /** Keeps what is known of the sets that are whole, and of the one that was just written. */
  async save(wholeKeys: ReadonlySet<string>, writtenKey?: string): Promise<void> {
    if (!this.#isChanged) return;
    const kept: Sizes = {};
    for (const [key, sizes] of this.#known) {
      if (wholeKeys.has(key) || key === writtenKey) kept[key] = [...sizes];
    }
    const path = join(this.#archiveFolder, sizesName);
    // without it the indexes are read again
    await replaceFile(path, JSON.stringify(kept)).catch(() => undefined);
    this.#isChanged = false;
  }
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
  const found: { setKey?: string } = {};
  const parser = new IndexParser(file.name, {
    set: (header) => {
      found.setKey = header.setKey;
    },
    entry: () => undefined,
    volume: ({ number, fileSize }) => {
      if (number <= mostVolumes) sizes.set(number, fileSize);
    },
  });
  const keyring = target.decode.keyring.withoutAsking();
  try {
    const plaintext = target.openedWith(keyring).decodeMetadata(file, signal);
    for await (const chunk of plaintext) parser.push(chunk);
    parser.end();
    if (found.setKey !== setKey(file.times)) return [];
    return Array.from({ length: sizes.size }, (_, at) => sizes.get(at + 1) ?? 0);
  } catch (error) {
    if (isDuplifsError(error, 'KEY')) return undefined;
    if (isDuplifsError(error, 'DAMAGED', 'STORAGE_NOT_FOUND', 'SIGNATURE')) return [];
    throw error;
  } finally {
    keyring.wipe();
  }
}
