/** From options and environment to how a set is encrypted, signed and compressed. */
import { DuplifsError, splitWords } from '../../base/index.js';
import { encryptionKeyFor, gpgWriting, signerFor } from '../../openpgp/index.js';
import type { Keyring } from '../../openpgp/index.js';
import type { Encoding } from '../../volume/index.js';
import type { Log } from '../log.js';
import { personality } from '../personality.js';
import { askNewPassphrase } from '../prompt/index.js';
import type { EncodingOptions } from './write-options.js';

export interface EncodingContext {
  readonly signal: AbortSignal;
  /** Whether a chain may begin: then a passphrase that is asked for is asked for twice. */
  readonly isNew: boolean;
}

/**
 * The options without keys where nothing is to be encrypted and the program stands in for duplicity, which takes such
 * lines and writes what anybody can read. It does so without a word.
 */
export function withoutUnusedKeys<T extends EncodingOptions>(options: T, log: Log): T {
  if (options.encryption || !personality().isDuplicity || !hasKeys(options)) return options;
  log.warn('Nothing is encrypted or signed, whatever keys are given: --no-encryption says so');
  const none = { encryptKey: [], hiddenEncryptKey: [] };
  return { ...options, ...none, signKey: undefined, encryptSignKey: undefined };
}

function hasKeys(options: EncodingOptions): boolean {
  const { encryptKey, hiddenEncryptKey, signKey, encryptSignKey } = options;
  const isEncrypted = encryptKey.length + hiddenEncryptKey.length > 0;
  return isEncrypted || (signKey ?? encryptSignKey) !== undefined;
}

/** The encoding that the options ask for; asks for a new passphrase twice. */
export async function chooseEncoding(
  options: EncodingOptions,
  keyring: Keyring,
  { signal, isNew }: EncodingContext,
): Promise<Encoding> {
  const { encryption, compression, compressionLevel } = options;
  const writing = gpgWriting(splitWords(options.gpgOptions, '--gpg-options'));
  const both = options.encryptSignKey === undefined ? [] : [options.encryptSignKey];
  const visible = [...options.encryptKey, ...both];
  const signId = options.signKey ?? options.encryptSignKey;
  if (!encryption) {
    if (hasKeys(options)) {
      throw new DuplifsError('USAGE', 'Keys and --no-encryption contradict each other');
    }
    return compression ? { container: 'gz', level: compressionLevel } : { container: 'plain' };
  }
  const encryptTo = [];
  for (const id of visible)
    encryptTo.push(await encryptionKeyFor(keyring, id, writing.hideKeys, signal));
  for (const id of options.hiddenEncryptKey) {
    encryptTo.push(await encryptionKeyFor(keyring, id, true, signal));
  }
  const signer =
    signId === undefined ? undefined : await signerFor(keyring, signId, signal, writing.digest);
  const known = encryptTo.length > 0 ? [] : keyring.passphrases.known;
  const [first, ...otherPassphrases] = known.filter((one) => one.length > 0);
  return {
    container: 'gpg',
    level: compression ? (writing.level ?? compressionLevel) : 0,
    format: encryptTo.length > 0 ? writing.forKeys : writing.forPassphrases,
    encryptTo,
    passphrases: encryptTo.length > 0 ? [] : [first ?? (await newPassphrase(keyring, isNew))],
    otherPassphrases,
    signer,
  };
}

/** The passphrase that everything is encrypted with when there is no key and none is given. */
async function newPassphrase(keyring: Keyring, isNew: boolean): Promise<Buffer> {
  const first = await askNewPassphrase(isNew);
  if (first === undefined) {
    throw new DuplifsError('KEY', 'There is no passphrase to encrypt the backup with', {
      hint: 'Set PASSPHRASE, or give --passphrase-file or --encrypt-key, or --no-encryption to leave it readable by anybody',
    });
  }
  keyring.passphrases.add(first);
  return first;
}
