/** Chains of three small sets, made by duplicity, by duplifs, or by both in turns. */
import { mkdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gpgHome, makeKey } from './chains.js';
import { firstSeconds } from './craft.js';
import { noise } from './noise.js';
import { once } from './once.js';
import { duplifs, runOk } from './run.js';

export type Protection = 'passphrase' | 'public key' | 'signed' | 'plain';

export interface Keys {
  readonly write: readonly string[];
  readonly read: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface MadeChain {
  readonly root: string;
  readonly keys: Keys;
}

const day = 86_400;

/** A chain of three small sets; the other one has other files under the same names. */
export async function madeChain(
  protection: Protection,
  writer: string,
  which: 'own' | 'other',
): Promise<MadeChain> {
  const keys = await keysOf(protection);
  const root = await once(`harm-${protection.replace(' ', '-')}-${writer}-${which}`, (made) =>
    makeChain(made, writer, keys, which === 'own' ? 0 : 100),
  );
  return { root, keys };
}

async function makeChain(root: string, writer: string, keys: Keys, seed: number): Promise<void> {
  const source = join(root, 'source');
  await mkdir(join(source, 'folder'), { recursive: true });
  await writeFile(join(source, 'folder', 'kept'), noise(20_000, seed + 1));
  await writeFile(join(source, 'gone'), noise(1000, seed + 2));
  await symlink('a', join(source, 'link'));
  for (const [age, who] of Array.from(writer).entries()) {
    const added = age === 0 ? [] : [noise(500, seed + age)];
    await writeFile(join(source, 'a'), Buffer.concat([noise(30_000, seed + 10), ...added]));
    // duplicity sees changes by size and the second, and two sets may be made within one
    await utimes(join(source, 'a'), firstSeconds + age * day, firstSeconds + age * day);
    if (age === 1) await rm(join(source, 'gone'));
    await writeFile(join(source, 'folder', `new-${age}`), noise(500, seed + 20 + age));
    const time = ['--current-time', String(firstSeconds + age * day)];
    const verb = age === 0 ? 'full' : 'incremental';
    const archive = ['--archive-dir', join(root, `archive-${who}`)];
    const words = [
      verb,
      ...time,
      ...keys.write,
      ...archive,
      source,
      `file://${join(root, 'target')}`,
    ];
    if (who === 'd') await runOk('duplicity', words, { env: keys.env });
    else {
      const made = await duplifs(words, { env: keys.env });
      if (made.status !== 0) throw new Error(made.stderr);
    }
  }
}

async function keysOf(protection: Protection): Promise<Keys> {
  const passphrase = { PASSPHRASE: 'of the encrypter' };
  switch (protection) {
    case 'plain':
      return { write: ['--no-encryption'], read: [], env: passphrase };
    case 'passphrase':
      return { write: [], read: [], env: passphrase };
    case 'public key':
    case 'signed': {
      const made = await once('harm-keys', async (root) => {
        const home = await gpgHome(join(root, 'gnupg'));
        const ids = [
          makeKey(home, 'encrypter', passphrase.PASSPHRASE),
          makeKey(home, 'signer', passphrase.PASSPHRASE),
        ];
        await writeFile(join(root, 'ids'), ids.join('\n'));
      });
      const [encrypter = '', signer = ''] = (await readFile(join(made, 'ids'), 'utf8')).split('\n');
      const env = {
        ...passphrase,
        SIGN_PASSPHRASE: passphrase.PASSPHRASE,
        GNUPGHOME: join(made, 'gnupg'),
      };
      const encrypt = ['--encrypt-key', encrypter];
      if (protection === 'public key') return { write: encrypt, read: [], env };
      return { write: [...encrypt, '--sign-key', signer], read: ['--sign-key', signer], env };
    }
  }
}
