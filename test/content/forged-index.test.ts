/** An index that maps files to the bytes of others: what stands in front of the bytes in their volume is looked at. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { IndexEncoder, IndexParser } from '../../src/archive/index.js';
import type {
  IndexedEntry,
  IndexEntry,
  IndexHeader,
  IndexVolume,
} from '../../src/archive/index.js';
import { noise } from '../support/noise.js';
import { newestSnapshot, treeOf, withTest } from '../support/open.js';
import type { Shown } from '../support/open.js';
import { once } from '../support/once.js';
import { built, duplifsScript, runOk } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const long = `${'folder-'.repeat(20)}/${'name'.repeat(30)}`;
const files: Readonly<Record<string, Buffer>> = {
  a: Buffer.from('what is in a'),
  b: Buffer.from('what is in b'),
  'b-longer': Buffer.from('this is more than what is in b'),
  big: noise(3_000_000),
  big2: noise(3_000_000, 2),
  é: Buffer.from('not ASCII it is'),
  '?': Buffer.from('a question mark'),
  [long]: Buffer.from('so long a name!'),
};

/**
 * A backup by duplifs of the files above, in volumes of 1 MiB; and maybe an incremental that changes one in the
 * middle. To be changed as one likes.
 */
async function madeBackup(withIncremental = false): Promise<string> {
  const name = withIncremental ? 'places-two-sets' : 'places-one-set';
  const made = await once(name, (home) => makeBackup(home, withIncremental));
  const target = join(newFolder(), 'target');
  cpSync(join(made, 'target'), target, { recursive: true });
  return target;
}

async function makeBackup(home: string, withIncremental: boolean): Promise<void> {
  const source = join(home, 'source');
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(join(source, path, '..'), { recursive: true });
    writeFileSync(join(source, path), bytes);
  }
  const back = async (seconds: number): Promise<void> => {
    const args = ['--no-encryption', '--volsize', '1', '--archive-dir', join(home, 'own')];
    const time = ['--current-time', String(seconds)];
    await runOk(process.execPath, [
      ...[duplifsScript, 'backup', ...args, ...time, source, join(home, 'target')],
    ]);
  };
  await built();
  await back(1_700_000_000);
  if (!withIncremental) return;
  writeFileSync(join(source, 'big'), changed());
  await back(1_700_086_400);
}

function changed(): Buffer {
  return Buffer.concat([
    noise(3_000_000).subarray(0, 1_500_000),
    noise(100_000, 3),
    noise(3_000_000).subarray(1_600_000),
  ]);
}

/** Writes the index of the full anew, with other entries. */
function forge(
  target: string,
  change: (entry: IndexedEntry, at: (path: string) => IndexedEntry) => IndexedEntry,
): void {
  const isOfFull = (name: string): boolean => /^duplifs-index\.\d+T\d+Z\.gz$/.test(name);
  const name = readdirSync(target).find(isOfFull);
  if (name === undefined) throw new Error(`no index in ${readdirSync(target).join(' ')}`);
  const path = join(target, name);
  let header: IndexHeader | undefined;
  const entries: IndexEntry[] = [];
  const volumes: IndexVolume[] = [];
  const parser = new IndexParser(name, {
    set: (value) => (header = value),
    entry: (entry) => entries.push(entry),
    volume: (volume) => volumes.push(volume),
  });
  parser.push(gunzipSync(readFileSync(path)));
  parser.end();
  const at = (wanted: string): IndexedEntry => {
    const found = entries.find((entry) => entry.path === wanted);
    if (found === undefined || found.kind === 'deleted') throw new Error(`no ${wanted}`);
    return found;
  };
  const chunks: Buffer[] = [];
  if (header === undefined) throw new Error('no header');
  const encoder = new IndexEncoder(header, (chunk) => chunks.push(chunk));
  for (const entry of entries) encoder.entry(entry.kind === 'deleted' ? entry : change(entry, at));
  for (const volume of volumes) encoder.volume(volume);
  encoder.end();
  writeFileSync(path, gzipSync(Buffer.concat(chunks)));
}

/** Gives one path the places of another. */
function moved(target: string, from: string, to: string): void {
  forge(target, (entry, at) => {
    if (entry.path !== from) return entry;
    const { runs, size } = at(to);
    return { ...entry, runs, size };
  });
}

