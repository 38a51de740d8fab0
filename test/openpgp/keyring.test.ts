import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { decryptMessage, Keyring } from '../../src/openpgp/index.js';
import type { KeyringOptions } from '../../src/openpgp/index.js';
import { collect, GpgHome, hasGpg, inPieces } from './gpg-home.js';
import type { KeyIds } from './gpg-home.js';

const home = new GpgHome();
const gpg = { binary: 'gpg', options: [], home: home.path, useAgent: false };
const plain = randomBytes(5000);
let locked: KeyIds;
let open: KeyIds;

beforeAll(() => {
  locked = home.makeKey('locked', 'sesame');
  open = home.makeKey('open');
});
afterAll(() => {
  home.remove();
});

const symmetric = (passphrase: string) => home.gpg(['-c', '--s2k-mode', '1'], plain, passphrase);
const toKey = (key: KeyIds, ...args: string[]) =>
  home.gpg(['-e', '-r', key.fingerprint, ...args], plain);
const secretKeys = (key: KeyIds) =>
  home.gpg(['--export-secret-keys', key.fingerprint], '', 'sesame');

async function opens(keyring: Keyring, message: Uint8Array, fileName = 'vol1.gpg'): Promise<void> {
  const { plaintext } = await decryptMessage(inPieces(message), { fileName, keyring });
  expect((await collect(plaintext)).equals(plain)).toBe(true);
}

/** A keyring whose user gives these answers, and the questions that were asked. */
function asking(answers: (string | undefined)[], options: KeyringOptions = {}) {
  const questions: string[] = [];
  let open = 0;
  const ask = async (question: string) => {
    open += 1;
    expect(open).toBe(1);
    questions.push(question);
    await new Promise((resolve) => setTimeout(resolve, 20));
    open -= 1;
    return answers.shift();
  };
  return { keyring: new Keyring({ ...options, ask }), questions };
}

describe.skipIf(!hasGpg)('one keyring opens a chain', () => {
  it('whose sets have different passphrases and keys', async () => {
    const keyFiles = [{ path: 'open.key', bytes: secretKeys(open) }];
    const keyring = new Keyring({ passphrases: ['one', 'two', 'sesame'], keyFiles, gpg });
    const messages = [
      symmetric('two'),
      toKey(open),
      symmetric('one'),
      toKey(locked),
      symmetric('two'),
    ];
    await Promise.all(messages.map((message) => opens(keyring, message)));
  });

  it('whose passphrase has a second line, of which gpg takes the first', async () => {
    const keyring = new Keyring({ passphrases: ['one\nmore'] });
    await opens(keyring, symmetric('one'));
  });

  it('that was encrypted to a key and a passphrase, by either', async () => {
    const both = home.gpg(['-e', '-c', '-r', open.fingerprint], plain, 'one');
    await opens(new Keyring({ passphrases: ['one'] }), both);
    await opens(new Keyring({ gpg }), both);
  });

  it('and never takes a wrong passphrase of many for the right one', async () => {
    const passphrases = Array.from({ length: 200 }, (_, i) => `wrong ${i}`);
    for (let i = 0; i < 5; i += 1) {
      const keyring = new Keyring({ passphrases: [...passphrases, 'right'] });
      await opens(keyring, symmetric('right'));
    }
  });
});

describe.skipIf(!hasGpg)('several passphrases', () => {
  const nameOf = (set: number, volume: number): string =>
    `duplicity-full.2026010${set}T000000Z.vol${volume}.gpg`;

  it('are tried for a set once: its other files are opened with what has opened one', async () => {
    const all = ['a', 'b', 'c', 'd', 'one', 'two'];
    const keyring = new Keyring({ passphrases: all });
    const derive = vi.spyOn(keyring.passphrases, 'derive');
    // the files of two sets in turn
    for (let volume = 1; volume <= 4; volume += 1) {
      await opens(keyring, symmetric('one'), nameOf(1, volume));
      await opens(keyring, symmetric('two'), nameOf(2, volume));
    }
    expect(derive.mock.calls.length).toBeLessThanOrEqual(2 * all.length + 6);
  });

  it('are bytes, UTF-8 or not', async () => {
    const passphrase = Buffer.from([0x70, 0xe9, 0xff, 0x21]);
    const secretFile = join(home.path, 'passphrase');
    writeFileSync(secretFile, passphrase);
    const file = home.gpg(['--passphrase-file', secretFile, '--symmetric'], plain);
    await opens(new Keyring({ passphrases: [passphrase] }), file);
    for (const other of [passphrase.toString('utf8'), passphrase.toString('latin1')]) {
      const keyring = new Keyring({ passphrases: [other] });
      await expect(opens(keyring, file)).rejects.toMatchObject({ code: 'KEY' });
    }
  });

  it('are overwritten when they are no longer needed, and open nothing more', async () => {
    const keyring = new Keyring({ passphrases: ['one'] });
    const file = symmetric('one');
    const [kept] = keyring.passphrases.known;
    await opens(keyring, file);
    keyring.wipe();
    expect(kept?.equals(Buffer.alloc(3))).toBe(true);
    await expect(opens(keyring, file)).rejects.toMatchObject({ code: 'KEY' });
  });
});

