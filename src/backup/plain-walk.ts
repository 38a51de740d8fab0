/** The whole source without any selection, in the order of the format. */
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { compareNames, decodeName } from '../base/index.js';
import type { EntryType } from '../archive/index.js';
import type { SourceEntry, SourceItem } from './source-entry.js';

const itemsPerBatch = 256;

export async function* plainWalk(root: Buffer): AsyncGenerator<SourceItem[]> {
  let batch: SourceItem[] = [];
  for (const item of walkBelow(root, '')) {
    batch.push(item);
    if (batch.length < itemsPerBatch) continue;
    yield batch;
    batch = [];
    await new Promise(setImmediate);
  }
  yield batch;
}

function* walkBelow(at: Buffer, path: string): Generator<SourceItem> {
  const entry = entryOf(at, path, lstatSync(at));
  if (entry === undefined) return;
  if (entry.type !== 'dir') {
    yield entry;
    return;
  }
  let names: Buffer[];
  try {
    names = readdirSync(at, { encoding: 'buffer' });
  } catch {
    yield { kind: 'unreadable', path };
    return;
  }
  yield entry;
  const sorted = names.map((name) => ({ name, text: decodeName(name) }));
  sorted.sort((a, b) => compareNames(a.text, b.text));
  for (const { name, text } of sorted) {
    yield* walkBelow(
      Buffer.concat([at, Buffer.from('/'), name]),
      path === '' ? text : `${path}/${text}`,
    );
  }
}

function entryOf(at: Buffer, path: string, stats: Stats): SourceEntry | undefined {
  const type = typeOf(stats);
  if (type === undefined) return undefined;
  const entry: SourceEntry = {
    kind: 'entry',
    ...{ path, type, mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid, size: stats.size },
    mtimeSeconds: Math.floor(stats.mtimeMs / 1000),
    ...{ mtimeMs: stats.mtimeMs, ctimeMs: stats.ctimeMs, inode: stats.ino },
  };
  if (type === 'sym') {
    return { ...entry, linkTarget: decodeName(readlinkSync(at, { encoding: 'buffer' })) };
  }
  if (type !== 'chr' && type !== 'blk') return entry;
  const { rdev } = stats;
  const major = ((rdev >> 8) & 0xfff) | (Math.floor(rdev / 2 ** 32) & ~0xfff);
  return { ...entry, device: { major, minor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00) } };
}

function typeOf(stats: Stats): EntryType | undefined {
  if (stats.isFile()) return 'reg';
  if (stats.isDirectory()) return 'dir';
  if (stats.isSymbolicLink()) return 'sym';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isCharacterDevice()) return 'chr';
  return stats.isBlockDevice() ? 'blk' : undefined;
}
