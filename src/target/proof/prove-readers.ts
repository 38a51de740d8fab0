/**
 * Whoever can open the chain must be able to open what continues it: a mistyped passphrase or another key would
 * make a set that nobody can restore, noticed only when it is needed. So what the new set is encrypted with is
 * held against a stored file before anything is written, also when the archive dir has all else that is needed.
 * Nothing secret is needed for it but the passphrase that encrypts.
 */
import type { StoredFile } from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import { compareReaders, continuedSession, Keyring } from '../../openpgp/index.js';
import type { MessageSession, OpenedHeader } from '../../openpgp/index.js';
import type { Storage } from '../../storage/index.js';
import type { Encoding } from '../../volume/index.js';
import type { TargetEvent } from '../events.js';
import { messageStart } from './message-start.js';

export interface ProofOptions {
  readonly storage: Storage;
  readonly encoding: Encoding;
  /** Write even if nobody can open both. */
  readonly allowOtherKeys: boolean;
  /** Write what is more or less protected than the file. */
  readonly allowUnprotected: boolean;
  readonly report: Report<TargetEvent>;
  readonly stop: AbortSignal;
}

/** What a proof has found. */
export interface ProvenReaders {
  /** What to write with, so that who can open the file can open that. */
  readonly encoding: Encoding;
  /** What opens the file for certain, if that is a passphrase. */
  readonly opener: Keyring | undefined;
  /** The file's own session, where what is written can have the same one. */
  readonly session?: MessageSession | undefined;
}

const chainHint =
  'Give the passphrase or key of the chain, begin a new chain with "duplifs full", or go on all the same with --allow-other-keys';

/**
 * Proves the encoding against a stored file of the chain. A DuplifsError (KEY) when nobody who can open
 * that file could open what is to be written; where that cannot be told, or some could not, a warning.
 * Several passphrases are all tried: the one that opens the file is what is to be written with.
 */
export async function proveReaders(
  file: Pick<StoredFile, 'name' | 'container'>,
  { storage, encoding, allowOtherKeys, allowUnprotected, report, stop }: ProofOptions,
  hint = chainHint,
): Promise<ProvenReaders> {
  const isEncrypted = file.container === 'gpg';
  if (isEncrypted !== (encoding.container === 'gpg') && !allowUnprotected) {
    throw mixedProtection(file.name, isEncrypted);
  }
  if (!isEncrypted) return { encoding, opener: undefined }; // what anybody can open needs no key
  if (encoding.container !== 'gpg') {
    report({ level: 'warning', code: 'writing-unencrypted', name: file.name });
    return { encoding, opener: undefined };
  }
  const { encryptTo, passphrases } = encoding;
  const hasPassphrases = passphrases.length > 0;
  const others = hasPassphrases ? (encoding.otherPassphrases ?? []) : [];
  const keyring = new Keyring({ passphrases: [...passphrases, ...others] });
  const start = await messageStart(storage, file.name, stop);
  const readers = { encryptTo, keyring, hasPassphrases };
  const match = await compareReaders(start, readers, stop);
  switch (match.kind) {
    case 'same':
      for (const id of match.lost) {
        report({ level: 'warning', code: 'reader-lost', keyId: id });
      }
      if (!hasPassphrases) return { encoding, opener: undefined };
      return { ...openedBy(keyring, encoding), session: sessionOf(match.opened, encoding) };
    case 'hidden':
      if (!encryptTo.some(({ hidden }) => hidden)) {
        report({ level: 'warning', code: 'readers-hidden' });
      }
      return { encoding, opener: undefined };
    case 'others':
      if (allowOtherKeys) {
        report({
          level: 'warning',
          code: 'readers-differ',
          name: file.name,
          wanted: match.wanted,
        });
        return { encoding, opener: undefined };
      }
      throw new DuplifsError('KEY', mismatch(file.name, match.wanted, encoding), { hint });
  }
}

/** A chain that is encrypted in part would be refused when it is read: whoever can write there could have made the rest. */
function mixedProtection(name: string, isEncrypted: boolean): DuplifsError {
  const what = isEncrypted
    ? `"${name}" is encrypted, and what is written now would not be`
    : `"${name}" is not encrypted, and what is written now would be`;
  return new DuplifsError('KEY', `${what}: a chain is one or the other`, {
    hint: 'Begin a new chain with "duplifs full", or go on with --allow-unprotected, which every restore then needs as well',
  });
}

/** The passphrase that worked is the first of the keyring's now. */
function openedBy(
  keyring: Keyring,
  encoding: Extract<Encoding, { container: 'gpg' }>,
): ProvenReaders {
  const [opener, ...others] = keyring.passphrases.known;
  if (opener === undefined) return { encoding, opener: keyring };
  return {
    encoding: { ...encoding, passphrases: [opener], otherPassphrases: others },
    opener: keyring,
  };
}

function sessionOf(
  opened: OpenedHeader | undefined,
  { encryptTo, format }: Extract<Encoding, { container: 'gpg' }>,
): MessageSession | undefined {
  if (opened === undefined || encryptTo.length > 0) return undefined;
  return continuedSession(opened.header, opened.sessionKey, format);
}

function mismatch(
  name: string,
  wanted: string,
  { encryptTo, passphrases, otherPassphrases = [] }: Extract<Encoding, { container: 'gpg' }>,
): string {
  if (passphrases.length > 0 && wanted.endsWith('its passphrase')) {
    return otherPassphrases.length === 0
      ? `The passphrase is not the one that "${name}" was encrypted with`
      : `None of the passphrases is the one that "${name}" was encrypted with`;
  }
  const ids = encryptTo.map(({ key }) => key.getKeyID().toHex().toUpperCase()).join(', ');
  const given = encryptTo.length > 0 ? `the key ${ids}` : 'a passphrase';
  return `"${name}" needs ${wanted} to be opened, and what is written now would need ${given}`;
}
