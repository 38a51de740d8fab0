/** How a chain is protected, and how to write what is as well protected. */
import { createHash } from 'node:crypto';
import type { BackupSet } from '../archive/index.js';
import { DuplifsError } from '../base/index.js';
import {
  decryptMessage,
  encryptionKeyFor,
  maxHeaderSize,
  readMessageHeader,
  signerFor,
} from '../openpgp/index.js';
import type {
  EncryptionKey,
  Keyring,
  MessageFormat,
  MessageHeader,
  Recipient,
} from '../openpgp/index.js';
import { manifestFileOf, proveReaders, readStoredManifest } from '../target/index.js';
import type { Target } from '../target/index.js';
import type { Encoding } from '../volume/index.js';

export interface ChainProtection {
  /** Of the volumes. */
  readonly container: 'gpg' | 'gz' | 'plain';
  /** Whom the manifest names as able to open it, which nothing protects. */
  readonly recipients: readonly Recipient[];
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
    const plain = { recipients: [], signedBy: [] };
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
  return { container, recipients: message.header.recipients, signedBy };
}

/** The header of the set's last volume, all of which is held against the manifest. */
async function provenHeader(
  target: Target,
  set: BackupSet,
  signal: AbortSignal,
): Promise<MessageHeader> {
  const { volumes } = await readStoredManifest(target, manifestFileOf(set), { set, signal });
  const last = volumes.at(-1);
  const file = last && set.volumes.get(last.number)?.at(-1);
  if (file === undefined || last?.hash === undefined) {
    throw new DuplifsError('KEY', `Nothing proves for whom set ${set.key} is encrypted`, { hint });
  }
  const hash = createHash(last.hash.algorithm);
  const start: Uint8Array[] = [];
  let [startBytes, bytes] = [0, 0];
  for await (const chunk of target.storage.read(file.name, undefined, signal)) {
    hash.update(chunk);
    bytes += chunk.length;
    if (startBytes >= maxHeaderSize) continue;
    start.push(chunk);
    startBytes += chunk.length;
  }
  if (hash.digest('hex') !== last.hash.hex.toLowerCase()) {
    throw new DuplifsError('DAMAGED', `"${file.name}" is not the volume that its manifest names`, {
      hint: 'An older set may be sound: give its --time',
    });
  }
  const first = Buffer.concat(start);
  return readMessageHeader({ bytes: first, isWhole: bytes === startBytes, fileName: file.name });
}

const hint = 'Say for whom it is to be encrypted, with --encrypt-key';

function addedReader(name: string, keyId: string): DuplifsError {
  return new DuplifsError(
    'DAMAGED',
    `"${name}" can be opened with the key ${keyId}, with which its volumes cannot be opened`,
    { hint: `Somebody may have added it. ${hint}` },
  );
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
 * An encoding that those can open who can open the set, and nobody else. They are taken from a volume: who can open a
 * message stands outside what protects it, so that whoever owns the storage can add a key to the manifest, but not to a
 * volume whose hash the manifest has.
 *
 * @throws DuplifsError KEY where a recipient's public key is not known, or recipients are hidden; DAMAGED where the manifest
 *   can be opened with a key with which its volumes cannot be opened
 */
export async function encodingLike(
  protection: ChainProtection,
  means: WritingMeans,
): Promise<Encoding> {
  const { level } = means;
  if (protection.container === 'plain') return { container: 'plain' };
  if (protection.container === 'gz') return { container: 'gz', level: Math.max(1, level) };
  const { target, set, keyring, signKey, digest, stop, forKeys, forPassphrases } = means;
  const { recipients, passphraseSlots } = await provenHeader(target, set, stop);
  const known = new Set(recipients.map(({ keyId }) => keyId));
  const added = protection.recipients.find(({ keyId }) => !known.has(keyId));
  if (added !== undefined) throw addedReader(manifestFileOf(set).name, added.keyId);
  const encryptTo = await keysOf(recipients, means);
  const passphrases = passphraseSlots.length > 0 ? keyring.passphrases.known : [];
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

async function keysOf(
  recipients: readonly Recipient[],
  { set, keyring, stop }: WritingMeans,
): Promise<readonly EncryptionKey[]> {
  if (recipients.some(({ hidden }) => hidden)) {
    throw new DuplifsError('KEY', `Set ${set.key} hides the keys that it is encrypted to`, {
      hint: 'Give those that it is to be encrypted to, with --hidden-encrypt-key',
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
