import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deleted, file, folder, link, timesOf, writeSet } from '../support/craft.js';
import type { Crafted } from '../support/craft.js';
import { noise } from '../support/noise.js';
import { duplifs, isTraceback } from '../support/run.js';
import type { DuplifsOptions, Finished } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const isRoot = process.getuid?.() === 0;

interface Place {
  readonly home: string;
  readonly target: string;
  readonly out: string;
}

function place(...volumes: (readonly Crafted[])[]): Place {
  const home = newFolder();
  const target = join(home, 'target');
  if (volumes.length > 0) writeSet(target, { times: timesOf(0), volumes });
  return { home, target, out: join(home, 'out') };
}

async function restore(
  { home, target, out }: Place,
  args: readonly string[] = [],
  options: DuplifsOptions = {},
): Promise<Finished> {
  const common = ['--archive-dir', join(home, 'archive'), '--tempdir', home];
  const ran = await duplifs(['restore', ...common, ...args, target, out], options);
  expect([ran.stderr, isTraceback(ran.stderr)]).toEqual([ran.stderr, false]);
  return ran;
}

describe('restore', () => {
  it('makes files, folders, links and nodes as they were', async () => {
    const entries: Crafted[] = [
      folder('', { mtimeSeconds: 1_500_000_000 }),
      folder('d', { mode: 0o500, mtimeSeconds: 1_400_000_000 }),
      file('d/f', 'text', { mode: 0o4751, mtimeSeconds: 1_300_000_000 }),
      { path: 'fifo', type: 'fifo', mode: 0o640 },
      link('l', 'd/f'),
      link('l\udcff', 'caf\udce9'),
      file('n\udcff', 'bytes'),
      ...(isRoot ? [{ path: 'null', type: 'chr', device: { major: 1, minor: 3 } } as const] : []),
    ];
    const where = place(entries);
    const { status } = await restore(where);
    expect(status).toBe(0);
    const at = (name: string): string => join(where.out, name);
    expect(statSync(where.out).mtimeMs).toBe(1_500_000_000_000);
    expect(statSync(at('d')).mtimeMs).toBe(1_400_000_000_000);
    expect(statSync(at('d')).mode & 0o7777).toBe(0o500);
    expect(statSync(at('d/f')).mode & 0o7777).toBe(0o4751);
    expect(statSync(at('d/f')).mtimeMs).toBe(1_300_000_000_000);
    expect(readlinkSync(at('l'))).toBe('d/f');
    expect(statSync(at('fifo')).isFIFO()).toBe(true);
    const names = readdirSync(where.out, { encoding: 'buffer' }).map((name) =>
      name.toString('latin1'),
    );
    expect(names).toContain('n\xff');
    const linked = readlinkSync(Buffer.concat([Buffer.from(`${where.out}/l`), Buffer.of(0xff)]), {
      encoding: 'buffer',
    });
    expect(linked.toString('latin1')).toBe('caf\xe9');
    if (isRoot) expect(statSync(at('null')).rdev).toBe((1 << 8) | 3);
  });

  it('never follows a link that the backup planted', async () => {
    const where = place([
      folder(''),
      link('l', '../victim'),
      file('l/planted', 'x'),
      file('z', 'ok'),
    ]);
    const victim = join(where.home, 'victim');
    mkdirSync(victim);
    const { status, stderr } = await restore(where);
    expect(readdirSync(victim)).toEqual([]);
    expect(readlinkSync(join(where.out, 'l'))).toBe('../victim');
    expect(readFileSync(join(where.out, 'z'), 'utf8')).toBe('ok');
    expect(stderr).toContain('below "l"');
    expect(status).toBe(0);
  });

  it('replaces links that stand in the target under --force, and never writes through them', async () => {
    const where = place([folder(''), folder('d'), file('d/f', 'new'), file('g', 'new')]);
    const victim = join(where.home, 'victim');
    mkdirSync(victim);
    writeFileSync(join(victim, 'f'), 'old');
    mkdirSync(where.out);
    symlinkSync(victim, join(where.out, 'd'));
    symlinkSync(join(victim, 'f'), join(where.out, 'g'));
    expect((await restore(where)).status).toBe(11);
    expect((await restore(where, ['--force'])).status).toBe(0);
    expect(readFileSync(join(victim, 'f'), 'utf8')).toBe('old');
    expect(readdirSync(victim)).toEqual(['f']);
    expect(lstatSync(join(where.out, 'd')).isDirectory()).toBe(true);
    expect(readFileSync(join(where.out, 'd/f'), 'utf8')).toBe('new');
    expect(lstatSync(join(where.out, 'g')).isFile()).toBe(true);
  });

  it('reports a file that fails, leaves nothing of it, restores the rest and exits with 1', async () => {
    const where = place(
      [folder(''), file('a', 'first volume')],
      [file('b', noise(5000)), file('c', 'too')],
      [file('d', 'third volume')],
    );
    const second = readdirSync(where.target).find((name) => name.includes('vol2')) ?? '';
    writeFileSync(
      join(where.target, second),
      readFileSync(join(where.target, second)).subarray(0, 3000),
    );
    const { status, stderr } = await restore(where);
    expect(status).toBe(1);
    expect(readdirSync(where.out)).toEqual(['a', 'd']);
    expect(stderr).toContain('"b" was not restored');
    expect(stderr).toContain('"c" was not restored');
    expect(stderr).toContain(second);
  });

  it('restores at a time what a missing volume does not hold, and names the volume for the rest', async () => {
    const where = place([folder(''), file('a', 'first')], [file('b', 'second')]);
    rmSync(
      join(where.target, readdirSync(where.target).find((name) => name.includes('vol2')) ?? ''),
    );
    const { status, stderr } = await restore(where, ['--time', '2023-11-15T00:00:00Z']);
    expect(status).toBe(1);
    expect(readdirSync(where.out)).toEqual(['a']);
    expect(stderr).toMatch(/"b" was not restored: Volume 2 of set 20231114T221320Z/);
  });

  it('restores one file or folder of it, also as of a time', async () => {
    const where = place([folder(''), folder('d'), file('d/f', 'old'), file('g', 'x')]);
    writeSet(where.target, {
      times: timesOf(1),
      volumes: [[folder(''), deleted('d'), deleted('d/f')]],
    });
    expect((await restore(where, ['--path-to-restore', 'd/f'])).status).toBe(19);
    const time = ['--time', '2023-11-15T00:00:00Z'];
    expect((await restore(where, [...time, '-r', 'd/f'])).status).toBe(0);
    expect(readFileSync(where.out, 'utf8')).toBe('old');
    rmSync(where.out);
    expect((await restore(where, [...time, '--file-to-restore', 'd/'])).status).toBe(0);
    expect(readdirSync(where.out)).toEqual(['f']);
  });

  it('takes absurd owners, times and modes of a hostile backup without losing the bytes', async () => {
    const where = place([
      folder(''),
      file('huge-uid', 'a', { uid: 2 ** 50, gid: 2 ** 50 }),
      file('huge-time', 'c', { mtimeSeconds: 2 ** 52 }),
      file('mode', 'd', { mode: 0o7777 }),
      file('name', 'e', { userName: '-x;`id`', groupName: '0' }),
    ]);
    const { status, stderr } = await restore(where);
    expect([status, stderr.includes('was not restored')]).toEqual([0, false]);
    expect(readdirSync(where.out)).toEqual(['huge-time', 'huge-uid', 'mode', 'name']);
  });

  it('goes on where the file system refuses a name, and says which', async () => {
    const where = place([
      folder(''),
      file('a', 'x'),
      file('n'.repeat(10_000), 'y'),
      file('z', 'x'),
    ]);
    const { status, stderr } = await restore(where);
    expect(status).toBe(1);
    expect(readdirSync(where.out)).toEqual(['a', 'z']);
    expect(stderr).toMatch(/"n+" was not restored/);
  });

  it('restores paths that are hundreds of folders deep', async () => {
    const depth = 500;
    const paths = Array.from({ length: depth }, (_, n) =>
      Array.from({ length: n + 1 }, () => 'd').join('/'),
    );
    const leaf = `${paths.at(-1) ?? ''}/f`;
    const where = place([folder(''), ...paths.map((path) => folder(path)), file(leaf, 'deep')]);
    expect((await restore(where)).status).toBe(0);
    expect(readFileSync(join(where.out, leaf), 'utf8')).toBe('deep');
  });

  it('refuses a target that holds something, or is a file', async () => {
    const where = place([folder(''), file('a', 'x')]);
    mkdirSync(where.out);
    expect((await restore(where)).status).toBe(0);
    expect((await restore(where)).status).toBe(11);
    rmSync(where.out, { recursive: true });
    writeFileSync(where.out, '');
    expect((await restore(where)).status).toBe(11);
  });

  it.runIf(isRoot)(
    'by an ordinary user leaves the owners, and no setuid bit of another',
    async () => {
      const where = place([folder(''), file('suid', 'x', { uid: 0, mode: 0o4755 })]);
      for (const path of [where.home, where.target]) chmodSync(path, 0o755);
      for (const name of readdirSync(where.target)) chmodSync(join(where.target, name), 0o644);
      const own = join(where.home, 'own');
      mkdirSync(own);
      execFileSync('chown', ['12345:12345', own]);
      const through = ['setpriv', '--reuid', '12345', '--regid', '12345', '--clear-groups'];
      const { status, stderr } = await restore(
        { home: own, target: where.target, out: join(own, 'out') },
        [],
        { through, env: { HOME: own } },
      );
      expect([status, stderr]).toEqual([0, expect.stringContaining('Only root may set owners')]);
      const stats = statSync(join(own, 'out/suid'));
      expect([stats.uid, stats.mode & 0o7777]).toEqual([12_345, 0o755]);
    },
  );

  it('of "PATH URL" is an error that shows both right forms', async () => {
    const { status, stderr } = await duplifs(['restore', '/home/me', 'file:///srv/backup']);
    expect(status).toBe(2);
    expect(stderr).toContain('duplifs restore "file:///srv/backup" "/home/me"');
    expect(stderr).toContain('duplifs backup "/home/me" "file:///srv/backup"');
    expect(existsSync('/srv/backup')).toBe(false);
  });
});
