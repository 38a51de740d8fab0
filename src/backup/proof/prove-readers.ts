/**
 * Whoever can open the chain must be able to open what continues it: a mistyped passphrase or another key would
 * make a set that nobody can restore, noticed only when it is needed. So what the new set is encrypted with is
 * held against a stored file before anything is written, also when the archive dir has all else that is needed.
 * Nothing secret is needed for it but the passphrase that encrypts.
 */
import type { StoredFile } from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';
import { compareReaders, Keyring } from '../../openpgp/index.js';
import type { Storage } from '../../storage/index.js';
import type { Encoding } from '../../volume/index.js';

/** The session key packets of a file: enough for dozens of recipients. */
const headerBytes = 16 * 1024;

export interface ProofOptions {
  readonly storage: Storage;
  readonly encoding: Encoding;
  /** Write even if nobody can open both. */
  readonly allowOtherKeys: boolean;
  readonly warn: (message: string) => void;
  readonly stop: AbortSignal;
}

const chainHint =
  'Give the passphrase or key of the chain, begin a new chain with "duplifs full", or go on all the same with --allow-other-keys';

/**
 * Proves the encoding against a stored file of the chain. A DuplifsError (KEY) when nobody who can open
 * that file could open what is to be written; where that cannot be told, or some could not, a warning.
 * Returns what opens the file for certain, if that is the passphrase.
 */
export async function proveReaders(
  file: Pick<StoredFile, 'name' | 'container'>,
  { storage, encoding, allowOtherKeys, warn, stop }: ProofOptions,
  hint = chainHint,
): Promise<Keyring | undefined> {
  if (file.container !== 'gpg') return undefined; // what anybody can open needs no key
  if (encoding.container !== 'gpg') {
    warn(`"${file.name}" is encrypted, and what is written now is not: anybody can read it`);
    return undefined;
  }
  const { encryptTo, passphrases } = encoding;
  const hasPassphrases = passphrases.length > 0;
  const keyring = new Keyring({ passphrases });
  const bytes = await firstBytes(storage, file.name, stop);
  const start = { bytes, isWhole: bytes.length < headerBytes, fileName: file.name };
  const readers = { encryptTo, keyring, hasPassphrases };
  const match = await compareReaders(start, readers, stop);
  switch (match.kind) {
    case 'same':
      for (const id of match.lost) {
        warn(`The chain can be opened with the key ${id}, but not what is written now`);
      }
      return hasPassphrases ? keyring : undefined;
    case 'hidden':
      if (!encryptTo.some(({ hidden }) => hidden)) {
        warn('The chain hides which key opens it: whether it is the key given now cannot be told');
      }
      return undefined;
    case 'others':
      if (allowOtherKeys) {
        warn(`"${file.name}" needs ${match.wanted}; what is written now needs another key`);
        return undefined;
      }
      throw new DuplifsError('KEY', mismatch(file.name, match.wanted, encoding), { hint });
  }
}

function mismatch(
  name: string,
  wanted: string,
  { encryptTo, passphrases }: Extract<Encoding, { container: 'gpg' }>,
): string {
  if (passphrases.length > 0 && wanted.endsWith('its passphrase')) {
    return `The passphrase is not the one that "${name}" was encrypted with`;
  }
  const ids = encryptTo.map(({ key }) => key.getKeyID().toHex().toUpperCase()).join(', ');
  const given = encryptTo.length > 0 ? `the key ${ids}` : 'a passphrase';
  return `"${name}" needs ${wanted} to be opened, and what is written now would need ${given}`;
}

async function firstBytes(storage: Storage, name: string, signal: AbortSignal): Promise<Buffer> {
  const length = Math.min(headerBytes, (await storage.stat(name, signal))?.size ?? headerBytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of storage.read(name, { offset: 0, length }, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
