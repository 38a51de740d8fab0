/** `--gpg-options` where a backup is written: heeded, or refused by name. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GpgHome, hasGpg } from '../openpgp/gpg-home.js';
import type { KeyIds } from '../openpgp/gpg-home.js';
import { canMakeChains } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { built, duplifs, runOk } from '../support/run.js';

const home = new GpgHome();
let reader: KeyIds;
let signer: KeyIds;
beforeAll(async () => {
  await built();
  reader = home.makeKey('reader');
  signer = home.makeKey('signer', '', ['rsa2048']);
});
afterAll(() => {
  home.remove();
});

interface Made {
  readonly status: number | null;
  readonly stderr: string;
  /** What gpg lists of each file's packets. */
  readonly packets: readonly string[];
}

/** Backs a small folder up with these options of gpg, has duplicity restore it, and lists the packets. */
async function backUp(folder: string, gpgOptions: string, more: string[] = []): Promise<Made> {
  const source = join(folder, 'source');
  await mkdir(source);
  await writeFile(join(source, 'file'), 'content '.repeat(10_000));
  const env = { PASSPHRASE: 'secret', GNUPGHOME: home.path };
  const url = `file://${join(folder, 'target')}`;
  const archive = ['--archive-dir', join(folder, 'archive')];
  const options = [...archive, '--gpg-options', gpgOptions, ...more];
  const { status, stderr } = await duplifs(['full', ...options, source, url], { env });
  if (status !== 0) return { status, stderr, packets: [] };
  const out = join(folder, 'out');
  const theirs = ['--archive-dir', join(folder, 'theirs'), '-v1'];
  await runOk('duplicity', ['restore', ...theirs, url, out], { env });
  expect(await runOk('diff', ['-r', source, out])).toBe('');
  const ours = await duplifs(['restore', ...archive, url, join(folder, 'ours')], { env });
  expect(ours, ours.stderr).toMatchObject({ status: 0 });
  const names = (await readdir(join(folder, 'target'))).filter((name) => name.endsWith('.gpg'));
  const packets = names.map((name) =>
    home.gpg(['--list-packets', join(folder, 'target', name)], '', 'secret').toString('utf8'),
  );
  return { status, stderr, packets };
}

describe.runIf(hasGpg && canMakeChains)('--gpg-options of a backup', () => {
  it('choose cipher, S2K and compression of all its files', async () => {
    await withFolder(async (folder) => {
      const options =
        '--cipher-algo CAMELLIA192 --s2k-digest-algo=SHA512 --s2k-count 65536 --compress-algo none';
      const { packets } = await backUp(folder, options);
      expect(packets.length).toBeGreaterThanOrEqual(3);
      for (const text of packets) {
        expect(text).toMatch(/symkey enc packet: version 4, cipher 12,.*s2k 3, hash 10/);
        expect(text).toContain('count 65536');
        expect(text).not.toContain('compressed packet');
      }
    });
  });

  it('hide the keys, and choose the digest of signatures', async () => {
    await withFolder(async (folder) => {
      const keys = ['--encrypt-key', reader.fingerprint, '--sign-key', signer.fingerprint];
      const options = '--throw-keyids --digest-algo SHA384 --s2k-cipher-algo AES';
      const { packets, stderr } = await backUp(folder, options, keys);
      expect(packets.length, stderr).toBeGreaterThanOrEqual(3);
      for (const text of packets) {
        expect(text).toContain('keyid 0000000000000000');
        expect(text).toMatch(/onepass_sig packet[^]*digest 9/);
      }
    });
  });

  it('choose the digest of a signing key in a file as well', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'secret.key');
      await writeFile(file, home.gpg(['--export-secret-keys']), { mode: 0o600 });
      const keys = ['--encrypt-key', reader.fingerprint, '--sign-key', signer.fingerprint];
      const { packets, stderr } = await backUp(folder, '--digest-algo SHA256', [
        ...keys,
        '--key-file',
        file,
      ]);
      expect(packets.length, stderr).toBeGreaterThanOrEqual(3);
      for (const text of packets) expect(text).toMatch(/onepass_sig packet[^]*digest 8/);
    });
  });

  it.each([
    ['--no-such-option', '--no-such-option'],
    ['--homedir x --armor', '--armor'],
    ['--compress-algo=bzip2', '--compress-algo bzip2'],
    ['--cipher-algo TWOFISH', '--cipher-algo TWOFISH'],
    ['--s2k-mode 0', '--s2k-mode 0'],
    ['--s2k-count 5', '--s2k-count 5'],
    ['--digest-algo MD5', '--digest-algo MD5'],
    ['-z 10', '--compress-level 10'],
    ['--recipient a', '--recipient'],
    ['--disable-mdc', '--disable-mdc'],
  ])('are refused where they cannot be honoured: %s', async (words, named) => {
    await withFolder(async (folder) => {
      const { status, stderr } = await backUp(folder, words);
      expect(status).toBe(2);
      expect(stderr).toContain(`"${named}" in --gpg-options cannot be honoured`);
      expect(await readdir(folder)).not.toContain('target');
    });
  });
});
