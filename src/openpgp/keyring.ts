/**
 * All that can open a message: passphrases, key files, the GnuPG keyring behind gpg, and a user who can
 * be asked. One chain may hold sets made with different passphrases and keys, so everything is tried for
 * each file, the cheapest and the last successful first. Nothing secret is written anywhere.
 */
import { config } from 'openpgp';
import type { Config, Key } from 'openpgp';

import { DuplifsError, isDuplifsError } from '../base/index.js';
import { seipd2Cipher } from './aead-data.js';
import type { Cipher, SessionKey } from './algorithms.js';
import { askGpgForSessionKey } from './gpg-session-key.js';
import type { GpgProgram } from './gpg.js';
import { isOldKey, openRecipient, readKeyFile, secretKeysOf, unlock } from './key-files.js';
import type { KeyFile, SecretKey } from './key-files.js';
import { namedError } from './message-error.js';
import type { MessageHeader, Recipient } from './message-header.js';
import { bodyPrefix, parsePacketHeader } from './packet-header.js';
import { openPassphraseSlot } from './passphrase-slot.js';
import { Passphrases } from './passphrases.js';
import type { Ask } from './passphrases.js';
import { exportPublicKeys, keyHasId, keyIdDigits, normalKeyId } from './public-keys.js';
import { sessionKeyFits } from './session-key-probe.js';

export interface KeyringOptions {
  /** PASSPHRASE and its like, for messages and for secret keys. */
  readonly passphrases?: readonly string[];
  /** SIGN_PASSPHRASE: tried first for a key that signs. */
  readonly signPassphrases?: readonly string[];
  /** Asked at most once for each question, one question at a time. */
  readonly ask?: Ask;
  readonly keyFiles?: readonly KeyFile[];
  /** Undefined: gpg is never started. */
  readonly gpg?: GpgProgram;
  /** Accept DSA and ElGamal keys and SHA-1 signatures, which old chains may need; warns. */
  readonly allowOldKeys?: boolean;
  readonly warn?: (message: string) => void;
}

interface FileKeys {
  readonly all: readonly Key[];
  readonly secret: readonly SecretKey[];
}

/** What came of one file so far, for the error that says why it could not be opened. */
interface Attempt {
  readonly header: MessageHeader;
  readonly bulkCipher: Cipher | undefined;
  readonly signal: AbortSignal | undefined;
  readonly notes: Set<string>;
  /** What a user could be asked for. */
  question: string | undefined;
}

export class Keyring {
  readonly gpg: GpgProgram | undefined;
  readonly allowOldKeys: boolean;
  private readonly options: KeyringOptions;
  private readonly passphrases: Passphrases;
  private files: Promise<FileKeys> | undefined;
  private readonly exported = new Map<string, Promise<Key[]>>();
  private unlocking: Promise<unknown> = Promise.resolve();

  constructor(options: KeyringOptions) {
    this.options = options;
    this.gpg = options.gpg;
    this.allowOldKeys = options.allowOldKeys ?? false;
    this.passphrases = new Passphrases(options.passphrases ?? [], options.ask);
  }

  /**
   * The session key of a message. A DuplifsError (KEY) that names the file, what was tried and what to
   * do when nothing opens it. May be called for many files at once.
   */
  async sessionKey(
    header: MessageHeader,
    fileName: string,
    signal?: AbortSignal,
  ): Promise<SessionKey> {
    try {
      const bulkCipher = header.data.kind === 'seipd2' ? cipherOfSeipd2(header) : undefined;
      const attempt = { header, bulkCipher, signal, notes: new Set<string>(), question: undefined };
      const sessionKey = await this.open(attempt, fileName);
      if (sessionKey) return sessionKey;
      throw cannotOpen(attempt, fileName);
    } catch (error) {
      throw namedError(error, fileName);
    }
  }

  /** The public keys that an id names, from key files and gpg. A DuplifsError (KEY) when none does. */
  async publicKeys(id: string, signal?: AbortSignal): Promise<readonly Key[]> {
    const normalId = normalKeyId(id);
    return this.findPublicKeys(id, `0x${normalId}`, (key) => keyHasId(key, normalId), signal);
  }

  /** The public keys that an id, a name or a mail address fits. A DuplifsError (KEY) when there is none. */
  async publicKeysOfUser(user: string, signal?: AbortSignal): Promise<readonly Key[]> {
    if (keyIdDigits(user) !== undefined) return this.publicKeys(user, signal);
    const wanted = user.toLowerCase();
    const fits = (key: Key) => key.getUserIDs().some((one) => one.toLowerCase().includes(wanted));
    return this.findPublicKeys(user, user, fits, signal);
  }

