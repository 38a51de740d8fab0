/** verify: what is in the backup is what its signatures, its hashes and the folder say. */
import { chmod, mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { signaturesUpTo, signedTree } from '../../src/signatures/index.js';
import { verify } from '../../src/verify/index.js';
import { openStorage } from '../../src/storage/index.js';
import type { ByteRange } from '../../src/storage/index.js';
import { WrappedStorage } from '../../src/storage/wrappers/wrapped.js';
import { canMakeChains } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { noise } from '../support/noise.js';
import { openTest } from '../support/open.js';
import { built, duplifs, run, runOk } from '../support/run.js';

const plain = ['--no-encryption', '--no-print-statistics', '-v', '2'];
const writers = canMakeChains ? ['duplifs', 'duplicity'] : ['duplifs'];

beforeAll(async () => {
  await built();
});

describe('verify without --compare-data', () => {
  it.each(writers)('compares every file with its signature (a chain of %s)', async (writer) => {
    await withChain(writer, async ({ target, source, url }) => {
      const whole = await duplifs(['verify', url, source]);
      expect(whole).toMatchObject({ status: 0, stderr: '' });
      expect(whole.stdout).toMatch(/Verify complete: 8 files compared, 0 differences found\.\n$/);
      await alterSignature(target, 'duplicity-new-signatures', 'signature/big');
      await alterSignature(target, 'duplicity-full-signatures', 'signature/sub/kept');
      const altered = await duplifs(['verify', url, source]);
      expect(altered.status).toBe(1);
      expect(differenceLines(altered.stdout)).toEqual([
        'Difference found: Data for file big is different',
        'Difference found: Data for file sub/kept is different',
      ]);
    });
  });

  it('compares metadata with the signatures, and finds what only one of them has', async () => {
    await withChain('duplifs', async ({ target, source, url }) => {
      // the stored signatures of another tree
      await alter(target, 'duplicity-full-signatures', (bytes) => {
        const at = bytes.indexOf('signature/sub/kept\0');
        bytes.write('signature/sub/else\0', at);
        checksum(bytes, at);
        const link = bytes.indexOf('snapshot/link\0');
        bytes.write('elsewhere', link + 157);
        checksum(bytes, link);
      });
      const { status, stdout } = await duplifs(['verify', url, source]);
      expect(status).toBe(1);
      expect(differenceLines(stdout)).toEqual([
        "Difference found: Symlink link points to b'elsewhere', expected b'mode'",
        'Difference found: New file sub/else',
        'Difference found: File sub/kept is missing',
      ]);
    });
  });

  it('fails at a damaged volume, also at one that no file needs any more', async () => {
    await withChain('duplifs', async ({ target, source, url }) => {
      const names = await readdir(target);
      const name = names.find((one) => one.startsWith('duplicity-inc.') && one.includes('.vol1.'));
      const path = join(target, name ?? '');
      const bytes = await readFile(path);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      await writeFile(path, bytes);
      const { status, stderr } = await duplifs(['verify', url, source]);
      expect(status).toBe(21);
      expect(stderr).toContain(`"${name ?? ''}" is damaged`);
      const then = await duplifs(['verify', '--time', '1700000000', url, source]);
      expect(then, then.stderr).toMatchObject({ status: 0 });
    });
    await withFolder(async (folder) => {
      const [source, target] = [join(folder, 'source'), join(folder, 'target')];
      const url = `file://${target}`;
      await mkdir(source);
      await writeFile(join(source, 'a'), noise(3_000_000));
      const args = [...plain, '--volsize', '1', '--archive-dir', join(folder, 'archive')];
      await duplifs(['full', ...args, source, url]);
      await rm(join(source, 'a'));
      await duplifs(['backup', '--current-time', later(), ...args, source, url]);
      const old = (await readdir(target)).find((one) => one.includes('full') && /vol2/.test(one));
      await writeFile(join(target, old ?? ''), 'not a volume');
      const { status, stderr } = await duplifs(['verify', url, source]);
      expect(status).toBe(21);
      expect(stderr).toContain(`duplifs: "${old ?? ''}" cannot be read`);
    });
  });

  it.each(writers)('reads the volumes in order, each once (a chain of %s)', async (writer) => {
    await withChain(writer, async ({ target, folder }) => {
      const storage = new ReadsOf(await openStorage(target, { numRetries: 1 }));
      const archive = join(folder, `count-${writer}`);
      await mkdir(archive);
      const { repository } = await openTest(target, { storage, archive, wholeVolumes: true });
      try {
        const snapshot = repository.at(2_000_000_000);
        await snapshot.load();
        const signatures = signaturesUpTo(repository.collection, snapshot.set.key) ?? [];
        expect(signatures).toHaveLength(3);
        const result = await verify(snapshot, snapshot.root(), {
          other: signedTree(signatures, (file) => repository.decodeStored(file)),
          folder: undefined,
          followLinks: false,
          signal: new AbortController().signal,
          onDifference: ({ kind, path }) => Promise.reject(new Error(`${kind}: ${path}`)),
          onFailure: (path) => expect.fail(path),
        });
        expect(result).toMatchObject({ compared: 8, differences: 0, failures: 0 });
        await repository.decodeUnread(
          snapshot.set,
          (name) => expect.fail(name),
          new AbortController().signal,
        );
      } finally {
        await repository.close();
      }
      const volumes = storage.reads.filter((one) => one.includes('.difftar'));
      const stored = (await readdir(target)).filter((one) => one.includes('.difftar'));
      expect(volumes.toSorted()).toEqual(stored.map((name) => `${name} whole`).toSorted());
      for (const set of ['full', 'inc']) {
        const numbers = volumes
          .filter((name) => name.startsWith(`duplicity-${set}.`) && name.includes(`${set}.`))
          .map((name) => [name.split('.vol')[0], Number(/vol(\d+)/.exec(name)?.[1])] as const);
        for (const key of new Set(numbers.map(([one]) => one))) {
          const ofSet = numbers.filter(([one]) => one === key).map(([, number]) => number);
          expect(ofSet).toEqual(ofSet.toSorted((a, b) => a - b));
        }
      }
    });
  });
});

describe.runIf(canMakeChains)('verify --compare-data', () => {
  it('finds the differences that duplicity finds, line by line, and none in an untouched folder', async () => {
    await withChain('duplifs', async ({ source, url, folder }) => {
      const theirs = ['verify', '--compare-data', '--no-encryption'];
      theirs.push('--archive-dir', join(folder, 'theirs'));
      const same = await duplifs(['verify', '--compare-data', url, source]);
      expect(same).toMatchObject({ status: 0 });
      await writeFile(join(source, 'data'), 'DATA');
      await utimes(join(source, 'data'), 1_690_000_000, 1_690_000_000);
      await chmod(join(source, 'mode'), 0o600);
      await writeFile(join(source, 'new'), '');
      await rm(join(source, 'link'));
      await symlink('nowhere', join(source, 'link'));
      await rm(join(source, 'sub', 'kept'));
      await rm(join(source, 'type'));
      await mkdir(join(source, 'type'));
      for (const more of [
        [],
        ['--file-to-restore', 'sub'],
        ['--time', '1700000000'],
        ['--exclude', join(source, 'mode'), '--exclude', join(source, 'new')],
        ['--include', join(source, 'sub'), '--exclude', '**'],
      ]) {
        const compared = more[0] === '--file-to-restore' ? join(source, 'sub') : source;
        const ours = await duplifs(['verify', '--compare-data', ...more, url, compared]);
        const wanted = await run('duplicity', [...theirs, ...more, url, compared]);
        expect(ours.status, more.join(' ')).toBe(1);
        expect(wanted.status).toBe(1);
        const last = (text: string) => text.split('\n').filter((one) => one.startsWith('Verify'));
        expect(differenceLines(ours.stdout), more.join(' ')).toEqual(
          differenceLines(wanted.stdout),
        );
        expect(last(ours.stdout)).toEqual(last(wanted.stdout));
      }
    });
  });
});

interface ChainForVerify {
  readonly folder: string;
  readonly source: string;
  readonly target: string;
  readonly url: string;
}

/** A chain of three sets in volumes of 1 MiB; the first is of 1700000000. */
async function withChain(
  writer: string,
  work: (chain: ChainForVerify) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const [source, target] = [join(folder, 'source'), join(folder, 'target')];
    const url = `file://${target}`;
    await mkdir(join(source, 'sub'), { recursive: true });
    const big = noise(3_500_000);
    await writeFile(join(source, 'big'), big);
    await writeFile(join(source, 'data'), 'data');
    await writeFile(join(source, 'mode'), 'mode', { mode: 0o644 });
    await writeFile(join(source, 'sub', 'kept'), noise(1_500_000, 2));
    await writeFile(join(source, 'type'), 'type');
    await symlink('mode', join(source, 'link'));
    for (const name of ['data', 'mode', 'type', 'sub/kept']) {
      await utimes(join(source, name), 1_690_000_000, 1_690_000_000);
    }
    const args = [...plain.slice(0, 2), '--volsize', '1', '--archive-dir', join(folder, 'archive')];
    const write = async (time: number) => {
      await utimes(join(source, 'big'), time - 1000, time - 1000); // duplicity goes by seconds
      const all = [...args, '--current-time', `${time}`, source, url];
      if (writer === 'duplicity')
        await runOk('duplicity', [time === 1.7e9 ? 'full' : 'inc', ...all]);
      else expect(await duplifs(['backup', ...all])).toMatchObject({ status: 0 });
    };
    await write(1_700_000_000);
    big.fill(7, 1_000_000, 1_010_000);
    noise(1_500_000, 3).copy(big, 2_000_000);
    await writeFile(join(source, 'big'), big);
    await write(1_700_100_000);
    big.fill(8, 100_000, 100_100);
    await writeFile(join(source, 'big'), big);
    await write(1_700_200_000);
    await work({ folder, source, target, url });
  });
}