async function shown(
  target: string,
  options: { wholeVolumes?: boolean } = {},
): Promise<{ tree: Map<string, Shown>; warnings: readonly string[] }> {
  return withTest(
    target,
    async ({ repository, warnings }) => ({ tree: await treeOf(repository), warnings }),
    { ...options, archive: newFolder() },
  );
}

function expectRight(tree: ReadonlyMap<string, Shown>, wanted = files): void {
  for (const [path, bytes] of Object.entries(wanted)) {
    const { bytes: found, error } = tree.get(path) ?? {};
    expect([path, error, found?.equals(bytes)]).toEqual([path, undefined, true]);
  }
}

beforeAll(built, 300_000);

describe('a set whose index maps', () => {
  it.each([
    ['nothing wrongly', 'a', 'a'],
    ['a file to another of the same size', 'a', 'b'],
    ['a name that is not ASCII to one that looks like it in a tar header', 'é', '?'],
    ['a plain name to one that is not ASCII', '?', 'é'],
    ['a long name to another file', long, 'é'],
    ['a file to one with a long name', '?', long],
    ['a large file to another, in pieces', 'big', 'big2'],
  ])('%s is read right, by blocks and in whole volumes', async (_, from, to) => {
    const target = await madeBackup();
    moved(target, from, to);
    for (const wholeVolumes of [false, true]) {
      const { tree, warnings } = await shown(target, { wholeVolumes });
      expectRight(tree);
      const refuted = warnings.filter((warning) => /^The index ".*" places/.test(warning));
      expect(refuted).toHaveLength(from === to ? 0 : 1);
      if (from !== to) expect(refuted[0]).toContain(`places "${from}" where "duplicity-full`);
    }
  });

  it('a piece in the middle of a large file to that of another is read right', async () => {
    const target = await madeBackup();
    forge(target, (entry, at) => {
      if (entry.path !== 'big') return entry;
      const other = at('big2').runs;
      const runs = entry.runs.map((run, n) =>
        n === 1 ? (other.find((one) => one.count === run.count) ?? run) : run,
      );
      return { ...entry, runs };
    });
    expectRight((await shown(target)).tree);
  });

  it('a file to one of another size gives no bytes to who was told that size, and the next is right', async () => {
    const target = await madeBackup();
    moved(target, 'a', 'b-longer');
    const archive = newFolder();
    await withTest(
      target,
      async ({ repository }) => {
        const snapshot = await newestSnapshot(repository);
        const told = snapshot.resolve('a');
        for (let count = 0; count < 2; count += 1) {
          const entry = count === 0 ? told : snapshot.resolve('a');
          const read = async (): Promise<Buffer> => snapshot.read(entry, 0, 100);
          await expect(read()).rejects.toThrow('gives "a" 30 bytes, and its volume 12');
        }
        const { bytes } = (await treeOf(repository)).get('b') ?? {};
        expect(bytes?.toString()).toBe('what is in b');
      },
      { archive },
    );
    await withTest(
      target,
      async ({ repository }) => {
        expectRight(await treeOf(repository));
      },
      { archive },
    );
  });

  it('what an incremental copies from to another file is read right', async () => {
    const target = await madeBackup(true);
    moved(target, 'big', 'big2');
    const { tree, warnings } = await shown(target);
    expectRight(tree, { ...files, big: changed() });
    expect(warnings.join('\n')).toContain('places "big"');
  });

  it('a file to bytes inside of another is found out', async () => {
    const target = await madeBackup();
    forge(target, (entry, at) => {
      if (entry.path !== 'a') return entry;
      const [run] = at('big').runs;
      if (run === undefined) throw new Error('no run');
      return {
        ...entry,
        size: 12,
        runs: [{ ...run, offset: run.offset + 1024, length: 12, count: 1, stride: 0 }],
      };
    });
    expectRight((await shown(target)).tree);
  });
});

describe('the volumes of the tests', () => {
  it('are several, and the names in them need extension headers', async () => {
    const target = await madeBackup();
    const volumes = readdirSync(target).filter((name) => name.includes('difftar'));
    expect(volumes.length).toBeGreaterThan(3);
    const plain = volumes.map((name) => gunzipSync(readFileSync(join(target, name))));
    const tar = join(newFolder(), 'tar');
    writeFileSync(tar, Buffer.concat(plain));
    expect(execFileSync('grep', ['-ac', 'PaxHeader', tar], { encoding: 'utf8' })).toMatch(/[1-9]/);
  });
});
