/** How a chain is protected, and how to write what is as well protected. */
import type { BackupSet } from '../archive/index.js';
import { DuplifsError } from '../base/index.js';
import { decryptMessage, encryptionKeyFor, signerFor } from '../openpgp/index.js';
import type { EncryptionKey, Keyring, MessageFormat, Recipient } from '../openpgp/index.js';
import { manifestFileOf, proveReaders } from '../target/index.js';
import type { Target } from '../target/index.js';
import type { Encoding } from '../volume/index.js';

export interface ChainProtection {
  /** Of the volumes. */
  readonly container: 'gpg' | 'gz' | 'plain';
  readonly recipients: readonly Recipient[];
  readonly hasPassphrase: boolean;
  /** The ids of the keys that the manifest says it is signed by: not verified. */
  readonly signedBy: readonly string[];
}

/** Looks at the set's stored manifest. */
export async function protectionOf(
  target: Target,
  set: BackupSet,
  signal: AbortSignal,
): Promise<ChainProtection> {
  const { name, container } = manifestFileOf(set);
  if (container !== 'gpg') {
    const [volume] = [...set.volumes.values()].flat();
    const plain = { recipients: [], hasPassphrase: false, signedBy: [] };
    return { ...plain, container: volume?.container === 'gz' ? 'gz' : 'plain' };
  }
  const { keyring } = target.decode;
  const bytes = target.storage.read(name, undefined, signal);
  const message = await decryptMessage(bytes, {
    ...target.decode,
    fileName: name,
    keyring,
    signal,
  });
  const chunks = message.plaintext[Symbol.asyncIterator]();
  while ((await chunks.next()).done !== true) signal.throwIfAborted();
  const { signedBy } = await message.done;
  const { recipients, passphraseSlots } = message.header;
  return { container, recipients, hasPassphrase: passphraseSlots.length > 0, signedBy };
}

/** What to write with where nothing else is asked for. */
export interface WritingMeans {
  readonly target: Target;
  readonly set: BackupSet;
  readonly keyring: Keyring;
  /** Of compression, 1 to 9; 0 for none. */
  readonly level: number;
  readonly forKeys: MessageFormat | undefined;
  readonly forPassphrases: MessageFormat | undefined;
  /** Who signs. */
  readonly signKey: string | undefined;
  readonly digest: number | undefined;
  readonly stop: AbortSignal;
}

/**
 * An encoding that those can open who can open the set, and nobody else.
 * @throws DuplifsError KEY where a recipient's public key is not known, or recipients are hidden
 */
export async function encodingLike(
  protection: ChainProtection,
  means: WritingMeans,
): Promise<Encoding> {
  const { level } = means;
  if (protection.container === 'plain') return { container: 'plain' };
  if (protection.container === 'gz') return { container: 'gz', level: Math.max(1, level) };
  const { keyring, signKey, digest, stop, forKeys, forPassphrases } = means;
  const encryptTo = await recipientsOf(protection, means);
  const passphrases = protection.hasPassphrase ? keyring.passphrases.known : [];
  const [first, ...otherPassphrases] = passphrases.filter((one) => one.length > 0);
  const signer =
    signKey === undefined ? undefined : await signerFor(keyring, signKey, stop, digest);
  const encoding: Encoding = {
    container: 'gpg',
    level,
    format: encryptTo.length > 0 ? forKeys : forPassphrases,
    encryptTo,
    passphrases: first === undefined ? [] : [first],
    otherPassphrases,
    signer,
  };
  return first === undefined ? encoding : withOpener(encoding, means);
}

async function recipientsOf(
  { recipients }: ChainProtection,
  { set, keyring, stop }: WritingMeans,
): Promise<readonly EncryptionKey[]> {
  if (recipients.some(({ hidden }) => hidden)) {
    throw new DuplifsError('KEY', `Set ${set.key} hides the keys that it is encrypted to`, {
      hint: 'Give those that the full is to be encrypted to, with --hidden-encrypt-key',
    });
  }
  const keys = new Map<string, EncryptionKey>();
  for (const { keyId } of recipients) {
    const found = await encryptionKeyFor(keyring, keyId, false, stop);
    keys.set(found.key.getFingerprint(), found);
  }
  return [...keys.values()];
}

/** Of several passphrases the one that opens the set. */
async function withOpener(
  encoding: Encoding,
  { target, set, stop }: WritingMeans,
): Promise<Encoding> {
  const proof = { storage: target.storage, encoding, report: target.report, stop };
  const how = { allowOtherKeys: false, allowUnprotected: false };
  return (await proveReaders(manifestFileOf(set), { ...proof, ...how })).encoding;
}
