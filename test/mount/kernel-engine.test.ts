/** What only the kernel engine does. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { canMount } from '../support/mount-process.js';
import { temporaryFolders } from '../support/temporary.js';
import { cleanUp, program, script, serve, start } from './support/served.js';

afterEach(cleanUp);
const newFolder = temporaryFolders(0o755);

/** Opens the path in a process that an alarm interrupts after half a second, and prints what happened. */
const interrupted = `
use POSIX; use Time::HiRes qw(time alarm);
sigaction(SIGALRM, POSIX::SigAction->new(sub {}));
my $begin = time; alarm 0.5;
my $done = $ARGV[0] eq 'list' ? opendir(D, $ARGV[1]) && readdir(D) : stat($ARGV[1]);
printf "%s %d", ($done ? 'done' : $!{EINTR} ? 'EINTR' : $!), time - $begin;`;

describe.runIf(canMount)('the kernel engine', () => {
  test('ends a lookup that waits for the storage when its caller gets a signal', async () => {
    const served = await serve({ tree: 'troubled' });
    const path = join(served.mountpoint, 'slow/lookup');
    const { stdout } = await program(['perl', '-e', interrupted, 'stat', path]);
    expect(stdout).toBe('EINTR 0');
    expect((await served.report()).aborted).toBe(1);
  });

  test('ends a listing that waits for the storage, too', async () => {
    const served = await serve({ tree: 'troubled' });
    const path = join(served.mountpoint, 'slow/folder');
    const { stdout } = await program(['perl', '-e', interrupted, 'list', path]);
    expect(stdout).toMatch(/ 0$/);
    expect((await served.report()).aborted).toBe(1);
  });

  test('lets Ctrl-C end a program that waits for data', async () => {
    const served = await serve({ tree: 'troubled' });
    const started = Date.now();
    const { status } = await program([
      'timeout',
      '-s',
      'INT',
      '0.5',
      'cat',
      join(served.mountpoint, 'slow/read'),
    ]);
    expect(status).toBe(124);
    expect(Date.now() - started).toBeLessThan(5000);
  });

  test('asks for nothing twice: a second walk costs no question', async () => {
    const served = await serve({ tree: 'sample' });
    const walk = 'ls -laR "$1" > /dev/null; find "$1" -ls > /dev/null; cat "$1"/data/* > /dev/null';
    await script(walk.replace('"$1"/data/*', '"$1"/data/file*'), served.mountpoint);
    const before = await served.report();
    expect(Object.keys(before.calls)).toEqual(
      expect.arrayContaining(['readdir', 'readlink', 'read']),
    );
    await script(walk.replace('"$1"/data/*', '"$1"/data/file*'), served.mountpoint);
    const after = await served.report();
    for (const method of ['lookup', 'readdir', 'readlink', 'read', 'getattr']) {
      expect([method, after.calls[method] ?? 0]).toEqual([method, before.calls[method] ?? 0]);
    }
  });

  test('lists a folder with its attributes in one go', async () => {
    const served = await serve({ tree: 'share' });
    await script('ls -lR "$1" > /dev/null', served.mountpoint);
    const { calls } = await served.report();
    expect(calls['readdir']).toBeGreaterThan(0);
    expect(calls['lookup'] ?? 0).toBe(0);
    expect(calls['getattr'] ?? 0).toBeLessThan(10);
  });

  test('does not ask for attributes that are not known when names are enough', async () => {
    const { mountpoint } = await serve({ tree: 'troubled' });
    const started = Date.now();
    expect(
      await script('ls "$1/slow"; find "$1/slow" -maxdepth 1 -name look\\*', mountpoint),
    ).toContain('lookup');
    expect(Date.now() - started).toBeLessThan(5000);
  });

  test('tells where a file comes from in extended attributes', async () => {
    const { mountpoint } = await serve({ tree: 'sample' });
    const dump = await script('cd "$1"; getfattr -d kinds/setuid', mountpoint);
    expect(dump).toMatch(/user\.duplifs\.set="2026-11-20T20-13-58Z"/);
    expect(await script('cd "$1"; getfattr -d "hard names"', mountpoint)).toContain(
      'user.duplifs.ino',
    );
  });

  test('answers EROFS even where the mount was made writable', async () => {
    const { mountpoint } = await serve({ tree: 'sample' });
    expect((await program(['mount', '-i', '-o', 'remount,rw', mountpoint])).status).toBe(0);
    const file = join(mountpoint, 'kinds/setuid');
    for (const attempt of [
      ['touch', join(mountpoint, 'new')],
      ['chmod', '1', file],
      ['rm', file],
      ['mv', file, join(mountpoint, 'new')],
      ['bash', '-c', `echo x > "${file}"`],
      ['bash', '-c', `echo x >> "${file}"`],
      ['mkdir', join(mountpoint, 'new')],
      ['ln', '-s', 'x', join(mountpoint, 'new')],
      ['setfattr', '-n', 'user.x', '-v', 'y', file],
      ['rmdir', join(mountpoint, 'data')],
    ]) {
      const { status, stderr } = await program(['env', 'LC_ALL=C', ...attempt]);
      expect([attempt, status]).not.toEqual([attempt, 0]);
      expect(stderr).toContain('Read-only file system');
    }
  });

  test('keeps other users out, and lets them in with allow_other', async () => {
    const closed = await serve({ tree: 'sample' });
    expect((await program(['ls', closed.mountpoint], { asNobody: true })).status).not.toBe(0);
    const open = await serve({ tree: 'sample', allowOther: true, defaultPermissions: true });
    expect((await program(['ls', open.mountpoint], { asNobody: true })).status).toBe(0);
  });

  test('default_permissions holds file modes against other users', async () => {
    const request = { tree: 'sample', allowOther: true } as const;
    const checked = await serve({ ...request, defaultPermissions: true });
    const unchecked = await serve({ ...request, defaultPermissions: false });
    const read = (mountpoint: string) =>
      program(['cat', join(mountpoint, 'private/secret')], { asNobody: true });
    expect((await read(checked.mountpoint)).stderr).toContain('Permission denied');
    expect((await read(unchecked.mountpoint)).stdout).toBe('secret');
  });

  test('shows at once what appeared and what vanished, however long names may be kept', async () => {
    const served = await serve({ tree: 'troubled' });
    const look = () =>
      script('cd "$1"; ls; stat -c %s quick appeared 2> /dev/null || true', served.mountpoint);
    expect(await look()).toBe('damaged\nquick\nslow\n1\n');
    expect(await look()).toBe('damaged\nquick\nslow\n1\n');
    served.signal('SIGUSR2');
    await served.message('changed');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await look()).toBe('appeared\ndamaged\nslow\n3\n');
  });

  test('an invalidation does not wait for a request that waits for the storage', async () => {
    const served = await serve({ tree: 'troubled' });
    const waiting = program(['stat', join(served.mountpoint, 'slow/lookup')], { timeoutMs: 3000 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    served.signal('SIGUSR2');
    await served.message('changed');
    expect(await script('cat "$1/appeared"', served.mountpoint)).toBe('new');
    await waiting;
  });

  test('serves without any privilege a device that mount.fuse3 hands over', async () => {
    const mountpoint = newFolder();
    const helper = join(newFolder(), 'helper.sh');
    // mount.fuse3 opens the device, mounts, drops its privileges, and runs: helper source /dev/fd/N -o …
    const served = await serve(
      { tree: 'sample', mountpoint },
      ([node = '', file = '', request = '']) => {
        const inner = request.replace(JSON.stringify(mountpoint), '"\'"$2"\'"');
        writeFileSync(
          helper,
          `#!/bin/sh\necho "{\\"place\\":\\"$2\\"}"\nexec ${node} ${file} '${inner}'\n`,
        );
        chmodSync(helper, 0o755);
        return ['mount.fuse3', `${helper}#source`, mountpoint, '-o', 'ro,drop_privileges,dev,suid'];
      },
    );
    expect(served.messages[0]?.['place']).toMatch(/^\/dev\/fd\/\d+$/);
    expect(await script('cat "$1/kinds/setuid"', mountpoint)).toBe('x');
    expect((await program(['umount', mountpoint])).status).toBe(0);
    expect((await served.message('ended'))['ended']).toBe('outside');
    expect(await served.ended).toBe(0);
  });

  test('refuses a descriptor that is no open device', async () => {
    const served = await start({ tree: 'sample', mountpoint: '/dev/fd/1' });
    expect((await served.message('failed'))['failed']).toMatch(
      /^The descriptor 1 is not an open "\/dev\/fuse"/,
    );
    expect(await served.ended).toBe(25);
  });
});
