/** What both engines must do, in real mounts: every test runs under each. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { encodeName } from '../../src/base/index.js';
import type { EngineName } from '../../src/mount/engine.js';
import { aliasOf } from '../../src/mount/libfuse/alias.js';
import { patternByte } from './support/memory-file-system.js';
import { canMount } from '../support/mount-process.js';
import { cleanUp, program, script, serve, shared } from './support/served.js';
import type { Served } from './support/served.js';
import { hardNames, hugeBytes, manyCount } from './support/sample-tree.js';

const engines: readonly EngineName[] = ['kernel', 'libfuse'];
/** The bytes under which an engine shows a name. */
const shown = (engine: EngineName, name: string): Buffer =>
  encodeName(engine === 'libfuse' ? aliasOf(name) : name);

afterEach(cleanUp);

describe.runIf(canMount).each(engines)('the %s engine, reading', (engine) => {
  let mount: Served;
  beforeAll(async () => {
    mount = await shared({ tree: 'sample', engine });
  });
  afterAll(async () => {
    await mount.remove();
  });

  test('shows every name, however hard', async () => {
    const { mountpoint } = mount;
    const listed = await program([
      'find',
      join(mountpoint, 'hard names'),
      '-mindepth',
      '1',
      '-printf',
      '%P\\0',
    ]);
    const names = listed.stdout.split('\0').slice(0, -1).sort();
    const expected = [...hardNames, 'folder \udcfc'].map((name) =>
      shown(engine, name).toString('latin1'),
    );
    expect(names).toEqual(expected.sort());
    const contents = await script('cd "$1/hard names"; cat ./* | tr -d "0-9"', mountpoint).catch(
      String,
    );
    // the folder alone; all files were read
    expect(contents.trim().split('\n')).toEqual([expect.stringContaining('Is a directory')]);
  });

  test('opens files by each of those names', async () => {
    const { mountpoint } = mount;
    const { stdout } = await program([
      'find',
      join(mountpoint, 'hard names'),
      '-type',
      'f',
      '-printf',
      '%f=',
      '-exec',
      'cat',
      '{}',
      ';',
      '-printf',
      '\\0',
    ]);
    const found = stdout.split('\0').slice(0, -1).sort();
    const expected = hardNames.map(
      (name, index) => `${shown(engine, name).toString('latin1')}=content of ${index}`,
    );
    expect(found).toEqual(expected.sort());
  });

  test('tells type, mode, owner, size, time, links and device of each kind', async () => {
    const { mountpoint } = mount;
    const lines = await script(
      'cd "$1/kinds"; stat -c "%n|%F|%a|%u|%g|%s|%h|%b|%t:%T|%.Y" . *',
      mountpoint,
    );
    const old = engine === 'kernel' ? '-86400.000000000' : '0.000000000';
    const rdev = (major: number, minor: number): string =>
      `${major.toString(16)}:${minor.toString(16)}`;
    expect(lines.trim().split('\n')).toEqual([
      '.|directory|1777|0|0|4096|2|8|0:0|1600000000.000000000',
      `before 1970|regular file|644|0|0|3|1|1|0:0|${old}`,
      `block|block special file|644|0|0|0|1|0|${rdev(259, 70_000)}|1700000000.000000000`,
      `char|character special file|644|0|0|0|1|0|${rdev(1, 3)}|1700000000.000000000`,
      'dangling|symbolic link|777|0|0|12|1|1|0:0|1700000000.000000000',
      'empty|regular empty file|644|0|0|0|1|0|0:0|1700000000.000000000',
      'link|symbolic link|777|0|0|6|1|1|0:0|1700000000.000000000',
      'linked|regular file|644|0|0|9|2|1|0:0|1700000000.000000000',
      'pipe|fifo|644|0|0|0|1|0|0:0|1700000000.000000000',
      'setuid|regular file|4755|1000|1001|1|1|1|0:0|1.250000000',
    ]);
    const links = await program([
      'readlink',
      join(mountpoint, 'kinds/link'),
      join(mountpoint, 'kinds/dangling'),
    ]);
    expect(links.stdout).toBe(`setuid\n/nowhere/${shown(engine, '\udcff').toString('latin1')}\n`);
  });

  test('serves exact bytes at block borders and beyond 4 GiB', async () => {
    const { mountpoint } = mount;
    for (const size of [1, 4095, 4096, 4097, 65_536, 131_073, 1_048_576, 3_000_001]) {
      const expected = createHash('sha1').update(pattern(0, size)).digest('hex');
      expect(await script(`sha1sum < "$1/data/file ${size}"`, mountpoint)).toBe(`${expected}  -\n`);
    }
    for (const offset of [2 ** 32 - 5, 2 ** 32, hugeBytes - 100]) {
      const dd = `dd if="$1/huge" bs=100 count=1 skip=${offset} iflag=skip_bytes status=none`;
      const read = await program(['bash', '-c', dd, 'bash', mountpoint]);
      expect(Buffer.from(read.stdout, 'latin1').equals(pattern(offset, 100))).toBe(true);
    }
    const past = `dd if="$1/huge" bs=100 count=1 skip=${hugeBytes} iflag=skip_bytes status=none | wc -c`;
    expect(await script(past, mountpoint)).toBe('0\n');
  });

  test('is read-only, nosuid and nodev, under its own type and name', async () => {
    const { mountpoint } = mount;
    const shownMount = await script('findmnt -n -o FSTYPE,SOURCE,OPTIONS -r "$1"', mountpoint);
    const [type, source, flags = ''] = shownMount.trim().split(' ');
    expect(type).toBe('fuse.duplifs');
    expect(source).toBe('file:///tmp/backup\\x20of\\x20"me"');
    expect(flags.split(',')).toEqual(expect.arrayContaining(['ro', 'nosuid', 'nodev']));
  });

  test('answers EROFS to every way of changing something', async () => {
    const { mountpoint } = mount;
    const file = join(mountpoint, 'kinds/setuid');
    const fresh = join(mountpoint, 'kinds/new');
    const attempts = [
      ['touch', fresh],
      ['touch', file],
      ['mkdir', fresh],
      ['rmdir', join(mountpoint, 'kinds')],
      ['rm', '-f', file],
      ['mv', file, fresh],
      ['ln', file, fresh],
      ['ln', '-s', 'x', fresh],
      ['mkfifo', fresh],
      ['mknod', fresh, 'c', '1', '3'],
      ['chmod', '777', file],
      ['chown', '1', file],
      ['truncate', '-s', '0', file],
      ['dd', `of=${file}`, 'if=/dev/zero', 'count=1'],
      ['setfattr', '-n', 'user.x', '-v', 'y', file],
      ['setfattr', '-x', 'user.duplifs.set', file],
    ];
    for (const attempt of attempts) {
      const { status, stderr } = await program(['env', 'LC_ALL=C', ...attempt]);
      expect([attempt[0], status]).not.toEqual([attempt[0], 0]);
      expect(stderr).toContain('Read-only file system');
    }
  });

  test('is walked without a word by find, ls, du, grep, tar, cp -a and rsync', async () => {
    const { mountpoint } = mount;
    const copied = await script(
      `to=$(mktemp -d)
       trap 'rm -rf "$to"' EXIT
       cd "$1"
       find . -ls > /dev/null
       ls -laR . > /dev/null
       du -s --apparent-size . > /dev/null
       grep -r "content of 3" "hard names" > /dev/null
       tar cf - "hard names" kinds data | tar xf - --warning=no-timestamp -C "$to"
       mkdir "$to/copy"
       cp -a "hard names" kinds data "$to/copy"
       rsync -aHn --checksum --delete --itemize-changes "hard names" kinds data "$to/copy/"
       diff -r "hard names" "$to/copy/hard names"
       diff -r data "$to/data"`,
      mountpoint,
    );
    expect(copied).toBe('');
  });

  test('answers eight readers at once', async () => {
    const { mountpoint } = mount;
    const read =
      '(cd "$1"; find data kinds "hard names" -type f -print0 | sort -z | xargs -0 cat | sha1sum)';
    const together = await script(`for i in 1 2 3 4 5 6 7 8; do ${read} & done; wait`, mountpoint);
    const alone = await script(read, mountpoint);
    const nothing = createHash('sha1').digest('hex');
    expect(alone).not.toContain(nothing);
    expect(together).toBe(alone.repeat(8));
  });

  test('statfs is answered from memory', async () => {
    const { mountpoint } = mount;
    expect(await script('stat -f -c "%S %b %f %l" "$1"', mountpoint)).toBe('4096 2000000 0 255\n');
  });
});

