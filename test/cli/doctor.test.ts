/** `duplifs doctor`: one line for each thing that was looked at, and what to do about it. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains, chain } from '../support/chains.js';
import type { Chain } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { start, untilVolumes } from '../support/interrupt.js';
import { built, duplifs, runOk } from '../support/run.js';
import { smallSource } from '../support/small-source.js';

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly message: string;
  readonly advice?: string;
}

async function examine(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ status: number | null; findings: Finding[]; of: (check: string) => Finding[] }> {
  const { status, stdout } = await duplifs(['doctor', '--json', ...args], { env });
  const lines = stdout.split('\n').filter((line) => line !== '');
  const findings = lines.map((line) => JSON.parse(line) as Finding);
  return { status, findings, of: (check) => findings.filter((one) => one.check === check) };
}

describe.runIf(canMakeChains)('doctor', () => {
  let backup: Chain;
  beforeAll(async () => {
    await built();
    backup = await chain('passphrase');
  });

  it('finds nothing wrong with a whole backup whose passphrase it has', async () => {
    await withFolder(async (folder) => {
      const args = ['--archive-dir', join(folder, 'archive'), ...backup.args, backup.url];
      const { status, findings, of } = await examine(args, backup.env);
      expect(findings.filter(({ state }) => state === 'failed')).toEqual([]);
      expect(status).toBe(0);
      for (const check of ['node', 'keys', 'chains', 'lock', 'storage lock', 'archive dir']) {
        expect(of(check), check).toMatchObject([{ state: 'ok' }]);
      }
      expect((await readdir(backup.target)).filter((name) => name.includes('duplifs'))).toEqual([]);
    });
  });

  it.runIf(process.getuid?.() === 0)(
    'finds nothing wrong with a backup on a read-only disk, and writes to a storage only when told to',
    async () => {
      await withFolder(async (folder) => {
        const disk = join(folder, 'disk');
        await mkdir(disk);
        await runOk('mount', ['--bind', '-o', 'ro', backup.target, disk]);
        try {
          const rest = ['--archive-dir', join(folder, 'archive'), ...backup.args, `file://${disk}`];
          const read = await examine(rest, backup.env);
          expect(read.findings.filter(({ state }) => state === 'failed')).toEqual([]);
          expect(read.status).toBe(0);
          expect(read.of('storage read')).toMatchObject([{ state: 'ok' }]);
          expect(read.of('storage write')).toMatchObject([{ state: 'skipped' }]);
          const written = await examine(['--write', ...rest], backup.env);
          expect(written.of('storage write')).toMatchObject([{ state: 'failed' }]);
          expect(written.status).toBe(1);
        } finally {
          await runOk('umount', ['-l', disk]);
        }
      });
    },
  );

  it('says that the passphrase is wrong, and what to do', async () => {
    await withFolder(async (folder) => {
      const args = ['--archive-dir', join(folder, 'archive'), ...backup.args, backup.url];
      const { status, of } = await examine(args, { ...backup.env, PASSPHRASE: 'another' });
      expect(status).toBe(1);
      expect(of('keys')).toMatchObject([{ state: 'failed', advice: expect.any(String) as string }]);
    });
  });

  it('says who is writing, and of whom only the lock is left', async () => {
    await withFolder(async (folder) => {
      const { target, archive, args } = await smallSource(folder);
      await mkdir(target);
      const { child, ended } = start(['full', '--max-upload-rate', '500K', ...args]);
      try {
        await untilVolumes(target, 1);
        const asked = ['--archive-dir', archive, `file://${target}`];
        const during = await examine(asked);
        expect(during.of('lock')).toMatchObject([{ state: 'warning' }]);
        expect(during.of('storage lock')).toMatchObject([
          { state: 'warning', message: expect.stringContaining(`process ${child.pid}`) as string },
        ]);
        child.kill('SIGKILL');
        await ended;
        const after = await examine(asked);
        expect(after.of('lock')).toMatchObject([{ state: 'ok' }]);
        expect(after.of('storage lock')).toMatchObject([
          { state: 'ok', message: expect.stringContaining('gone') as string },
        ]);
      } finally {
        child.kill('SIGKILL');
        await ended;
      }
    });
  });

  it('prints lines for people, also where no backup was made yet', async () => {
    await withFolder(async (folder) => {
      const args = ['--archive-dir', join(folder, 'archive'), `file://${join(folder, 'missing')}`];
      const { status, stdout } = await duplifs(['doctor', ...args]);
      expect(stdout).toMatch(/^ok +node: /m);
      expect(stdout).toMatch(/→ /);
      expect(stdout).toMatch(/There is no backup here\n +→ /);
      expect(status).toBe(0);
    });
  });
});
