/** Volumes that duplicity wrote: once one was decoded, a part of it costs a part of it, also for the next process. */
import { mkdir, open, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DuplifsError } from '../../src/base/index.js';
import type { Storage } from '../../src/storage/index.js';
import { canMakeChains } from '../support/chains.js';
import { countingStorage } from '../support/counting-storage.js';
import type { VolumeRead } from '../support/counting-storage.js';
import { noise } from '../support/noise.js';
import { newestSnapshot, treeOf, withTest } from '../support/open.js';
import { runOk } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const passphrase = 'a pass phrase';

interface Made {
  readonly folder: string;
  readonly target: string;
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Files whose volumes hold text, noise and zeros, small ones and some of several blocks. */
function makeFiles(): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; at < 60; at += 1) {
    files.set(`small-${String(at).padStart(2, '0')}`, noise(1000 + 400 * at, at));
    files.set(`text-${String(at).padStart(2, '0')}`, lines(30_000 + 1000 * at, at));
  }
  files.set('large-noise', noise(4_000_000, 99));
  files.set('large-text', lines(6_000_000, 98));
  files.set('large-zeros', Buffer.concat([lines(10_000, 97), Buffer.alloc(9_000_000), noise(50)]));
  return files;
}

function lines(bytes: number, seed: number): Buffer {
  const random = noise(4096, seed);
  const parts: string[] = [];
  for (let at = 0, length = 0; length < bytes; at += 1) {
    const line = `${at} ${random.toString('hex', at % 4000, (at % 4000) + 12)} the same words again\n`;
    parts.push(line);
    length += line.length;
  }
  return Buffer.from(parts.join('').slice(0, bytes));
}

async function make(options: readonly string[]): Promise<Made> {
  const folder = newFolder();
  const [source, target] = [join(folder, 'source'), join(folder, 'target')];
  const files = makeFiles();
  await mkdir(source);
  for (const [name, bytes] of files) await writeFile(join(source, name), bytes);
  const common = ['--archive-dir', join(folder, 'duplicity'), '--volsize', '8', ...options];
  const env = { PASSPHRASE: passphrase };
  await runOk('duplicity', ['full', ...common, source, `file://${target}`], { env });
  // an incremental that changes the start of a large file
  const changed = Buffer.from(files.get('large-text') ?? '');
  changed.write('something else', 1000);
  files.set('large-text', changed);
  await writeFile(join(source, 'large-text'), changed);
  // duplicity sees a change by the second, and a full backup may take less than one
  await utimes(join(source, 'large-text'), 1_900_000_000, 1_900_000_000);
  await runOk('duplicity', ['incremental', ...common, source, `file://${target}`], { env });
  return { folder, target, files };
}

async function readAll(
  made: Made,
  storage?: Storage,
  wholeVolumes = false,
): Promise<Map<string, unknown>> {
  const archive = join(made.folder, 'archive');
  const memoryBytes = 16 << 20;
  const options = { passphrases: [passphrase], archive, wholeVolumes, memoryBytes };
  return withTest(
    made.target,
    async ({ repository }) => {
      const tree = [...(await treeOf(repository))];
      return new Map(tree.map(([path, { bytes, error }]) => [path, bytes ?? error]));
    },
    storage === undefined ? options : { ...options, storage },
  );
}

/** The names of files that were read as something else than they are. */
function wrongOf({ files }: Made, read: ReadonlyMap<string, unknown>): string[] {
  const isRight = (bytes: Buffer, got: unknown) => Buffer.isBuffer(got) && got.equals(bytes);
  return [...files]
    .filter(([name, bytes]) => !isRight(bytes, read.get(name)))
    .map(([name]) => name);
}

/** Bytes of one file by a new process, and what they cost. */
async function readOne(
  made: Made,
  path: string,
): Promise<{ bytes: Buffer; reads: readonly VolumeRead[] }> {
  const { storage, reads } = await countingStorage(made.target);
  const options = { passphrases: [passphrase], archive: join(made.folder, 'archive'), storage };
  const bytes = await withTest(
    made.target,
    async ({ repository }) => {
      const snapshot = await newestSnapshot(repository);
      const entry = snapshot.resolve(path);
      return Buffer.from(await snapshot.read(entry, 0, await snapshot.size(entry)));
    },
    options,
  );
  return { bytes, reads };
}

const bytesOf = (reads: readonly VolumeRead[]): number =>
  reads.reduce((sum, one) => sum + one.bytes, 0);

async function storedBytes({ target }: Made): Promise<number> {
  let sum = 0;
  for (const name of await readdir(target)) {
    if (name.includes('.vol')) sum += (await stat(join(target, name))).size;
  }
  return sum;
}

