/** From the options, or from how the chain is protected, to how the full is written. */
import type { BackupSet } from '../../archive/index.js';
import { DuplifsError, splitWords } from '../../base/index.js';
import { encodingLike, protectionOf } from '../../consolidate/index.js';
import type { Writing } from '../../consolidate/index.js';
import { gpgWriting } from '../../openpgp/index.js';
import type { Target } from '../../target/index.js';
import { chooseEncoding } from '../backup/encoding.js';
import type { EncodingOptions } from '../backup/write-options.js';
import type { CommonOptions } from '../common-options.js';
import type { Log } from '../log.js';

/**
 * The full is encrypted and signed as the chain is, unless the options ask for something else.
 * @throws DuplifsError SIGNATURE where the chain is signed and nothing says by whom: signed by us, what was never
 *   verified would look as if it had been
 */
export async function writingFor(
  from: Target,
  set: BackupSet,
  {
    options,
    log,
    signal,
  }: { options: EncodingOptions & CommonOptions; log: Log; signal: AbortSignal },
): Promise<Writing> {
  const protection = await protectionOf(from, set, signal);
  const isEncrypted = protection.container === 'gpg';
  const signKey = options.signKey ?? options.encryptSignKey ?? from.signKeyFor(set.times);
  const [signedBy] = protection.signedBy;
  if (signedBy !== undefined && signKey === undefined && !options.allowUnprotected) {
    throw new DuplifsError('SIGNATURE', `The chain says that it is signed by the key ${signedBy}`, {
      hint: 'Give --sign-key: its signatures are looked at, and the full is signed as well; or leave it unsigned with --allow-unprotected',
    });
  }
  const { keyring } = from.decode;
  const { encryptKey, hiddenEncryptKey, encryptSignKey, encryption } = options;
  const isAsked = encryptKey.length + hiddenEncryptKey.length > 0 || encryptSignKey !== undefined;
  if (!encryption) {
    if (isEncrypted) log.warn('The chain is encrypted, and the full will not be');
    return {
      encoding: await chooseEncoding(options, keyring, { signal, isNew: true }),
      signsWith: undefined,
    };
  }
  if (isAsked) {
    const asked = signKey === undefined ? options : { ...options, signKey };
    return {
      encoding: await chooseEncoding(asked, keyring, { signal, isNew: true }),
      signsWith: signKey,
    };
  }
  const { level, forKeys, forPassphrases, digest } = gpgWriting(
    splitWords(options.gpgOptions, '--gpg-options'),
  );
  const encoding = await encodingLike(protection, {
    target: from,
    set,
    keyring,
    level: options.compression ? (level ?? options.compressionLevel) : 0,
    forKeys,
    forPassphrases,
    signKey,
    digest,
    stop: signal,
  });
  return { encoding, signsWith: isEncrypted ? signKey : undefined };
}
