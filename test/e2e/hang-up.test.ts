/** SIGHUP, which a closed terminal sends: it ends a command as SIGTERM does. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains, chain } from '../support/chains.js';
import type { Chain } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { start, untilVolumes } from '../support/interrupt.js';
import { canMount, engines, isMounted, mountPlace, until } from '../support/mount-process.js';
import { Mounted } from '../support/mounted.js';
import { built, duplifs, duplifsScript, run } from '../support/run.js';
import { smallSource } from '../support/small-source.js';

const terminal = fileURLToPath(new URL('../support/closed-terminal.py', import.meta.url));
const interrupted = 4;

beforeAll(built);

describe.runIf(canMount && canMakeChains)('a mount', () => {
  let backup: Chain;
  beforeAll(async () => {
    backup = await chain('plain');
  });

  it.each(engines)('is unmounted by SIGHUP, with the engine %s', async (engine) => {
    const mounted = await Mounted.start({ ...backup, engine });
    try {
      mounted.signal('SIGHUP');
      mounted.signal('SIGHUP'); // by the shell, and by the kernel
      expect(await mounted.end()).toBe(0);
      expect(await isMounted(mounted.mountpoint)).toBe(false);
    } finally {
      await mounted.remove();
    }
  });

  it('is unmounted by SIGQUIT (Ctrl-\\)', async () => {
    const mounted = await Mounted.start({ ...backup, engine: 'kernel' });
    try {
      mounted.signal('SIGQUIT');
      expect(await mounted.end()).toBe(0);
      expect(await isMounted(mounted.mountpoint)).toBe(false);
    } finally {
      await mounted.remove();
    }
  });

  it('is unmounted when its terminal is closed', async () => {
    const { folder, mountpoint } = await mountPlace();
    const command = ['mount', '--archive-dir', join(folder, 'archive'), backup.url, mountpoint];
    const words = [terminal, 'Mounted at', process.execPath, duplifsScript, ...command];
    const { stdout } = await run('python3', words);
    const isLeft = await isMounted(mountpoint);
    if (isLeft) await run('umount', ['-l', mountpoint]);
    expect([stdout.trim(), isLeft]).toEqual(['0', false]);
  });

  it('goes on under nohup', async () => {
    const { folder, mountpoint } = await mountPlace();
    const command = ['mount', '--archive-dir', join(folder, 'archive'), backup.url, mountpoint];
    const line = 'nohup "$@" & echo $! > "$FOLDER/pid"; wait';
    const words = ['-c', line, 'bash', process.execPath, duplifsScript, ...command];
    const ended = run('bash', words, { env: { FOLDER: folder } });
    try {
      await until(() => isMounted(mountpoint), 30_000);
      await run('bash', ['-c', 'kill -HUP "$(cat "$1/pid")"', 'bash', folder]);
      await setTimeout(1000);
      expect(await readdir(mountpoint)).toContain('latest');
    } finally {
      await run('umount', [mountpoint]);
      await ended;
    }
  });
});

describe('a backup', () => {
  it('ends as by SIGTERM, and leaves neither a lock nor temporary files', async () => {
    await withFolder(async (folder) => {
      const { target, args } = await smallSource(folder);
      const temporary = join(folder, 'temporary');
      await mkdir(temporary);
      const running = start(['full', '--tempdir', temporary, ...args]);
      await untilVolumes(target, 2);
      running.child.kill('SIGHUP');
      running.child.kill('SIGHUP');
      const { status, stderr } = await running.ended;
      expect(status, stderr).toBe(interrupted);
      expect(await readdir(temporary)).toEqual([]);
      expect((await readdir(target)).filter((name) => name.includes('lock'))).toEqual([]);
      const next = await duplifs(['full', ...args]);
      expect(next, next.stderr).toMatchObject({ status: 0 });
      expect(next.stderr).not.toContain('lock');
    });
  });
});
