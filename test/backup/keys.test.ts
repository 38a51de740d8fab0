/** What a set is encrypted with is proven before the first byte is written. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseMessageHeader } from '../../src/openpgp/index.js';
import { GpgHome, hasGpg } from '../openpgp/gpg-home.js';
import { canMakeChains } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { killAfterVolumes } from '../support/interrupt.js';
import { built, duplifs, runOk } from '../support/run.js';
import { smallSource } from '../support/small-source.js';
import { withTarget } from './target.js';

beforeAll(built);

/** The session key packets of each encrypted file in the folder, by its name. */
async function sessionsOf(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.gpg'));
  const packets = names.map(async (name): Promise<[string, string]> => {
    const header = parseMessageHeader(await readFile(join(folder, name)), true);
    return [name, header?.keyPackets.toString('hex') ?? ''];
  });
  return new Map(await Promise.all(packets));
}

describe('a passphrase', () => {
  it('that does not open the chain is refused before anything is written, with a warm archive dir too', async () => {
    await withTarget(async ({ backup, stored, change }) => {
      expect(await backup([], { PASSPHRASE: 'right' })).toMatchObject({ status: 0 });
      const before = await stored();
      await change();
      const wrong = await backup([], { PASSPHRASE: 'wrong' });
      expect(wrong).toMatchObject({ status: 31 });
      expect(wrong.stderr).toContain('The passphrase is not the one that "duplicity-full.');
      expect(wrong.stderr).toContain('--allow-other-keys');
      expect(await stored()).toEqual(before);
      expect(await backup([], { PASSPHRASE: 'right' })).toMatchObject({ status: 0 });
    });
  });

  it('may be another one if that is wanted', async () => {
    await withTarget(async ({ backup, stored, change }) => {
      await backup([], { PASSPHRASE: 'old' });
      await change();
      const other = await backup(['--allow-other-keys'], { PASSPHRASE: 'new' });
      expect(other).toMatchObject({ status: 0 });
      expect(other.stderr).toContain('Warning: "duplicity-full.');
      expect((await stored()).filter((name) => name.includes('-inc.'))).toHaveLength(2);
    });
  });

  it('is derived to a key once for all sets of a chain, and anew for another chain, passphrase or S2K', async () => {
    await withTarget(async ({ backup, folder, change }) => {
      const right = { PASSPHRASE: 'right' };
      const sessions: string[] = [];
      const run = async (options: readonly string[], env = right) => {
        const before = await sessionsOf(join(folder, 'target'));
        await change();
        const ran = await backup(options, env);
        expect(ran, ran.stderr).toMatchObject({ status: 0 });
        const after = await sessionsOf(join(folder, 'target'));
        const made = new Set(
          [...after].filter(([name]) => !before.has(name)).map(([, one]) => one),
        );
        expect(made.size).toBe(1); // volumes, signatures, index and manifest
        sessions.push(...made);
      };
      await run(['full']);
      await run(['inc']);
      await run(['inc', '--archive-dir', join(folder, 'another machine')]);
      await run(['inc', '--gpg-options', '--s2k-count 65536']);
      await run(['inc', '--allow-other-keys'], { PASSPHRASE: 'other' });
      await run(['full']);
      const [full, ...others] = sessions;
      expect(others.map((one) => one === full)).toEqual([true, true, false, false, false]);
      expect(new Set(sessions).size).toBe(4);
    });
  });

  it.runIf(canMakeChains)('opens a chain with one session in duplicity, too', async () => {
    await withTarget(async ({ backup, source, url, change, folder }) => {
      const env = { PASSPHRASE: 'right' };
      for (let set = 0; set < 3; set += 1) {
        await change();
        expect(await backup([], env)).toMatchObject({ status: 0 });
      }
      expect(new Set((await sessionsOf(join(folder, 'target'))).values()).size).toBe(1);
      const out = join(folder, 'out');
      const theirs = ['--archive-dir', join(folder, 'theirs')];
      await runOk('duplicity', ['restore', ...theirs, url, out], { env });
      expect(await runOk('diff', ['-r', source, out])).toBe('');
    });
  });

  it.runIf(canMakeChains)('is held against chains of duplicity as well', async () => {
    await withTarget(async ({ backup, source, url, change, archive }) => {
      const env = { PASSPHRASE: 'right' };
      await runOk('duplicity', ['full', '--archive-dir', archive, source, url], { env });
      await change();
      expect(await backup([], { PASSPHRASE: 'wrong' })).toMatchObject({ status: 31 });
      expect(await backup([], env)).toMatchObject({ status: 0 });
      // gpg's volumes have no session key of their own that could be continued
      const sessions = await sessionsOf(fileURLToPath(url));
      const of = (kind: string) =>
        [...sessions].filter(([name]) => name.includes(kind)).map(([, one]) => one);
      expect(new Set(of('-inc.')).size).toBe(1);
      expect(of('-full.')).not.toContain(of('-inc.')[0]);
    });
  });

  it('that is not the one of the interrupted run does not go on with its set', async () => {
    await withFolder(async (folder) => {
      const { target, args: plain } = await smallSource(folder);
      const args = plain.filter((one) => one !== '--no-encryption');
      const killed = await killAfterVolumes(['full', ...args], target, 2, {
        env: { PASSPHRASE: 'right' },
      });
      expect(killed).toBe(true);
      const volumesOf = async () => (await readdir(target)).filter((name) => name.includes('.vol'));
      const before = await volumesOf();
      const wrong = await duplifs(['full', ...args], { env: { PASSPHRASE: 'wrong' } });
      expect(wrong).toMatchObject({ status: 31 });
      expect(await volumesOf()).toEqual(before);
      const right = await duplifs(['full', ...args], { env: { PASSPHRASE: 'right' } });
      expect(right).toMatchObject({ status: 0 });
      expect(right.stderr).toContain('Going on with the set');
    });
  });
});

