/** Mounts of a user who is not root, through fusermount3. */
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { canMount } from '../support/mount-process.js';
import { temporaryFolders } from '../support/temporary.js';
import { cleanUp, program, serve, start } from './support/served.js';

let closeDevice: () => void = () => undefined;
beforeAll(() => {
  if (canMount) closeDevice = openFuseDevice();
});
afterAll(() => {
  closeDevice();
});
afterEach(cleanUp);
const newFolder = temporaryFolders(0o755);

describe.runIf(canMount).each(['kernel', 'libfuse', 'auto'] as const)(
  'an ordinary user with the engine "%s"',
  (engine) => {
    test('mounts, reads, and unmounts with fusermount3', async () => {
      const served = await serve({ tree: 'sample', engine, asNobody: true });
      expect(served.messages).toContainEqual({
        ready: true,
        engine: engine === 'auto' ? 'kernel' : engine,
      });
      const read = await program(['cat', join(served.mountpoint, 'kinds/setuid')], {
        asNobody: true,
      });
      expect(read.stdout).toBe('x');
      const shown = await program([
        'findmnt',
        '-n',
        '-o',
        'FSTYPE,OPTIONS,SOURCE',
        served.mountpoint,
      ]);
      expect(shown.stdout).toMatch(
        /^fuse\.duplifs\s+ro,nosuid,nodev,.*file:\/\/\/tmp\/backup of "me"/,
      );
      const unmounted = await program(['fusermount3', '-u', served.mountpoint], { asNobody: true });
      expect(unmounted.status).toBe(0);
      expect((await served.message('ended'))['ended']).toBe('outside');
      expect(await served.ended).toBe(0);
    });

    test('unmounts its own mount', async () => {
      const served = await serve({ tree: 'sample', engine, asNobody: true });
      served.signal('SIGTERM');
      expect((await served.message('ended'))['ended']).toBe('unmounted');
      expect(await served.ended).toBe(0);
    });
  },
);

describe.runIf(canMount)('an ordinary user', () => {
  test('is told what allow_other needs', async () => {
    const served = await start({ tree: 'sample', asNobody: true, allowOther: true });
    const failed = await served.message('failed');
    expect(failed['failed']).toContain('user_allow_other');
    expect(failed['hint']).toBe('Ask root to add the line "user_allow_other" to /etc/fuse.conf');
    expect(await served.ended).toBe(25);
  });

  test('is told why a folder of somebody else cannot be used', async () => {
    const served = await start({ tree: 'sample', asNobody: true, mountpoint: newFolder() });
    expect((await served.message('failed'))['failed']).toMatch(/Cannot mount at .*write access/);
  });

  test('is told who uses the mount', async () => {
    const served = await serve({ tree: 'sample', asNobody: true });
    const user = program(['sleep', '3'], { asNobody: true, cwd: '/' });
    const inside = program(['bash', '-c', 'cd "$0/kinds" && exec sleep 3', served.mountpoint], {
      asNobody: true,
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    served.signal('SIGTERM');
    expect((await served.message('failed'))['failed']).toMatch(/in use by process \d+ "sleep"/);
    await Promise.all([user, inside]);
  });

  test('finds a crashed mount "not connected", and the next mount cleans it up', async () => {
    const first = await serve({ tree: 'sample', asNobody: true });
    first.signal('SIGKILL');
    await first.ended;
    const listed = await program(['env', 'LC_ALL=C', 'ls', first.mountpoint], { asNobody: true });
    expect(listed.stderr).toContain('Transport endpoint is not connected');
    const second = await serve({
      tree: 'sample',
      asNobody: true,
      mountpoint: first.mountpoint,
      prepare: true,
    });
    const read = await program(['cat', join(second.mountpoint, 'kinds/setuid')], {
      asNobody: true,
    });
    expect(read.stdout).toBe('x');
  });
});

/** Makes /dev/fuse usable by everybody, as udev does elsewhere; returns how to take that back. */
function openFuseDevice(): () => void {
  const { mode } = statSync('/dev/fuse');
  chmodSync('/dev/fuse', 0o666);
  return () => {
    chmodSync('/dev/fuse', mode & 0o777);
  };
}
