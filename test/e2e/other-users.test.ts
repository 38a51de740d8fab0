/** Who sees a mount besides the one who made it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains, chain } from '../support/chains.js';
import type { Chain } from '../support/chains.js';
import { canMount } from '../support/mount-process.js';
import { withMount } from '../support/mounted.js';
import { nobody, runAsNobody } from '../support/other-user.js';
import type { Finished } from '../support/run.js';

function asNobody(...command: readonly string[]): Promise<Finished> {
  return runAsNobody(command);
}

describe.runIf(canMount && canMakeChains)('for other users a mount', () => {
  let backup: Chain;
  beforeAll(async () => {
    backup = await chain('gzip');
  });

  it('is closed', async () => {
    await withMount(backup, async ({ mountpoint }) => {
      const { status, stderr } = await asNobody('ls', mountpoint);
      expect(status).not.toBe(0);
      expect(stderr).toContain('Permission denied');
    });
  });

  it('is open with --allow-other, as far as modes and owners let them', async () => {
    await withMount({ ...backup, args: ['--allow-other'] }, async (mounted) => {
      const listed = await asNobody('ls', mounted.at('latest'));
      expect(listed).toMatchObject({ status: 0 });
      expect(listed.stdout).toContain('special-fifo');
      const open = await asNobody('cat', mounted.at('latest/modes/exec'));
      expect(open.stderr).toContain('Permission denied'); // mode 0703, owned by root
      expect(await asNobody('head', '-c', '1', mounted.at('latest/text/notes.txt'))).toMatchObject({
        status: 0,
      });
      expect((await asNobody('cat', mounted.at('latest/modes/none'))).status).not.toBe(0);
    });
  });

  it('with --no-default-permissions lets them read whatever the modes say', async () => {
    const args = ['--allow-other', '--no-default-permissions'];
    await withMount({ ...backup, args }, async (mounted) => {
      expect(await asNobody('cat', mounted.at('latest/modes/none'))).toMatchObject({
        status: 0,
        stdout: 'x',
      });
      const { stderr } = await asNobody('touch', mounted.at('latest/modes/none'));
      expect(stderr).toContain('Read-only file system');
    });
  });

  it('with --uid shows files as theirs', async () => {
    const args = ['--allow-other', '--uid', String(nobody), '--umask', '077'];
    await withMount({ ...backup, args }, async (mounted) => {
      expect(await asNobody('cat', mounted.at('latest/modes/exec'))).toMatchObject({ stdout: 'x' });
    });
  });
});
