/** The keys that records tell of, as bytes: from files as they are, from the GnuPG keyring by gpg. */
import { DuplifsError } from '../../base/index.js';
import { exportPublicKey, exportSecretKey, readOwnertrust } from '../../openpgp/index.js';
import type { KeyArchive, Keyring, KeyRecord, OwnertrustLevel } from '../../openpgp/index.js';

/** For a key that needs none. */
const noPassphrase = Buffer.alloc(0);

/** The public part of a key. */
export async function publicKeyOf(
  keyring: Keyring,
  { fingerprint, path }: KeyRecord,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (path !== undefined) return (await keyring.keyInFiles(fingerprint)).toPublic().write();
  if (keyring.gpg === undefined) throw noGpg(fingerprint);
  return await exportPublicKey(keyring.gpg, fingerprint, signal);
}

/**
 * A key with its secret parts, which keeps its passphrase. The caller wipes it.
 * @throws DuplifsError KEY when there are none, or gpg does not give all of them out
 */
export async function secretKeyOf(
  keyring: Keyring,
  record: KeyRecord,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { fingerprint, path, parts } = record;
  if (!parts.some(({ secret }) => secret === 'here')) {
    throw new DuplifsError('KEY', `The secret part of the key ${fingerprint} is not here`, {
      hint: 'What is on a card cannot be exported; what is elsewhere must be exported there',
    });
  }
  if (path !== undefined) return (await keyring.keyInFiles(fingerprint)).write();
  const { gpg } = keyring;
  if (gpg === undefined) throw noGpg(fingerprint);
  const attempt = async (passphrases: readonly Buffer[]): Promise<Buffer | undefined> => {
    for (const passphrase of passphrases) {
      const exported = await exportSecretKey(gpg, record, passphrase, signal);
      if (exported !== undefined) return exported;
    }
    return undefined;
  };
  const known = [...keyring.signPassphrases, noPassphrase];
  const exported = gpg.useAgent
    ? await exportSecretKey(gpg, record, undefined, signal)
    : ((await attempt(known)) ??
      (await keyring.passphrases.oneMore(`Passphrase of the key ${fingerprint}`, known, attempt)));
  if (exported !== undefined) return exported;
  throw new DuplifsError('KEY', `gpg does not give out all of the secret key ${fingerprint}`, {
    hint: 'Set PASSPHRASE (or SIGN_PASSPHRASE) to its passphrase, give --passphrase-file, or --use-agent',
  });
}

/** Keys with their secret parts, where there are any and `secret` says so, and how far they are trusted. */
export async function archiveOf(
  keyring: Keyring,
  { records, secret }: { readonly records: readonly KeyRecord[]; readonly secret: Secrets },
  signal?: AbortSignal,
): Promise<KeyArchive> {
  const publicKeys: Uint8Array[] = [];
  const secretKeys: Uint8Array[] = [];
  for (const record of records) {
    publicKeys.push(await publicKeyOf(keyring, record, signal));
    const isHere = record.parts.some((part) => part.secret === 'here');
    if (secret === 'all' || isHere) {
      secretKeys.push(await secretKeyOf(keyring, record, signal));
    }
  }
  return { publicKeys, secretKeys, ownertrust: await ownertrustOf(keyring, records, signal) };
}

/** Whether secret parts must be there, or may. */
type Secrets = 'all' | 'what is here';

/** Of those of the keys to which one is given. Whoever has the secret part of a key in a file trusts it wherever it goes. */
export async function ownertrustOf(
  { gpg }: Keyring,
  records: readonly KeyRecord[],
  signal?: AbortSignal,
): Promise<KeyArchive['ownertrust']> {
  const needsGpg = records.some(({ path }) => path === undefined);
  const given = needsGpg && gpg !== undefined ? await readOwnertrust(gpg, signal) : undefined;
  const levels = new Map<string, OwnertrustLevel>();
  for (const { fingerprint, path, parts } of records) {
    const isOwn = parts.some(({ secret }) => secret === 'here');
    const own = isOwn ? 'ultimate' : undefined;
    const level = path === undefined ? given?.get(fingerprint) : own;
    if (level !== undefined) levels.set(fingerprint, level);
  }
  return levels;
}

/** Overwrites what is secret of them. */
export function wipeArchive({ secretKeys }: KeyArchive): void {
  for (const bytes of secretKeys) bytes.fill(0);
}

function noGpg(fingerprint: string): DuplifsError {
  return new DuplifsError('KEY', `The key ${fingerprint} is in no key file`);
}