describe.runIf(hasGpg)('a key', () => {
  it('of which only the public part is there continues its chain, and no other', async () => {
    await withTarget(async ({ backup, stored, change, folder }) => {
      await withKeys(async (home) => {
        const one = await publicKeyOf(home, folder, 'one');
        const two = await publicKeyOf(home, folder, 'two');
        const noGpg = ['--gpg-binary', '/nonexistent/gpg'];
        expect(await backup([...noGpg, ...one])).toMatchObject({ status: 0 });
        await change();
        expect(await backup([...noGpg, ...one])).toMatchObject({ status: 0, stderr: '' });
        const before = await stored();
        await change();
        const other = await backup([...noGpg, ...two]);
        expect(other).toMatchObject({ status: 31 });
        expect(other.stderr).toContain(`needs the key ${home.idsOf('one').subkeys[0]?.slice(-16)}`);
        const passphrase = await backup(noGpg, { PASSPHRASE: 'of nobody' });
        expect(passphrase).toMatchObject({ status: 31 });
        expect(passphrase.stderr).toContain('what is written now would need a passphrase');
        expect(await stored()).toEqual(before);
        const both = await backup([...noGpg, ...one, ...two]);
        expect(both).toMatchObject({ status: 0 });
      });
    });
  });

  it('with a new subkey continues the chain of its old one', async () => {
    await withTarget(async ({ backup, change, folder }) => {
      await withKeys(async (home) => {
        const { fingerprint } = home.makeKey('rolling');
        home.gpg(['--output', join(folder, 'old'), '--export', fingerprint]);
        const id = ['--encrypt-key', fingerprint];
        await backup(['--key-file', join(folder, 'old'), ...id]);
        home.gpg(['--quick-add-key', fingerprint, 'cv25519', 'encr', '0']);
        home.gpg(['--output', join(folder, 'new'), '--export', fingerprint]);
        await change();
        const { status, stderr } = await backup(['--key-file', join(folder, 'new'), ...id]);
        expect(status, stderr).toBe(0);
      });
    });
  });

  it('that is hidden in the chain is believed, and warned about where another is named', async () => {
    await withTarget(async ({ backup, change, folder }) => {
      await withKeys(async (home) => {
        const [flag = '', file = '', , id = ''] = await publicKeyOf(home, folder, 'one');
        expect(await backup([flag, file, '--hidden-encrypt-key', id])).toMatchObject({ status: 0 });
        await change();
        const hidden = await backup([flag, file, '--hidden-encrypt-key', id]);
        expect(hidden).toMatchObject({ status: 0, stderr: '' });
        await change();
        const named = await backup([flag, file, '--encrypt-key', id]);
        expect(named).toMatchObject({ status: 0 });
        expect(named.stderr).toContain('cannot be told');
      });
    });
  });

  it('that is expired, revoked or only signs is refused with its id and the reason', async () => {
    await withTarget(async ({ backup, stored }) => {
      await withKeys(async (home) => {
        const expired = home.makeKey(
          'expired',
          '',
          ['ed25519', 'cv25519'],
          'seconds=1',
        ).fingerprint;
        const revoked = home.makeKey('revoked').fingerprint;
        const revocation = `${home.path}/openpgp-revocs.d/${revoked}.rev`;
        const certificate = (await readFile(revocation, 'utf8')).replace(/^:(-----BEGIN)/m, '$1');
        home.gpg(['--import'], certificate);
        const signs = home.makeKey('signs', '', ['ed25519', '']).fingerprint;
        const env = { GNUPGHOME: home.path };
        const refused: [string, RegExp][] = [
          [expired, /expired/i],
          [revoked, /revoked/i],
          [signs, /encrypt/i],
        ];
        await new Promise((resolve) => setTimeout(resolve, 1100));
        for (const [id, reason] of refused) {
          const { status, stderr } = await backup(['--encrypt-key', id], env);
          expect(status, stderr).toBe(31);
          expect(stderr).toContain(`Cannot encrypt to key ${id}`);
          expect(stderr.replaceAll(id, '')).toMatch(reason);
        }
        const good = home.makeKey('good').fingerprint;
        for (const [id, reason] of refused.slice(0, 2)) {
          const args = ['--encrypt-key', good, '--sign-key', id];
          const { status, stderr } = await backup(args, env);
          expect(status, stderr).toBe(31);
          expect(stderr).toContain(id);
          expect(stderr.replaceAll(id, '')).toMatch(reason);
        }
        expect(await stored()).toEqual([]);
      });
    });
  });
});