/** Notes what is read, whole or in part. */
class ReadsOf extends WrappedStorage {
  readonly reads: string[] = [];

  override read(name: string, range: ByteRange | undefined, signal?: AbortSignal) {
    this.reads.push(`${name} ${range === undefined ? 'whole' : 'in part'}`);
    return super.read(name, range, signal);
  }
}

async function alterSignature(target: string, set: string, entry: string): Promise<void> {
  await alter(target, set, (bytes) => {
    const header = bytes.indexOf(`${entry}\0`);
    expect(header).toBeGreaterThanOrEqual(0);
    const at = header + 512 + 12 + 6; // in the first strong sum
    bytes[at] = (bytes[at] ?? 0) ^ 1;
  });
}

/** Changes the tar within a stored sigtar, in each of that kind that holds what is to be changed. */
async function alter(target: string, set: string, change: (bytes: Buffer) => void): Promise<void> {
  const names = (await readdir(target)).filter((name) => name.startsWith(set)).sort();
  const path = join(target, names.at(-1) ?? '');
  const bytes = gunzipSync(await readFile(path));
  change(bytes);
  await writeFile(path, gzipSync(bytes));
}

/** Makes the checksum of the tar header at `at` right again. */
function checksum(bytes: Buffer, at: number): void {
  const header = bytes.subarray(at, at + 512);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
}

function differenceLines(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('Difference found: '));
}

function later(): string {
  return `${Math.floor(Date.now() / 1000) + 10}`;
}