describe.runIf(canMount).each(engines)('the life of a mount under the %s engine', (engine) => {
  test('shows an error of the backup as EIO, and names it in the log', async () => {
    const served = await serve({ tree: 'troubled', engine });
    const { stderr } = await program(['cat', join(served.mountpoint, 'damaged')]);
    expect(stderr).toContain('Input/output error');
    expect(served.logged().join()).toContain('"duplicity-full.vol1.difftar.gpg" is damaged');
  });

  test('answers others while one waits for its storage', async () => {
    const served = await serve({ tree: 'troubled', engine });
    const slow = program(['cat', join(served.mountpoint, 'slow/read')], { timeoutMs: 8000 });
    const started = Date.now();
    for (let round = 0; round < 5; round += 1) {
      expect(await script('cat "$1/quick"', served.mountpoint)).toBe('x');
    }
    expect(Date.now() - started).toBeLessThan(7900); // the five wait for nobody, whatever else the machine does
    expect((await slow).status).not.toBe(0);
    expect(await script('cat "$1/slow/soon"', served.mountpoint)).toBe('a little late');
  });

  test('lists a folder of 200,000 files, whole and in time', async () => {
    const { mountpoint } = await serve({ tree: 'many', engine });
    expect(await script('ls -U "$1/many" | sort | uniq | wc -l', mountpoint)).toBe(
      `${manyCount}\n`,
    );
    expect(await script('stat -c %s "$1/many/file-199999"', mountpoint)).toBe(`${199_999 % 97}\n`);
  });

  test('notices that somebody else unmounts, and ends with 0', async () => {
    const served = await serve({ tree: 'sample', engine });
    expect((await program(['umount', served.mountpoint])).status).toBe(0);
    expect((await served.message('ended'))['ended']).toBe('outside');
    expect(await served.ended).toBe(0);
  });

  test('unmounts on its own word, and ends with 0', async () => {
    const served = await serve({ tree: 'sample', engine });
    served.signal('SIGTERM');
    expect((await served.message('ended'))['ended']).toBe('unmounted');
    expect(await served.ended).toBe(0);
    expect((await program(['mountpoint', '-q', served.mountpoint])).status).not.toBe(0);
  });

  test('says who uses the mount when it cannot go, and keeps serving', async () => {
    const served = await serve({ tree: 'sample', engine });
    const user = spawn('sleep', ['120'], { cwd: join(served.mountpoint, 'kinds') });
    await once(user, 'spawn');
    served.signal('SIGTERM');
    const { failed } = await served.message('failed');
    expect(failed).toMatch(
      new RegExp(
        `^"${served.mountpoint}" is in use by process \\d+ "sleep" \\(working folder "${served.mountpoint}/kinds"\\)$`,
      ),
    );
    expect(await script('cat "$1/kinds/setuid"', served.mountpoint)).toBe('x');
    user.kill();
    await once(user, 'close');
    served.signal('SIGTERM');
    expect((await served.message('ended'))['ended']).toBe('unmounted');
  });

  test.each(['SIGKILL', 'SIGHUP'] as const)(
    'does not look like an empty folder after a crash (%s)',
    async (signal) => {
      const served = await serve({ tree: 'sample', engine });
      served.signal(signal);
      expect(await served.ended).toBe(signal === 'SIGHUP' ? 1 : null); // it ends, and does not hang
      const { status, stderr } = await program(['env', 'LC_ALL=C', 'ls', served.mountpoint]);
      expect(status).not.toBe(0);
      expect(stderr).toContain('Transport endpoint is not connected');
    },
  );
});

function pattern(offset: number, length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => patternByte(offset + at)));
}

test.runIf(canMount)('the tools that these tests run are installed', () => {
  const tools = ['findmnt', 'setfattr', 'rsync', 'setpriv'];
  const folders = (process.env['PATH'] ?? '').split(':');
  const missing = tools.filter((tool) => !folders.some((folder) => existsSync(join(folder, tool))));
  expect(missing).toEqual([]);
});