  /** The secret keys in files: all of them. */
  async secretKeysInFiles(): Promise<readonly SecretKey[]> {
    return (await this.fileKeys()).secret;
  }

  /** All keys in files, also those with a secret part. */
  async keysInFiles(): Promise<readonly Key[]> {
    return (await this.fileKeys()).all;
  }

  /** What may unlock a signing key: SIGN_PASSPHRASE before the others. */
  get signPassphrases(): readonly string[] {
    return [...new Set([...(this.options.signPassphrases ?? []), ...this.passphrases.known])];
  }

  /** Unlocks a secret key; one at a time. */
  unlock(key: SecretKey, passphrases: readonly string[]): Promise<boolean> {
    const mine = this.unlocking.then(() => unlock(key, passphrases));
    this.unlocking = mine.catch(() => undefined);
    return mine;
  }

  /** Asks for one more passphrase: see Passphrases.oneMore. */
  askForPassphrase<T>(
    question: string,
    tried: readonly string[],
    retry: (passphrases: readonly string[]) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    return this.passphrases.oneMore(question, tried, retry);
  }

  /** The settings of openpgp.js for keys and signatures. */
  get openpgpConfig(): Config {
    if (!this.allowOldKeys) return config;
    const none = {
      rejectPublicKeyAlgorithms: new Set<never>(),
      rejectHashAlgorithms: new Set<never>(),
    };
    return { ...config, ...none, rejectMessageHashAlgorithms: new Set(), minRSABits: 1024 };
  }

