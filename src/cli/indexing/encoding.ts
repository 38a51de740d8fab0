/** What the index of a set is written with: those can open it who can open the set's volumes, and nobody else. */
import type { BackupSet } from '../../archive/index.js';
import { DuplifsError, isDuplifsError, splitWords } from '../../base/index.js';
import { encodingLike, protectionOf } from '../../consolidate/index.js';
import { gpgWriting } from '../../openpgp/index.js';
import { proveReaders } from '../../target/index.js';
import type { Target } from '../../target/index.js';
import type { Encoding } from '../../volume/index.js';
import { chooseEncoding } from '../backup/encoding.js';
import type { CommonOptions } from '../common-options.js';

export interface IndexEncodingOptions extends CommonOptions {
  readonly encryptKey: readonly string[];
  readonly hiddenEncryptKey: readonly string[];
}

/** Indexes hold what compresses well, and are read whole. */
const level = 6;
const keyHint = 'Say for whom the set is encrypted, with --encrypt-key or --hidden-encrypt-key';

/**
 * @throws DuplifsError SIGNATURE where the set is signed and nothing says by whom, KEY where a key is not at hand, or its
 *   readers cannot be told; DAMAGED where the manifest can be opened with keys with which the volumes cannot
 */
export async function indexEncoding(
  target: Target,
  set: BackupSet,
  { options, signal }: { options: IndexEncodingOptions; signal: AbortSignal },
): Promise<Encoding> {
  const protection = await protectionOf(target, set, signal);
  const signKey = options.signKey ?? options.encryptSignKey ?? target.signKeyFor(set.times);
  const [signedBy] = protection.signedBy;
  if (signedBy !== undefined && signKey === undefined) {
    throw new DuplifsError('SIGNATURE', `The set says that it is signed by the key ${signedBy}`, {
      hint: 'Give --sign-key, whose secret key is needed: signatures are looked at, and the index is signed as well',
    });
  }
  const { keyring } = target.decode;
  const { encryptKey, hiddenEncryptKey } = options;
  const isEncrypted = protection.container === 'gpg';
  if (isEncrypted && encryptKey.length + hiddenEncryptKey.length > 0) {
    const writing = { encryption: true, compression: true, compressionLevel: level };
    const asked = { ...options, ...writing };
    const signing = signKey === undefined ? asked : { ...asked, signKey };
    const encoding = await chooseEncoding(signing, keyring, { signal, isNew: false });
    return proven(target, set, encoding, signal);
  }
  const { forKeys, forPassphrases, digest } = gpgWriting(
    splitWords(options.gpgOptions, '--gpg-options'),
  );
  try {
    return await encodingLike(protection, {
      target,
      set,
      keyring,
      level,
      forKeys,
      forPassphrases,
      signKey: isEncrypted ? signKey : undefined,
      digest,
      stop: signal,
    });
  } catch (error) {
    if (isDuplifsError(error, 'DAMAGED')) throw new DuplifsError('DAMAGED', error.message);
    if (!isDuplifsError(error, 'KEY') || encryptKey.length > 0) throw error;
    throw new DuplifsError('KEY', error.message, { hint: error.hint ?? keyHint });
  }
}

/** Keys that the user gives must be those of the set. */
async function proven(
  target: Target,
  set: BackupSet,
  encoding: Encoding,
  signal: AbortSignal,
): Promise<Encoding> {
  const [volume] = [...set.volumes.values()].flat();
  if (volume === undefined) {
    throw new DuplifsError('FILE_MISSING', `Set ${set.key} has no volume`);
  }
  const { storage, report } = target;
  const how = { allowOtherKeys: false, allowUnprotected: false };
  const proof = { storage, encoding, report, stop: signal, ...how };
  return (await proveReaders(volume, proof, 'Give the keys that the set is encrypted to')).encoding;
}
