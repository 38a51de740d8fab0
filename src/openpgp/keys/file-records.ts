/** Keys in files as records, as gpg tells of those in its keyring. */
import type { Config, Key, Subkey } from 'openpgp';
import type { KeyPart, KeyRecord } from './key-record.js';
import { openpgp } from './library.js';
import { fingerprintOf } from './public-keys.js';

/** The record of a key. `path` is the file that it is in. */
export async function recordOf(key: Key, config: Config, path?: string): Promise<KeyRecord> {
  const parts: KeyPart[] = [];
  for (const part of key.getKeys()) parts.push(await partOf(key, part, config));
  return {
    fingerprint: fingerprintOf(key),
    userIds: key.getUserIDs(),
    parts,
    isRevoked: await key.isRevoked(undefined, undefined, new Date(), config),
    path,
  };
}

/** When a key or subkey ends, whichever of it and its primary key is first; undefined: never. In seconds since the epoch. */
export async function expirySeconds(
  key: Key | Subkey,
  config: Config,
): Promise<number | undefined> {
  const primary = 'mainKey' in key ? key.mainKey : key;
  const ends = [await primary.getExpirationTime(undefined, config)];
  if ('mainKey' in key) ends.push(await key.getExpirationTime(undefined, config));
  const dates = ends.flatMap((end) => (end instanceof Date ? end.getTime() / 1000 : []));
  const [first, second] = dates;
  return first === undefined || second === undefined ? first : Math.min(first, second);
}

async function partOf(key: Key, part: Key | Subkey, config: Config): Promise<KeyPart> {
  const { keyPacket } = part;
  const { SecretKeyPacket, SecretSubkeyPacket } = openpgp();
  const isSecret = keyPacket instanceof SecretKeyPacket || keyPacket instanceof SecretSubkeyPacket;
  const id = part.getKeyID();
  const now = new Date();
  // no error means that it may be used so, now
  const can = async (use: Promise<unknown>): Promise<boolean> =>
    use.then(
      () => true,
      () => false,
    );
  const encrypts = await can(key.getEncryptionKey(id, now, undefined, config));
  const signs = await can(key.getSigningKey(id, now, undefined, config));
  const primaryFits = await can(key.verifyPrimaryKey(now, undefined, config));
  return {
    fingerprint: fingerprintOf(part),
    keyId: id.toHex().toUpperCase(),
    encrypts,
    signs,
    expiresSeconds: await expirySeconds(part, config),
    isUsable: part === key ? primaryFits : encrypts || signs,
    secret: isSecret && !keyPacket.isDummy() ? 'here' : 'none',
  };
}
