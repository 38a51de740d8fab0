import { DuplifsError, errorText, isDuplifsError } from '../../base/index.js';
import { gpgSigner } from '../gpg/gpg-signer.js';
import { expirySeconds } from './file-records.js';
import type { SecretKey } from './key-files.js';
import type { Keyring } from './keyring.js';
import { keyFileSigner } from '../packets/message-signer.js';
import type { MessageSigner } from '../packets/message-signer.js';
import { fingerprintOf, keyHasId, normalKeyId } from './public-keys.js';

/**
 * Who signs as `id` (an id or fingerprint): a secret key in a file, else gpg with its keyring or agent. The key
 * is proven before anything is written. `digest` is the number of the hash, which gpg is told by its options. A DuplifsError (KEY) with the id and the reason when it cannot sign.
 */
export async function signerFor(
  keyring: Keyring,
  id: string,
  signal?: AbortSignal,
  digest?: number,
): Promise<MessageSigner> {
  const normalId = normalKeyId(id);
  const secret = await secretSigningKey(keyring, normalId);
  const passphrases = keyring.signPassphrases;
  const attempt = (some: readonly Buffer[]) =>
    secret ? byKeyFile(keyring, { secret, digest }, some) : byGpg(keyring, normalId, some, signal);
  let reason: unknown = new Error('its passphrase is not known');
  const quietly = async (some: readonly Buffer[]) => {
    try {
      return await attempt(some);
    } catch (error) {
      if (!isDuplifsError(error, 'KEY')) throw error;
      reason = error;
      return undefined;
    }
  };
  const signer =
    (await quietly(passphrases)) ??
    (await keyring.passphrases.oneMore(
      `Passphrase of the signing key ${id}`,
      passphrases,
      quietly,
    ));
  if (signer) {
    return { ...signer, expiresSeconds: await expiryOf(keyring, signer.fingerprint, signal) };
  }
  reason = (await whyUnusable(keyring, normalId, signal)) ?? reason;
  throw new DuplifsError('KEY', `Cannot sign with key ${id}: ${errorText(reason)}`, {
    hint: 'Set SIGN_PASSPHRASE or PASSPHRASE, or see that the secret key is there and valid',
    cause: reason,
  });
}

/** The signing key as gpg chooses it: the newest valid signing subkey, else the primary key. */
async function secretSigningKey(
  keyring: Keyring,
  normalId: string,
): Promise<SecretKey | undefined> {
  const secrets = await keyring.keyFiles.secret();
  for (const key of await keyring.keyFiles.all()) {
    if (!key.isPrivate() || !keyHasId(key, normalId)) continue;
    const now = new Date();
    try {
      const chosen = await key.getSigningKey(undefined, now, undefined, keyring.openpgpConfig);
      const found = secrets.find(({ packet }) => packet === chosen.keyPacket);
      if (found) return found;
    } catch (error) {
      throw new DuplifsError('KEY', `Cannot sign with key ${normalId}: ${errorText(error)}`, {
        hint: 'Prolong or replace the key',
        cause: error,
      });
    }
  }
  return undefined;
}

/** Until when the key can sign; undefined: for ever, or nobody has its public part. */
async function expiryOf(
  keyring: Keyring,
  fingerprint: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  try {
    const [key] = await keyring.publicKeys(fingerprint, signal);
    const part = key?.getKeys().find((one) => fingerprintOf(one) === fingerprint);
    return part && (await expirySeconds(part, keyring.openpgpConfig));
  } catch (error) {
    if (isDuplifsError(error, 'KEY')) return undefined;
    throw error;
  }
}

/** Why the key cannot sign at this time, which gpg does not tell; undefined when nothing is wrong with it. */
async function whyUnusable(
  keyring: Keyring,
  normalId: string,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  try {
    for (const key of await keyring.publicKeys(normalId, signal)) {
      await key.getSigningKey(undefined, new Date(), undefined, keyring.openpgpConfig);
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

async function byKeyFile(
  keyring: Keyring,
  { secret, digest }: { readonly secret: SecretKey; readonly digest: number | undefined },
  passphrases: readonly Buffer[],
): Promise<MessageSigner | undefined> {
  return (await keyring.keyFiles.unlock(secret, passphrases))
    ? keyFileSigner(secret.packet, digest)
    : undefined;
}

/** For a key that needs none. */
const noPassphrase = Buffer.alloc(0);

async function byGpg(
  { gpg }: Keyring,
  normalId: string,
  passphrases: readonly Buffer[],
  signal: AbortSignal | undefined,
): Promise<MessageSigner | undefined> {
  if (!gpg) throw new DuplifsError('KEY', 'its secret key is in no key file');
  const all = gpg.useAgent ? [undefined] : passphrases.length > 0 ? passphrases : [noPassphrase];
  let failure: unknown;
  for (const passphrase of all) {
    try {
      return await gpgSigner(gpg, `0x${normalId}`, passphrase, signal);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