/** Some bytes of each file in turn, often, by a process whose memory holds one block. Returns which could not be read. */
async function jumpAbout(
  { folder, target, files }: Made,
  storage: Storage,
): Promise<ReadonlySet<string>> {
  const archive = join(folder, 'archive');
  const options = { passphrases: [passphrase], archive, storage, memoryBytes: 3 << 20 };
  const failed = new Set<string>();
  await withTest(
    target,
    async ({ repository }) => {
      const snapshot = await newestSnapshot(repository);
      for (let round = 0; round < 12; round += 1) {
        for (const [path, wanted] of files) {
          const offset = Math.floor((wanted.length / 13) * round);
          try {
            const bytes = await snapshot.read(snapshot.resolve(path), offset, 100);
            expect(bytes.equals(wanted.subarray(offset, offset + 100))).toBe(true);
          } catch (error) {
            if (!(error instanceof DuplifsError)) throw error;
            failed.add(path);
          }
        }
      }
    },
    options,
  );
  return failed;
}

const kinds = {
  'gpg with a passphrase': [],
  gzip: ['--no-encryption'],
  plain: ['--no-encryption', '--no-compression'],
  'gpg without compression': ['--gpg-options', '--compress-algo none'],
} as const;

describe.runIf(canMakeChains)('volumes of duplicity', () => {
  describe.each(Object.entries(kinds))('%s', (_, options) => {
    let made: Made;
    beforeAll(async () => {
      made = await make(options);
    });

    it('are read in parts once they were decoded, and every byte is right', async () => {
      const first = await countingStorage(made.target);
      const read = await readAll(made, first.storage);
      expect(wrongOf(made, read)).toEqual([]);
      expect(first.reads.every(({ isWhole }) => isWhole)).toBe(true);
      const second = await countingStorage(made.target);
      const again = await readAll(made, second.storage);
      expect(wrongOf(made, again)).toEqual([]);
      expect(second.reads.filter(({ isWhole }) => isWhole)).toEqual([]);
      expect(second.reads.length).toBeGreaterThan(0);
      // each part once, however many files lie in it
      expect(bytesOf(second.reads)).toBeLessThanOrEqual(1.1 * (await storedBytes(made)));
    });

    it('cost a few times what they hold, and no more, where readers jump about in more than the memory keeps', async () => {
      await readAll(made);
      const { storage, reads } = await countingStorage(made.target);
      expect(await jumpAbout(made, storage)).toEqual(new Set());
      expect(bytesOf(reads)).toBeLessThanOrEqual(4 * (await storedBytes(made)));
    });

    it('cost little for one small file', async () => {
      await readAll(made);
      for (const path of ['small-07', 'small-59', 'text-00']) {
        const { bytes, reads } = await readOne(made, path);
        expect(bytes.equals(made.files.get(path) ?? Buffer.alloc(0))).toBe(true);
        expect(bytesOf(reads)).toBeLessThanOrEqual(512 * 1024);
        expect(reads.length).toBeLessThanOrEqual(3);
      }
    });
  });

  it('that were read by who wants whole ones alone are decoded once more, and then read in parts', async () => {
    const made = await make(['--no-encryption']);
    expect(wrongOf(made, await readAll(made, undefined, true))).toEqual([]);
    const first = await countingStorage(made.target);
    expect(wrongOf(made, await readAll(made, first.storage))).toEqual([]);
    expect(first.reads.some(({ isWhole }) => isWhole)).toBe(true);
    const second = await countingStorage(made.target);
    expect(wrongOf(made, await readAll(made, second.storage))).toEqual([]);
    expect(second.reads.filter(({ isWhole }) => isWhole)).toEqual([]);
  });

  it('that are damaged after they were decoded are an error for the files that are hit alone', async () => {
    const made = await make([]);
    await readAll(made);
    const [volume = ''] = (await readdir(made.target)).filter((name) => name.includes('vol1.'));
    const path = join(made.target, volume);
    const { size } = await stat(path);
    const handle = await open(path, 'r+');
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.floor(size / 2));
    await handle.write(Buffer.of((buffer[0] ?? 0) ^ 1), 0, 1, Math.floor(size / 2));
    await handle.close();
    const read = await readAll(made);
    const wrong = [...made.files].filter(([name, bytes]) => {
      const got = read.get(name);
      if (Buffer.isBuffer(got)) expect([name, got.equals(bytes)]).toEqual([name, true]);
      return !Buffer.isBuffer(got);
    });
    expect(wrong.length).toBeGreaterThan(0);
    expect(wrong.length).toBeLessThan(made.files.size / 2);
    // no more of them are hit where so much is decoded that the volume is wanted whole
    const { storage } = await countingStorage(made.target);
    const names = wrong.map(([name]) => name);
    expect(names).toEqual(expect.arrayContaining([...(await jumpAbout(made, storage))]));
    for (const [name] of wrong) {
      const error = read.get(name);
      expect(error).toBeInstanceOf(DuplifsError);
      expect((error as DuplifsError).message).toContain(volume);
    }
  });
});