describe('the archive dir', () => {
  it.each([
    ['host', (text: string) => text.replace(/^Hostname .*$/m, 'Hostname other')],
    ['folder', (text: string) => text.replace(/^Localdir .*$/m, 'Localdir /other')],
    ['volumes', (text: string) => text.replace('Volume 1:', 'Volume 2:')],
    ['hash', (text: string) => text.replace(/SHA1 ./, (start) => start.replace(/.$/, 'x'))],
  ])('whose manifest has another %s than the stored one is not continued', async (_, harm) => {
    await withTarget(async ({ backup, stored, change, archive }) => {
      const env = { PASSPHRASE: 'right' };
      await backup([], env);
      const [cache = ''] = await readdir(archive);
      const names = await readdir(join(archive, cache));
      const manifest = join(archive, cache, names.find((name) => name.endsWith('.manifest')) ?? '');
      const text = await readFile(manifest, 'utf8');
      await writeFile(manifest, harm(text));
      await change();
      const before = await stored();
      const refused = await backup([], env);
      expect(refused).toMatchObject({ status: 5 });
      expect(refused.stderr).toContain('is not the one in the archive dir');
      expect(refused.stderr).toContain(`Move "${join(archive, cache)}" aside`);
      expect(await stored()).toEqual(before);
      await writeFile(manifest, text);
      expect(await backup([], env)).toMatchObject({ status: 0 });
    });
  });
});

async function withKeys(work: (home: GpgHome) => Promise<void>): Promise<void> {
  const home = new GpgHome();
  try {
    await work(home);
  } finally {
    home.remove();
  }
}

/** Makes a key; the options that encrypt to it from a file with its public part. */
async function publicKeyOf(home: GpgHome, folder: string, user: string): Promise<string[]> {
  const { fingerprint } = home.makeKey(user);
  const path = join(folder, `${user}.key`);
  await writeFile(path, home.gpg(['--export', fingerprint]));
  return ['--key-file', path, '--encrypt-key', fingerprint];
}
