/** Public keys that a user names by id, from key files and from the GnuPG keyring. */
import type { Key } from 'openpgp';

import { DuplifsError } from '../../base/index.js';
import { runGpg } from '../gpg/gpg.js';
import type { GpgProgram } from '../gpg/gpg.js';
import { openpgp } from './library.js';

/**
 * A key id or fingerprint as users write it (with 0x, with spaces, in lower case): its hexadecimal
 * digits in upper case. A DuplifsError (KEY) for anything else: a name could match any key.
 */
export function normalKeyId(id: string): string {
  const digits = keyIdDigits(id);
  if (digits === undefined) {
    throw new DuplifsError('KEY', `"${id}" is not the id of a key`, {
      hint: 'Give the fingerprint (40 digits), the long id (16) or the short id (8)',
    });
  }
  return digits;
}

/** The same; undefined for what is no id, as a mail address. */
export function keyIdDigits(id: string): string | undefined {
  const digits = id.replace(/^0x/i, '').replace(/\s+/g, '').replace(/!$/, '').toUpperCase();
  const isId = /^(?:[0-9A-F]{8}|[0-9A-F]{16}|[0-9A-F]{32}|[0-9A-F]{40}|[0-9A-F]{64})$/;
  return isId.test(digits) ? digits : undefined;
}

export function fingerprintOf(key: { readonly getFingerprint: () => string }): string {
  return key.getFingerprint().toUpperCase();
}

/** Whether the id names the key or one of its subkeys. */
export function keyHasId(key: Key, normalId: string): boolean {
  return key.getKeys().some((one) => fingerprintMatches(fingerprintOf(one.keyPacket), normalId));
}

/** A v4 fingerprint ends with the key's ids, that of a v6 key begins with them. */
export function fingerprintMatches(fingerprint: string, normalId: string): boolean {
  return (
    fingerprint.endsWith(normalId) ||
    (fingerprint.length === 64 && fingerprint.startsWith(normalId))
  );
}

/** The keys of a GnuPG keyring that `user` ("0x" and an id, or a name as gpg takes it) names; maybe none. */
export async function exportPublicKeys(
  gpg: GpgProgram,
  user: string,
  signal?: AbortSignal,
): Promise<Key[]> {
  const { output } = await runGpg(gpg, { args: ['--export', '--', user], signal });
  return output.length === 0 ? [] : openpgp().readKeys({ binaryKeys: output });
}
