/** The OpenPGP algorithm numbers that messages name (RFC 9580 sections 9.3, 9.5, 9.6). */
import { MessageError } from './message-error.js';

export type CipherName =
  | 'idea'
  | 'tripledes'
  | 'cast5'
  | 'blowfish'
  | 'aes128'
  | 'aes192'
  | 'aes256'
  | 'twofish'
  | 'camellia128'
  | 'camellia192'
  | 'camellia256';

export interface Cipher {
  readonly id: number;
  readonly name: CipherName;
  readonly keyBytes: number;
  readonly blockBytes: number;
  /** The OpenSSL name without its mode; undefined when OpenSSL does not have the cipher. */
  readonly node: string | undefined;
  /** OpenSSL has it in its legacy provider only (old-cipher.ts). */
  readonly old?: true;
}

const ciphers: readonly Cipher[] = [
  { id: 1, name: 'idea', keyBytes: 16, blockBytes: 8, node: 'idea', old: true },
  { id: 2, name: 'tripledes', keyBytes: 24, blockBytes: 8, node: 'des-ede3' },
  { id: 3, name: 'cast5', keyBytes: 16, blockBytes: 8, node: 'cast5', old: true },
  { id: 4, name: 'blowfish', keyBytes: 16, blockBytes: 8, node: 'bf', old: true },
  { id: 7, name: 'aes128', keyBytes: 16, blockBytes: 16, node: 'aes-128' },
  { id: 8, name: 'aes192', keyBytes: 24, blockBytes: 16, node: 'aes-192' },
  { id: 9, name: 'aes256', keyBytes: 32, blockBytes: 16, node: 'aes-256' },
  { id: 10, name: 'twofish', keyBytes: 32, blockBytes: 16, node: undefined },
  { id: 11, name: 'camellia128', keyBytes: 16, blockBytes: 16, node: 'camellia-128' },
  { id: 12, name: 'camellia192', keyBytes: 24, blockBytes: 16, node: 'camellia-192' },
  { id: 13, name: 'camellia256', keyBytes: 32, blockBytes: 16, node: 'camellia-256' },
];
const ciphersById = new Map(ciphers.map((cipher) => [cipher.id, cipher]));
const ciphersByName = new Map(ciphers.map((cipher) => [cipher.name, cipher]));

/** The cipher with this number; a MessageError when OpenPGP has none. */
export function cipherById(id: number): Cipher {
  const cipher = ciphersById.get(id);
  if (!cipher) throw new MessageError(`it names the unknown cipher ${id}`);
  return cipher;
}

export function cipherByName(name: CipherName): Cipher {
  const cipher = ciphersByName.get(name);
  if (!cipher) throw new TypeError(`No cipher "${name}"`);
  return cipher;
}

/** The key that the bulk data of one message is encrypted with. */
export interface SessionKey {
  readonly algorithm: CipherName;
  readonly key: Buffer;
}

const hashes = new Map([
  [1, 'md5'],
  [2, 'sha1'],
  [3, 'ripemd160'],
  [8, 'sha256'],
  [9, 'sha384'],
  [10, 'sha512'],
  [11, 'sha224'],
  [12, 'sha3-256'],
  [14, 'sha3-512'],
]);

/** The node:crypto name of a hash algorithm; a MessageError when it is unknown. */
export function hashById(id: number): string {
  const name = hashes.get(id);
  if (name === undefined) throw new MessageError(`it names the unknown hash algorithm ${id}`);
  return name;
}
