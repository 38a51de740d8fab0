/** Opens backups in tests as the commands do, and reads whole trees. */
import { join } from 'node:path';
import { eventText } from '../../src/cli/events/index.js';
import { openRepository } from '../../src/repository/index.js';
import type { Repository } from '../../src/repository/index.js';
import type { CatalogSet, Snapshot, SnapshotEntry } from '../../src/snapshot/index.js';
import { openStorage } from '../../src/storage/index.js';
import type { Storage } from '../../src/storage/index.js';

export interface OpenTestOptions {
  /** Where the catalog lies; "archive" beside the target unless it says otherwise. */
  readonly archive?: string;
  readonly cacheBytes?: number;
  readonly memoryBytes?: number;
  readonly passphrases?: readonly string[];
  readonly storage?: Storage;
  readonly wholeVolumes?: boolean;
  readonly useIncomplete?: boolean;
}

export interface Opened {
  readonly repository: Repository;
  readonly warnings: string[];
}

export async function openTest(target: string, options: OpenTestOptions = {}): Promise<Opened> {
  const warnings: string[] = [];
  const archiveFolder = options.archive ?? join(target, '../archive');
  const repository = await openRepository({
    storage: options.storage ?? (await openStorage(target, { numRetries: 1 })),
    archiveFolder,
    keys: { passphrases: options.passphrases ?? [] },
    tempFolder: archiveFolder,
    cacheBytes: options.cacheBytes ?? 64 << 20,
    memoryBytes: options.memoryBytes ?? 4 << 20,
    wholeVolumes: options.wholeVolumes,
    useIncomplete: options.useIncomplete,
    numericOwner: true,
    report: (event) => {
      if (event.level === 'warning') warnings.push(eventText(event));
    },
  });
  return { repository, warnings };
}

/** Opens, works, closes. */
export async function withTest<T>(
  target: string,
  work: (opened: Opened) => Promise<T>,
  options: OpenTestOptions = {},
): Promise<T> {
  const opened = await openTest(target, options);
  try {
    return await work(opened);
  } finally {
    await opened.repository.close();
  }
}

/** The tree of the newest set, loaded. */
export async function newestSnapshot(repository: Repository): Promise<Snapshot> {
  const [set] = repository.sets();
  if (set === undefined) throw new Error('there is no set');
  const snapshot = repository.snapshot(set);
  await snapshot.load();
  return snapshot;
}

/** What a snapshot shows of a path: its entry, and a regular file's bytes or why they cannot be had. */
export interface Shown {
  readonly entry: SnapshotEntry;
  readonly bytes?: Buffer;
  readonly error?: unknown;
}

/** Every path of a set's tree, with the bytes of all files. */
export async function treeOf(
  repository: Repository,
  set: CatalogSet | undefined = repository.sets()[0],
): Promise<Map<string, Shown>> {
  if (set === undefined) throw new Error('there is no set');
  const snapshot = repository.snapshot(set);
  await snapshot.load();
  const tree = new Map<string, Shown>();
  for (const { path, entry } of [...snapshot.walk(snapshot.root())]) {
    if (entry.type !== 'reg') {
      tree.set(path, { entry });
      continue;
    }
    try {
      const size = await snapshot.size(entry);
      const parts: Buffer[] = [];
      for (let at = 0; at < size; at += 1 << 20) {
        parts.push(await snapshot.read(entry, at, Math.min(1 << 20, size - at)));
      }
      const bytes = Buffer.concat(parts);
      if (bytes.length !== size) throw new Error(`"${path}": ${bytes.length} bytes of ${size}`);
      tree.set(path, { entry, bytes });
    } catch (error) {
      tree.set(path, { entry, error });
    }
  }
  return tree;
}

/** The bytes of one file in the newest set. */
export async function bytesOf(repository: Repository, path: string): Promise<Buffer> {
  const shown = (await treeOf(repository)).get(path);
  if (shown === undefined) throw new Error(`no "${path}"`);
  if (shown.bytes === undefined)
    throw new Error(`"${path}" cannot be read`, { cause: shown.error });
  return shown.bytes;
}
