import type { Key } from 'openpgp';

import { DuplifsError, errorText } from '../../base/index.js';
import { expirySeconds } from './file-records.js';
import type { Keyring } from './keyring.js';
import { fingerprintOf, keyIdDigits, fingerprintMatches } from './public-keys.js';
import type { EncryptionKey } from '../packets/session-key-packets.js';

/**
 * The key that a message to `user` (an id, a fingerprint, or a name or mail address that fits one key) is
 * encrypted to: as gpg chooses, the newest valid encryption subkey, or the primary key when it has none;
 * an id with "!" at its end means exactly that key. A DuplifsError (KEY) that gives the id and the reason
 * when the key is expired, revoked, or cannot encrypt.
 */
export async function encryptionKeyFor(
  keyring: Keyring,
  user: string,
  hidden = false,
  signal?: AbortSignal,
): Promise<EncryptionKey> {
  const keys = await keyring.publicKeysOfUser(user, signal);
  const prints = new Set(keys.map(fingerprintOf));
  const [key] = keys;
  if (!key || prints.size > 1) {
    throw new DuplifsError('KEY', `"${user}" fits ${prints.size} keys: ${[...prints].join(', ')}`, {
      hint: 'Give the fingerprint of the one that is meant',
    });
  }
  try {
    const exactly = user.endsWith('!') ? exactKeyId(key, user) : undefined;
    const now = new Date();
    const chosen = await key.getEncryptionKey(exactly, now, undefined, keyring.openpgpConfig);
    const expires = await expirySeconds(chosen, keyring.openpgpConfig);
    return { key: chosen, hidden, expiresSeconds: expires };
  } catch (error) {
    throw new DuplifsError(
      'KEY',
      `Cannot encrypt to key ${fingerprintOf(key)}: ${errorText(error)}`,
      {
        hint: 'Prolong or replace the key, or leave it out',
        cause: error,
      },
    );
  }
}

function exactKeyId(key: Key, user: string) {
  const digits = keyIdDigits(user) ?? '';
  return key
    .getKeys()
    .find((one) => fingerprintMatches(fingerprintOf(one), digits))
    ?.getKeyID();
}