describe.skipIf(!hasGpg)('a passphrase that is missing', () => {
  it('is asked for once, though many files need it at the same time', async () => {
    const { keyring, questions } = asking(['one'], { passphrases: ['other'] });
    const messages = Array.from({ length: 6 }, () => symmetric('one'));
    await Promise.all(messages.map((message, i) => opens(keyring, message, `vol${i}.gpg`)));
    expect(questions).toEqual(['Passphrase of the backup (for "vol0.gpg")']);
  });

  it('is asked for by the key whose it is: in a file, or in the GnuPG keyring', async () => {
    const keyFiles = [{ path: 'locked.key', bytes: secretKeys(locked) }];
    const file = asking(['sesame'], { keyFiles });
    await opens(file.keyring, toKey(locked));
    expect(file.questions[0]).toMatch(/^Passphrase of the key [0-9A-F]{16} in "locked\.key"/);
    const message = toKey(locked);
    home.endAgent();
    const ring = asking(['sesame'], { gpg });
    await opens(ring.keyring, message);
    expect(ring.questions[0]).toMatch(/^Passphrase of the key [0-9A-F]{16} in the GnuPG keyring/);
  });

  it('is not asked for where none can help, nor again once the user declined', async () => {
    const stranger = new GpgHome();
    try {
      const elsewhere = { ...gpg, home: stranger.path };
      const { keyring, questions } = asking([], { gpg: elsewhere });
      await expect(opens(keyring, toKey(open))).rejects.toThrow(/which has no such secret key/);
      expect(questions).toEqual([]);
    } finally {
      stranger.remove();
    }
    const { keyring, questions } = asking([undefined, 'one']);
    await expect(opens(keyring, symmetric('one'))).rejects.toMatchObject({ code: 'KEY' });
    await expect(opens(keyring, symmetric('one'), 'vol2.gpg')).rejects.toThrow('vol2.gpg');
    expect(questions).toHaveLength(1);
  });
});

describe.skipIf(!hasGpg)('a file that nothing opens gives an error', () => {
  it('that names it, what it needs and what was tried, and no secret', async () => {
    const keyring = new Keyring({ passphrases: ['first secret', 'second secret'] });
    const error: unknown = await opens(keyring, symmetric('x')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'KEY',
      message: 'Cannot open "vol1.gpg": none of the 2 passphrases opens it',
    });
    expect((error as { hint: string }).hint).toContain('--passphrase-file');
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  it('that tells a missing passphrase, a wrong one and a damaged file apart', async () => {
    const file = symmetric('one');
    const none = new Keyring({});
    await expect(opens(none, file)).rejects.toMatchObject({
      code: 'KEY',
      message: 'Cannot open "vol1.gpg": it needs a passphrase, and none is given',
    });
    const wrong = new Keyring({ passphrases: ['other'] });
    await expect(opens(wrong, file)).rejects.toMatchObject({
      code: 'KEY',
      message: 'Cannot open "vol1.gpg": the passphrase is wrong',
    });
    const right = new Keyring({ passphrases: ['one'] });
    const name = (volume: number): string => `duplicity-full.20260101T000000Z.vol${volume}.gpg`;
    await opens(right, file, name(1));
    await expect(opens(right, symmetric('two'), name(2))).rejects.toMatchObject({
      code: 'DAMAGED',
      message: expect.stringContaining('it is damaged') as string,
    });
  });

  it('that calls a message damaged whose keys are cut off', async () => {
    const file = symmetric('one');
    const withoutSlot = file.subarray(2 + (file[1] ?? 0));
    const keyring = new Keyring({ passphrases: ['one'] });
    await expect(opens(keyring, withoutSlot)).rejects.toMatchObject({
      code: 'DAMAGED',
      message: 'Cannot open "vol1.gpg": it names no key and no passphrase, so it is damaged',
    });
  });

  it('also for a key: its id is named', async () => {
    const keyFiles = [{ path: 'locked.key', bytes: secretKeys(locked) }];
    const keyring = new Keyring({ passphrases: ['bad'], keyFiles });
    const [encrypting = ''] = locked.subkeys;
    await expect(opens(keyring, toKey(locked))).rejects.toThrow(
      `it needs the secret key ${encrypting.slice(-16)}; tried key`,
    );
  });

  it('also when gpg is not there, or a key file is none', async () => {
    const missing = new Keyring({ gpg: { ...gpg, binary: '/nowhere/gpg' } });
    await expect(opens(missing, toKey(open))).rejects.toThrow('Cannot run "/nowhere/gpg"');
    for (const bytes of [Buffer.from('-----BEGIN'), randomBytes(100), Buffer.alloc(0)]) {
      const broken = new Keyring({ keyFiles: [{ path: 'broken.key', bytes }] });
      await expect(opens(broken, toKey(open))).rejects.toThrow('the key file "broken.key"');
    }
  });
});

it.skipIf(!hasGpg)('gpg is stopped when the caller gives up', async () => {
  const controller = new AbortController();
  const slow = { ...gpg, binary: 'sleep', options: [] };
  const keyring = new Keyring({ gpg: slow });
  const options = { fileName: 'vol1.gpg', keyring, signal: controller.signal };
  controller.abort(new Error('enough'));
  await expect(decryptMessage(inPieces(toKey(open)), options)).rejects.toThrow('enough');
});
