/** Archives hold what a restore makes, and never what only looks like it. */
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  chmodSync,
  cpSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { noise } from '../support/noise.js';
import { once } from '../support/once.js';
import { duplifs, duplifsScript, run, shell } from '../support/run.js';
import { treeIn } from '../queries/recorded-trees.js';
import type { Recorded } from '../queries/recorded-trees.js';

const isRoot = process.getuid?.() === 0;

/** Hard cases for archives, made as root. */
function makeTree(source: string): void {
  mkdirSync(join(source, 'sub/empty'), { recursive: true });
  const put = (name: string | Buffer, bytes: Buffer | string, mtime = 1_690_000_001): void => {
    const path = Buffer.concat([Buffer.from(`${source}/`), Buffer.from(name)]);
    writeFileSync(path, bytes);
    utimesSync(path, mtime, mtime);
  };
  put('empty file', '');
  put('sub/odd second', 'an odd second', 1_690_000_003);
  put('old', 'older than DOS', 86_401);
  put('no rights', 'mode 0');
  chmodSync(join(source, 'no rights'), 0);
  put('set id', 'suid');
  put('back\\slash', 'a name that zip programs like to change');
  put(`long ${'n'.repeat(200)}`, 'a long name');
  put('zeros', Buffer.alloc(300_000));
  put('large', noise(12_000_000, 3));
  put('é', 'not ASCII');
  symlinkSync('sub/odd second', join(source, 'link'));
  lutimesSync(join(source, 'link'), 1_690_000_005, 1_690_000_005);
  if (!isRoot) return;
  put(Buffer.from([0x62, 0xff]), 'a name that is not UTF-8');
  chownSync(join(source, 'set id'), 300_000, 400_000);
  chmodSync(join(source, 'set id'), 0o4755);
  execFileSync('mkfifo', [join(source, 'pipe')]);
  execFileSync('mknod', [join(source, 'device'), 'c', '1', '3']);
}

async function chain(): Promise<string> {
  return once('dump-chain', async (made) => {
    const source = join(made, 'source');
    makeTree(source);
    const args = [
      'backup',
      '--no-encryption',
      '--volsize',
      '5',
      '--archive-dir',
      join(made, 'cache'),
    ];
    const { status, stderr } = await duplifs([...args, source, `file://${join(made, 'target')}`]);
    expect([status, stderr]).toEqual([0, stderr]);
  });
}

/** As root; with what a format cannot hold left out. */
function expectedOf(folder: string, leavesOut: RegExp): Map<string, Recorded> {
  const entries = [...treeIn(folder)].filter(([path]) => !leavesOut.test(path));
  return new Map(entries);
}

describe.skipIf(!isRoot)('dump', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await chain();
  }, 120_000);
  const command = (...args: string[]): string =>
    [process.execPath, duplifsScript, 'dump', '--archive-dir', join(folder, 'cache')]
      .concat(`file://${join(folder, 'target')}`, args)
      .map((word) => `'${word}'`)
      .join(' ');

  it.each(['tar -x -p --same-owner --warning=no-unknown-keyword', 'bsdtar -x -p -f -'])(
    'as tar is unpacked by %s without a difference',
    { timeout: 60_000 },
    async (unpack) => {
      await withFolder(async (out) => {
        await shell(`${command()} | ${unpack}`, out);
        expect(treeIn(out)).toEqual(treeIn(join(folder, 'source')));
        const device = execFileSync('stat', ['-c', '%t %T', join(out, 'device')]).toString();
        expect(device).toBe('1 3\n');
      });
    },
  );

  it('of a folder has it under its name', { timeout: 30_000 }, async () => {
    await withFolder(async (out) => {
      await shell(`${command('sub')} | tar -x -p --same-owner`, out);
      expect(readdirSync(out)).toEqual(['sub']);
      expect(treeIn(join(out, 'sub'))).toEqual(treeIn(join(folder, 'source/sub')));
    });
  });

  it.each(['unzip -q -X -K', 'bsdtar -x -p -f'])(
    'as zip is unpacked by %s, but for what it cannot hold, which is named',
    { timeout: 60_000 },
    async (unpack) => {
      await withFolder(async (out) => {
        const made = await run('bash', ['-c', `${command('--format', 'zip')} > '${out}/it.zip'`]);
        expect(made.status).toBe(1);
        expect(made.stderr).toMatch(/"pipe" is not dumped[^]*4 entries were not dumped/);
        mkdirSync(join(out, 'tree'));
        const unpacked = await run('bash', ['-c', `cd '${out}/tree' && ${unpack} ../it.zip`]);
        expect([unpacked.status, unpacked.stderr]).toEqual([0, unpacked.stderr]);
        const leavesOut = /^(pipe|device|back\\slash|b\udcff)$/;
        const found = treeIn(join(out, 'tree'));
        const expected = expectedOf(join(folder, 'source'), leavesOut);
        expect(withoutLinkTimes(found)).toEqual(withoutLinkTimes(expected));
      });
    },
  );

  it(
    'leaves out a small file that cannot be had, and breaks off in a large one',
    { timeout: 60_000 },
    async () => {
      await withFolder(async (out) => {
        const harmed = join(out, 'target');
        cpSync(join(folder, 'target'), harmed, { recursive: true });
        const volumes = readdirSync(harmed).filter((name) => name.includes('.vol'));
        expect(volumes.length).toBeGreaterThan(2);
        // the large file goes through all of them, and the last holds what comes after it
        const broken = join(harmed, volumes.find((name) => name.includes('vol3.')) ?? '');
        const bytes = readFileSync(broken);
        bytes.fill(0, Math.floor(bytes.length / 3), Math.floor(bytes.length / 3) + 20_000);
        writeFileSync(broken, bytes);
        const line = `'${process.execPath}' '${duplifsScript}' dump 'file://${harmed}' --archive-dir '${out}/cache' > '${out}/it.tar'`;
        const made = await run('bash', ['-c', line]);
        expect([made.status, made.stderr]).toEqual([
          21,
          expect.stringMatching(/in the middle of "large"/),
        ]);
        const listed = await run('tar', ['-tf', join(out, 'it.tar')]);
        expect([listed.status, listed.stderr]).toEqual([
          2,
          expect.stringContaining('Unexpected EOF'),
        ]);
      });
    },
  );

  it('is not written to a terminal', async () => {
    const { stdout, status } = await run('script', ['-qec', command(), '/dev/null']);
    expect([status, stdout]).toEqual([2, expect.stringContaining('terminal')]);
  });
});

function withoutLinkTimes(tree: ReadonlyMap<string, Recorded>): Map<string, Recorded> {
  return new Map(
    [...tree].map(([path, recorded]) => [
      path,
      recorded.type === 'sym' ? { ...recorded, mtime: 0 } : recorded,
    ]),
  );
}
