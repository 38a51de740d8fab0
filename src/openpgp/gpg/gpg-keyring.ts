/**
 * The GnuPG keyring: what is in it, and keys that go in and out. gpg does all of it; keys go through its pipes, and
 * GNUPGHOME says whose keyring it is.
 */
import { DuplifsError } from '../../base/index.js';
import type { Key } from 'openpgp';
import { openpgp } from '../keys/library.js';
import type { KeyRecord, OwnertrustLevel } from '../keys/key-record.js';
import { fingerprintOf } from '../keys/public-keys.js';
import { runGpg } from './gpg.js';
import type { GpgOutcome, GpgProgram } from './gpg.js';
import { ownertrustLine, parseKeyListing, parseOwnertrust, withSecrets } from './key-listing.js';

const listing = ['--with-colons', '--fixed-list-mode', '--with-fingerprint', '--with-fingerprint'];

/**
 * All keys of the keyring, with what is there of their secret parts; or those that `users` name (fingerprints, ids).
 * @throws DuplifsError KEY when gpg cannot be run
 */
export async function listGpgKeys(
  gpg: GpgProgram,
  signal?: AbortSignal,
  users: readonly string[] = [],
): Promise<KeyRecord[]> {
  const list = async (command: string): Promise<KeyRecord[]> => {
    const args = [...listing, command, '--', ...users];
    const { output } = await runGpg(gpg, { args, signal });
    return parseKeyListing(output.toString('utf8'));
  };
  return withSecrets(await list('--list-keys'), await list('--list-secret-keys'));
}

/** What an import has done. */
export interface Imported {
  /** Fingerprints of the keys that are in the keyring now. */
  readonly fingerprints: readonly string[];
}

/**
 * Puts keys into the keyring: public or secret ones, armored or not. Secret keys keep the passphrases that they have.
 * @throws DuplifsError KEY with gpg's reason when there is one that it does not take
 */
export async function importKeys(
  gpg: GpgProgram,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<Imported> {
  const outcome = await runGpg(gpg, { args: ['--import'], signal }, bytes);
  const found = (word: string): string[] =>
    outcome.status
      .filter((line) => line.startsWith(`${word} `))
      .map((line) => line.split(' ')[2] ?? '');
  const fingerprints = [...new Set(found('IMPORT_OK'))];
  if (fingerprints.length === 0 || found('IMPORT_PROBLEM').length > 0 || outcome.exitCode !== 0) {
    throw gpgFailure('gpg does not take the keys', outcome);
  }
  return { fingerprints };
}

/** The public part of a key, binary. A DuplifsError (KEY) when the keyring has none. */
export async function exportPublicKey(
  gpg: GpgProgram,
  fingerprint: string,
  signal?: AbortSignal,
): Promise<Buffer> {
  const outcome = await runGpg(gpg, { args: ['--export', '--', fingerprint], signal });
  if (outcome.exitCode === 0 && outcome.output.length > 0) return outcome.output;
  throw gpgFailure(`gpg does not export the key ${fingerprint}`, outcome);
}

/**
 * A key with its secret parts, binary, which keeps its passphrase. gpg needs the passphrase for it, and leaves out what
 * it does not open: so each part that the keyring has is looked for in what comes. Undefined when the passphrase is
 * wrong; with none gpg's agent asks. The caller wipes it.
 */
export async function exportSecretKey(
  gpg: GpgProgram,
  record: KeyRecord,
  passphrase: Uint8Array | undefined,
  signal?: AbortSignal,
): Promise<Buffer | undefined> {
  const args = ['--export-secret-keys', '--', record.fingerprint];
  const { output } = await runGpg(gpg, { args, passphrase, signal });
  if (output.length === 0) return undefined;
  const [key] = await openpgp().readKeys({ binaryKeys: output });
  const has = key === undefined ? new Set<string>() : secretParts(key);
  const wanted = record.parts.filter(({ secret }) => secret === 'here');
  if (wanted.length > 0 && wanted.every(({ fingerprint }) => has.has(fingerprint))) return output;
  output.fill(0);
  return undefined;
}

function secretParts(key: Key): Set<string> {
  const { SecretKeyPacket, SecretSubkeyPacket } = openpgp();
  const prints = key.getKeys().flatMap(({ keyPacket }) => {
    const isSecret =
      keyPacket instanceof SecretKeyPacket || keyPacket instanceof SecretSubkeyPacket;
    return isSecret && !keyPacket.isDummy() ? [fingerprintOf(keyPacket)] : [];
  });
  return new Set(prints);
}

/** By fingerprint, for the keys to which one is given. */
export async function readOwnertrust(
  gpg: GpgProgram,
  signal?: AbortSignal,
): Promise<Map<string, OwnertrustLevel>> {
  const { output } = await runGpg(gpg, { args: ['--export-ownertrust'], signal });
  return parseOwnertrust(output.toString('latin1'));
}

/** Says how far owners of keys are trusted. A DuplifsError (KEY) with gpg's reason when it cannot. */
export async function setOwnertrust(
  gpg: GpgProgram,
  levels: ReadonlyMap<string, OwnertrustLevel>,
  signal?: AbortSignal,
): Promise<void> {
  if (levels.size === 0) return;
  const lines = [...levels].map(([fingerprint, level]) => ownertrustLine(fingerprint, level));
  const input = Buffer.from(`${lines.join('\n')}\n`);
  const outcome = await runGpg(gpg, { args: ['--import-ownertrust'], signal }, input);
  if (outcome.exitCode !== 0) throw gpgFailure('gpg does not take the trust in keys', outcome);
}

function gpgFailure(what: string, { log }: GpgOutcome): DuplifsError {
  const reason = log.split('\n').findLast((line) => line !== '') ?? 'it says nothing of why';
  return new DuplifsError('KEY', `${what}: ${reason.replace(/^gpg: /, '')}`, {
    hint: 'See that the keyring (GNUPGHOME, else ~/.gnupg) is there and belongs to you',
  });
}
