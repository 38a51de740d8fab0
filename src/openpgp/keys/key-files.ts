/** Keys in files, exported by `gpg --export` or `--export-secret-keys`, armored or binary. */
import type { Key, SecretKeyPacket, SecretSubkeyPacket } from 'openpgp';

import { DuplifsError, errorText } from '../../base/index.js';
import { cipherById } from '../packets/algorithms.js';
import type { Cipher, SessionKey } from '../packets/algorithms.js';
import { isArmored } from '../packets/armor.js';
import { openpgp } from './library.js';
import type { Recipient } from '../packets/message-header.js';
import { passphraseText } from '../packets/passphrase.js';

export interface KeyFile {
  /** For messages. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A primary key or subkey of a file with its secret part. */
export interface SecretKey {
  readonly path: string;
  readonly keyId: string;
  readonly packet: SecretKeyPacket | SecretSubkeyPacket;
  /** The passphrases that do not unlock it. */
  readonly wrong: WeakSet<Buffer>;
}

/** The packet's own methods, which its types declare private. */
interface OpenablePkesk {
  read(bytes: Uint8Array): void;
  decrypt(key: SecretKeyPacket | SecretSubkeyPacket): Promise<void>;
  readonly sessionKey: Uint8Array;
  readonly sessionKeyAlgorithm: number | null;
}

/** All keys of a file. A DuplifsError (KEY) that names the file when it holds none. */
export async function readKeyFile({ path, bytes }: KeyFile): Promise<Key[]> {
  const blocks = isArmored(bytes)
    ? Buffer.from(bytes)
        .toString('latin1')
        .match(/-----BEGIN PGP [^]*?-----END PGP [^\n]*-----/g)
    : undefined;
  const { readKeys } = openpgp();
  try {
    if (blocks === undefined) return await readKeys({ binaryKeys: bytes });
    const keys = await Promise.all((blocks ?? []).map((armoredKeys) => readKeys({ armoredKeys })));
    if (keys.flat().length === 0) throw new Error('there is no key in it');
    return keys.flat();
  } catch (error) {
    throw new DuplifsError('KEY', `Cannot read the key file "${path}": ${errorText(error)}`, {
      hint: 'Export it with "gpg --export-secret-keys ID" or, for a public key, "gpg --export ID"',
      cause: error,
    });
  }
}

/** The keys of a file whose secret parts are in it (not those on a card or kept elsewhere). */
export function secretKeysOf(path: string, keys: readonly Key[]): SecretKey[] {
  const classes = openpgp();
  return keys
    .flatMap((key) => key.getKeys())
    .flatMap(({ keyPacket: packet }) => {
      const secret =
        packet instanceof classes.SecretKeyPacket || packet instanceof classes.SecretSubkeyPacket;
      if (!secret || packet.isDummy()) return [];
      const keyId = packet.getKeyID().toHex().toUpperCase();
      return [{ path, keyId, packet, wrong: new WeakSet<Buffer>() }];
    });
}

/** Whether the key was unlocked, before or now. Must not run twice at once for one key. */
export async function unlock(key: SecretKey, passphrases: readonly Buffer[]): Promise<boolean> {
  for (const passphrase of passphrases) {
    if (key.packet.isDecrypted()) return true;
    if (key.wrong.has(passphrase)) continue;
    const text = passphraseText(passphrase); // openpgp.js takes text alone
    try {
      if (text !== undefined) await key.packet.decrypt(text);
      else key.wrong.add(passphrase);
    } catch {
      key.wrong.add(passphrase);
    }
  }
  return key.packet.isDecrypted();
}

/** Whether the key's algorithm is one that openpgp.js refuses unless it is told otherwise. */
export function isOldKey({ packet }: SecretKey): boolean {
  const { elgamal, dsa } = openpgp().enums.publicKey;
  return packet.algorithm === elgamal || packet.algorithm === dsa;
}

/** The session key, when the unlocked key opens the packet; undefined when it does not. */
export async function openRecipient(
  recipient: Recipient,
  key: SecretKey,
  bulkCipher: Cipher | undefined,
): Promise<SessionKey | undefined> {
  try {
    const { PublicKeyEncryptedSessionKeyPacket } = openpgp();
    const packet = new PublicKeyEncryptedSessionKeyPacket() as unknown as OpenablePkesk;
    packet.read(recipient.body);
    await packet.decrypt(key.packet);
    const cipher = bulkCipher ?? cipherById(packet.sessionKeyAlgorithm ?? 0);
    const bytes = Buffer.from(packet.sessionKey);
    return bytes.length === cipher.keyBytes ? { algorithm: cipher.name, key: bytes } : undefined;
  } catch {
    // A hidden recipient's packet is tried with every key: that one does not fit is no error.
    return undefined;
  }
}
