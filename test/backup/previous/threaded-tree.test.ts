import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeSigtarHeader, paddingLength, type PathEntry } from '../../../src/archive/index.js';
import { localEntries, type LocalSignatures } from '../../../src/backup/previous/local-entries.js';
import { mergeSets } from '../../../src/backup/previous/merge-sets.js';
import type { PreviousEntry } from '../../../src/backup/previous/sigtar-entries.js';
import type * as threadedTree from '../../../src/backup/previous/threaded-tree.js';
import { comparePaths } from '../../../src/base/index.js';
import { noise } from '../../support/noise.js';

// threads run what is built
const built = new URL('../../../dist/backup/previous/threaded-tree.js', import.meta.url).href;
const { ThreadedTree } = (await import(built)) as typeof threadedTree;

let archiveFolder: string;
beforeEach(() => {
  archiveFolder = mkdtempSync(join(tmpdir(), 'duplifs-tree-'));
});
afterEach(() => {
  rmSync(archiveFolder, { recursive: true });
});

function entryOf(i: number): PathEntry {
  const common = {
    ...{ path: `folder ${i % 7}/é\udcff ${i}`, mode: 0o4000 + (i % 0o777), uid: i, gid: 2 * i },
    ...{ userName: i % 3 === 0 ? '' : `user ${i % 5}`, groupName: 'staff', mtimeSeconds: 1e9 + i },
  };
  const other = { ...common, kind: 'snapshot', signatureLength: 0 } as const;
  switch (i % 11) {
    case 1:
      return { ...other, type: 'dir' };
    case 2:
      return { ...other, type: 'sym', linkTarget: `../to ${i}` };
    case 3:
      return { ...other, type: 'fifo' };
    case 4:
      return { ...other, type: 'chr', device: { major: 1, minor: i } };
    case 5:
      return { ...other, type: 'blk', device: { major: i, minor: 0 } };
    default:
      return { ...common, kind: 'signature', type: 'reg', signatureLength: (i * 37) % 5000 };
  }
}

/** A set of which every nth entry of `count` is told. */
function storeSet(name: string, setSeconds: number, count: number, nth: number): LocalSignatures {
  const parts: Buffer[] = [];
  const entries = Array.from({ length: Math.ceil(count / nth) }, (_, i) => entryOf(i * nth));
  for (const entry of entries.sort((a, b) => comparePaths(a.path, b.path))) {
    const signature = noise(entry.signatureLength, setSeconds);
    parts.push(encodeSigtarHeader(entry), signature, Buffer.alloc(paddingLength(signature.length)));
  }
  writeFileSync(join(archiveFolder, name), gzipSync(Buffer.concat(parts), { level: 1 }));
  return { name, setSeconds };
}

async function gather(tree: AsyncIterable<readonly PreviousEntry[]>): Promise<PreviousEntry[]> {
  const all: PreviousEntry[] = [];
  for await (const batch of tree) all.push(...batch);
  return all;
}

function inThisThread(signatures: readonly LocalSignatures[]): AsyncIterable<PreviousEntry[]> {
  return mergeSets(signatures.map((one) => localEntries(archiveFolder, one)));
}

function textOf(entry: PreviousEntry): string {
  const fields = Object.entries({ ...entry, signature: entry.signature.toString('base64') });
  return JSON.stringify(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('the tree before, read by a thread', () => {
  it('is the same', async () => {
    const signatures = [
      storeSet('full.sigtar.gz', 10, 9000, 1),
      storeSet('one.sigtar.gz', 20, 9000, 13),
      storeSet('two.sigtar.gz', 30, 9500, 17),
    ];
    const expected = await gather(inThisThread(signatures));
    expect(expected.length).toBeGreaterThan(9000);
    const threaded = await gather(new ThreadedTree({ archiveFolder, signatures }));
    // as text: comparing so many objects takes a minute
    expect(threaded.map(textOf)).toEqual(expected.map(textOf));
  });

  it('fails as it would here, once what comes before was given', async () => {
    const signatures = [storeSet('full.sigtar.gz', 10, 3000, 1)];
    const path = join(archiveFolder, 'full.sigtar.gz');
    const whole = readFileSync(path);
    for (const bytes of [whole.subarray(0, whole.length >> 1), Buffer.alloc(600, 'x')]) {
      writeFileSync(path, bytes);
      const [here, there] = await Promise.allSettled([
        gather(inThisThread(signatures)),
        gather(new ThreadedTree({ archiveFolder, signatures })),
      ]);
      expect(here).toMatchObject({ status: 'rejected', reason: { code: 'DAMAGED' } });
      const { message } = (here as PromiseRejectedResult).reason as Error;
      expect(there).toMatchObject({ status: 'rejected', reason: { code: 'DAMAGED', message } });
    }
    rmSync(path);
    await expect(gather(new ThreadedTree({ archiveFolder, signatures }))).rejects.toThrow('ENOENT');
  });

  it('ends when nobody wants more, begun or not', async () => {
    const signatures = [storeSet('full.sigtar.gz', 10, 9000, 1)];
    await new ThreadedTree({ archiveFolder, signatures }).return();
    const tree = new ThreadedTree({ archiveFolder, signatures });
    for await (const batch of tree) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    // what was sent ahead is there still; then it tells that it has ended
    await expect(gather(tree)).rejects.toThrow('has ended');
  });
});
