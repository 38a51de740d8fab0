/** A new key in the GnuPG keyring. */
import { DuplifsError } from '../../base/index.js';
import { importKeys, listGpgKeys, setOwnertrust, usesOf } from '../../openpgp/index.js';
import type { GpgProgram, NewKey } from '../../openpgp/index.js';

/**
 * Imports a key with the trust that duplicity's --encrypt-key needs; then it is looked whether all of it is there.
 *
 * @throws DuplifsError KEY when gpg cannot be run, or does not take it
 */
export async function intoKeyring(
  key: NewKey,
  gpg: GpgProgram,
  signal: AbortSignal,
): Promise<void> {
  const { fingerprint, use } = key;
  await importKeys(gpg, Buffer.from(key.secretKey), signal);
  await setOwnertrust(gpg, new Map([[fingerprint, 'ultimate']]), signal);
  const [record] = await listGpgKeys(gpg, signal, [fingerprint]);
  const uses = record && usesOf(record);
  const isThere = use === 'encrypt' ? uses?.encrypts && uses.opens : uses?.signs;
  if (isThere === true) return;
  throw new DuplifsError('KEY', `gpg has taken the new key ${fingerprint} and cannot use it`, {
    hint: 'See "gpg --list-secret-keys"; duplifs is tried with gpg 2.2 and newer',
  });
}