  private async findPublicKeys(
    name: string,
    gpgUser: string,
    fits: (key: Key) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<readonly Key[]> {
    const fromFiles = (await this.keysInFiles()).filter(fits);
    if (fromFiles.length > 0) return fromFiles;
    if (this.gpg) {
      const exporting = this.exported.get(gpgUser) ?? exportPublicKeys(this.gpg, gpgUser, signal);
      this.exported.set(gpgUser, exporting);
      try {
        const keys = await exporting;
        if (keys.length > 0) return keys;
      } catch (error) {
        this.exported.delete(gpgUser);
        throw error;
      }
    }
    throw new DuplifsError('KEY', `There is no public key "${name}"`, {
      hint: 'Import it into the GnuPG keyring, or give it with --key-file',
    });
  }

  private async open(attempt: Attempt, fileName: string): Promise<SessionKey | undefined> {
    const tried = this.passphrases.known;
    const found = await this.openWith(attempt, tried, true);
    if (found) return found;
    const { question } = attempt;
    if (question === undefined) return undefined;
    return this.passphrases.oneMore(`${question} (for "${fileName}")`, tried, (more) =>
      this.openWith(attempt, more, false),
    );
  }

  private async openWith(
    attempt: Attempt,
    passphrases: readonly string[],
    first: boolean,
  ): Promise<SessionKey | undefined> {
    return (
      (await this.openByPassphrase(attempt, passphrases)) ??
      (await this.openByKeyFile(attempt, passphrases)) ??
      (await this.openByGpg(attempt, passphrases, first))
    );
  }

  private async openByPassphrase(
    attempt: Attempt,
    passphrases: readonly string[],
  ): Promise<SessionKey | undefined> {
    const { header, bulkCipher } = attempt;
    const slots = header.passphraseSlots.filter((slot) => !slot.unsupported);
    if (slots.length > 0) attempt.question ??= 'Passphrase of the backup';
    for (const passphrase of passphrases) {
      for (const slot of slots) {
        if (!slot.cipher || !slot.s2k) continue;
        attempt.signal?.throwIfAborted();
        const derived = await this.passphrases.derive(slot.s2k, passphrase, slot.cipher);
        const sessionKey = openPassphraseSlot(slot, derived, bulkCipher);
        if (sessionKey && sessionKeyFits(header, sessionKey)) {
          this.passphrases.worked(passphrase);
          return sessionKey;
        }
      }
    }
    if (slots.length > 0) attempt.notes.add(countOf(passphrases.length, 'passphrase'));
    return undefined;
  }

  private async openByKeyFile(
    attempt: Attempt,
    passphrases: readonly string[],
  ): Promise<SessionKey | undefined> {
    const { recipients } = attempt.header;
    if (recipients.length === 0 || (this.options.keyFiles ?? []).length === 0) return undefined;
    const { secret } = await this.fileKeys();
    for (const recipient of recipients) {
      for (const key of secret.filter((one) => recipient.hidden || one.keyId === recipient.keyId)) {
        const sessionKey = await this.openByKey(attempt, recipient, key, passphrases);
        if (sessionKey) return sessionKey;
      }
    }
    attempt.notes.add(countOf(secret.length, 'secret key') + ' in key files');
    return undefined;
  }

  private async openByKey(
    attempt: Attempt,
    recipient: Recipient,
    key: SecretKey,
    passphrases: readonly string[],
  ): Promise<SessionKey | undefined> {
    if (isOldKey(key) && !this.allowOldKeys) {
      attempt.notes.add(`key ${key.keyId}, whose algorithm is refused as too old`);
      return undefined;
    }
    if (!(await this.unlock(key, passphrases))) {
      attempt.notes.add(`key ${key.keyId} in "${key.path}", which no passphrase unlocks`);
      attempt.question = `Passphrase of the key ${key.keyId} in "${key.path}"`;
      return undefined;
    }
    const sessionKey = await openRecipient(recipient, key, attempt.bulkCipher);
    if (sessionKey && isOldKey(key)) {
      this.options.warn?.(`Key ${key.keyId} has an algorithm that is no longer secure`);
    }
    return sessionKey && sessionKeyFits(attempt.header, sessionKey) ? sessionKey : undefined;
  }

  private async openByGpg(
    attempt: Attempt,
    passphrases: readonly string[],
    first: boolean,
  ): Promise<SessionKey | undefined> {
    const { header, signal } = attempt;
    if (!this.gpg) return undefined;
    if (header.recipients.length === 0 && !(this.gpg.useAgent && first)) return undefined;
    // Without a passphrase there may still be a key that needs none, or an agent that knows it.
    const secrets = this.gpg.useAgent ? [undefined] : passphrases.length > 0 ? passphrases : [''];
    for (const passphrase of secrets) {
      let answer;
      try {
        answer = await askGpgForSessionKey(this.gpg, header, passphrase, signal);
      } catch (error) {
        if (!isDuplifsError(error, 'KEY')) throw error;
        attempt.notes.add(`the GnuPG keyring (${error.message})`); // gpg may not be installed at all
        return undefined;
      }
      if (answer.kind === 'key') {
        if (passphrase !== undefined) this.passphrases.worked(passphrase);
        return answer.sessionKey;
      }
      if (answer.kind === 'no-secret-key') {
        attempt.notes.add('the GnuPG keyring, which has no such secret key');
        return undefined;
      }
      attempt.notes.add('the GnuPG keyring');
    }
    if (header.recipients.length > 0 && !this.gpg.useAgent) {
      attempt.question ??= `Passphrase of the key ${wantedKeys(header)} in the GnuPG keyring`;
    }
    return undefined;
  }

  private fileKeys(): Promise<FileKeys> {
    this.files ??= this.readFiles();
    return this.files;
  }

  private async readFiles(): Promise<FileKeys> {
    const all: Key[] = [];
    const secret: SecretKey[] = [];
    for (const file of this.options.keyFiles ?? []) {
      const keys = await readKeyFile(file);
      all.push(...keys);
      secret.push(...secretKeysOf(file.path, keys));
    }
    return { all, secret };
  }
}

function cipherOfSeipd2({ data }: MessageHeader): Cipher | undefined {
  const header = parsePacketHeader(data.start);
  return header && seipd2Cipher(bodyPrefix(data.start, header));
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function wantedKeys(header: MessageHeader): string {
  return header.recipients.map((one) => (one.hidden ? '(hidden)' : one.keyId)).join(', ');
}

function cannotOpen({ header, notes }: Attempt, fileName: string): DuplifsError {
  const ways = [
    ...(header.recipients.length > 0 ? [`the secret key ${wantedKeys(header)}`] : []),
    ...(header.passphraseSlots.length > 0 ? ['a passphrase'] : []),
  ];
  const needs =
    ways.length > 0 ? `it needs ${ways.join(' or ')}` : 'it names no key and no passphrase';
  const tried = notes.size > 0 ? `tried ${[...notes].join('; ')}` : 'there was nothing to try';
  return new DuplifsError('KEY', `Cannot open "${fileName}": ${needs}; ${tried}`, {
    hint: 'Set PASSPHRASE, give the secret key with --key-file, or import it into GnuPG',
  });
}
