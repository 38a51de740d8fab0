/** A profile in a kit: a new machine runs it where the old one stopped. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { machines } from '../../support/machine.js';
import type { Machine } from '../../support/machine.js';

const newMachine = machines();
const env = { KIT_PASSPHRASE: 'of the kit' };

describe('a kit for a profile', { timeout: 120_000 }, () => {
  let first: Machine;
  beforeEach(async () => {
    first = newMachine();
    await mkdir(first.at('source'));
    await writeFile(first.at('source', 'file'), 'content');
    await writeFile(first.at('secret'), 'a pass phrase\n', { mode: 0o600 });
    await write('base', ['[secrets]', `PASSPHRASE = { file = "~/secret" }`]);
    await write('mine', [
      'extends = "base"',
      `source = "${first.at('source')}"`,
      `url = "file://${first.at('target')}"`,
      'file-prefix = "ada-"',
    ]);
    await first.ok(['backup', 'mine']);
  });

  async function write(name: string, lines: readonly string[]): Promise<void> {
    await mkdir(first.at('.config/duplifs'), { recursive: true });
    await writeFile(first.at('.config/duplifs', `${name}.toml`), `${lines.join('\n')}\n`, {
      mode: 0o600,
    });
  }

  it('has it with what it extends, and a new machine uses it', async () => {
    const told = await first.ok(['kit', 'mine', 'kit.gpg', '--with-passphrases'], { env });
    expect(told).toContain('profiles/mine.toml, profiles/base.toml');
    const second = newMachine();
    const kit = first.at('kit.gpg');
    const shown = await second.ok(['kit', 'open', kit], { env });
    const path = second.at('.config/duplifs/mine.toml');
    expect(shown).toContain(`The profile "mine" is written to "${path}"`);
    expect(shown).toContain(
      `"${second.at('secret')}" must be there (secrets.PASSPHRASE of the profile "mine")`,
    );
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await writeFile(second.at('secret'), 'a pass phrase\n', { mode: 0o600 });
    await second.ok(['restore', 'mine', 'back']);
    expect(await readFile(second.at('back/file'), 'utf8')).toBe('content');
    // once more it is there; one that was changed stays
    const again = await second.ok(['kit', 'open', kit], { env });
    expect(again).toContain('The profile "mine" is there');
    expect(again).not.toContain('must be there');
    await writeFile(path, `${await readFile(path, 'utf8')}# mine\n`);
    const kept = await second.ok(['kit', 'open', kit], { env });
    expect(kept).toContain('The profile "mine" is another one here, and stays');
    expect(await readFile(path, 'utf8')).toContain('# mine');
    // one that cannot be used is told, and does not stop the rest
    await writeFile(path, 'no-such-key = 1\n');
    const broken = await second.ok(['kit', 'open', kit], { env });
    expect(broken).toContain('The profile "mine" cannot be used here: ');
    expect(broken).toContain('Restore with: ');
    await second.ok(['kit', 'open', kit, '--force'], { env });
    expect(await readFile(path, 'utf8')).toContain('extends = "base"');
    expect(await readFile(path, 'utf8')).not.toContain('# mine');
  });

  it('does not take one that holds a secret, unless that is asked for', async () => {
    await write('base', ['[secrets]', `PASSPHRASE = "a pass phrase"`]);
    const refused = await first.duplifs(['kit', 'mine', 'kit.gpg'], { env });
    expect([refused.status, refused.stdout]).toEqual([expect.any(Number), '']);
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain(
      `"${first.at('.config/duplifs/base.toml')}" holds a secret (secrets.PASSPHRASE), which is not asked for`,
    );
    const all = ['--with-passphrases', '--with-credentials'];
    await first.ok(['kit', 'mine', 'kit.gpg', ...all], { env });
    const second = newMachine();
    await second.ok(['kit', 'open', first.at('kit.gpg')], { env });
    await second.ok(['restore', 'mine', 'back']);
    expect(await readFile(second.at('back/file'), 'utf8')).toBe('content');
  });

  it('that names another profile as well has both', async () => {
    await write('other', ['url = "file:///nowhere"']);
    const told = await first.ok(['kit', 'mine', 'kit.gpg', '--profile', 'other'], { env });
    expect(told).toContain('profiles/other.toml');
    expect(told).toContain('profiles/mine.toml');
    const wrong = await first.duplifs(['kit', 'mine', 'kit2.gpg', '--profile', 'none'], { env });
    expect(wrong.stderr).toContain('There is no profile "none"');
    expect(wrong.status).not.toBe(0);
  });
});
