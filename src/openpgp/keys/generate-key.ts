/**
 * New keys for backups. They are version 4 keys in the forms that gpg 2.2 knows, and prefer no AEAD: what anybody encrypts
 * to them with gpg or duplicity can be opened by every gpg that duplicity works with.
 */
import { defined, DuplifsError, errorText } from '../../base/index.js';
import { passphraseText } from '../packets/passphrase.js';
import { openpgp } from './library.js';
import { fingerprintOf } from './public-keys.js';

/** `curve25519` is Ed25519 and X25519; `rsa4096` is for what knows no curves. */
export const keyAlgorithms = ['curve25519', 'rsa4096'] as const;
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

export interface KeyWish {
  /** What it is for: the key to encrypt to has a subkey for that, the one that signs has none. */
  readonly use: 'encrypt' | 'sign';
  readonly name: string;
  readonly email?: string | undefined;
  /** Stands in parentheses behind the name. */
  readonly comment?: string | undefined;
  readonly algorithm: KeyAlgorithm;
  /** How long it is valid; undefined for ever. */
  readonly validSeconds?: number | undefined;
  /** Protects the secret part; undefined: nothing does. */
  readonly passphrase?: Uint8Array | undefined;
}

/** A new key, armored. */
export interface NewKey {
  readonly use: KeyWish['use'];
  /** 40 hexadecimal digits, upper case. */
  readonly fingerprint: string;
  readonly userId: string;
  readonly publicKey: string;
  readonly secretKey: string;
}

/** Makes a key. A DuplifsError (KEY) for a name, an address or a passphrase that cannot be had in one. */
export async function generateKey(wish: KeyWish): Promise<NewKey> {
  const { use, name, email, comment, algorithm, validSeconds, passphrase } = wish;
  const { generateKey: generate, config, enums } = openpgp();
  const secret = passphrase === undefined ? undefined : passphraseText(passphrase);
  if (passphrase !== undefined && secret === undefined) {
    throw new DuplifsError('KEY', 'The passphrase of a new key must be UTF-8');
  }
  const kind =
    algorithm === 'rsa4096'
      ? ({ type: 'rsa', rsaBits: 4096 } as const)
      : ({ type: 'ecc', curve: 'curve25519Legacy' } as const);
  try {
    const { privateKey, publicKey } = await generate({
      ...kind,
      ...defined({ passphrase: secret }),
      userIDs: [{ name, email: email ?? '', comment: comment ?? '' }],
      subkeys: use === 'encrypt' ? [{}] : [],
      keyExpirationTime: validSeconds ?? 0,
      format: 'object',
      config: {
        v6Keys: false,
        aeadProtect: false,
        preferredSymmetricAlgorithm: enums.symmetric.aes256,
        preferredHashAlgorithm: enums.hash.sha512,
        preferredCompressionAlgorithm: enums.compression.zlib,
        s2kType: enums.s2k.iterated,
        s2kIterationCountByte: highestCount,
      },
    });
    return {
      use,
      fingerprint: fingerprintOf(publicKey),
      userId: publicKey.getUserIDs()[0] ?? '',
      publicKey: publicKey.armor(config),
      secretKey: privateKey.armor(config),
    };
  } catch (error) {
    throw new DuplifsError('KEY', `No key can be made: ${errorText(error)}`, { cause: error });
  }
}

/** Of the bytes that a passphrase is hashed to (RFC 9580 section 3.7.1.3). */
const highestCount = 255;
