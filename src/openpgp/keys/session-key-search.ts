/**
 * The search for one message's session key: passphrases, key files, gpg, and at last the user. What was
 * tried is kept for the error that says why it could not be opened.
 */
import { DuplifsError, isDuplifsError } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import type { OpenPgpEvent } from '../events.js';
import { seipd2Cipher } from '../packets/aead-data.js';
import type { Cipher, SessionKey } from '../packets/algorithms.js';
import { askGpgForSessionKey } from '../gpg/gpg-session-key.js';
import type { GpgProgram } from '../gpg/gpg.js';
import type { KeyFiles } from './key-file-store.js';
import { isOldKey, openRecipient } from './key-files.js';
import type { SecretKey } from './key-files.js';
import type { MessageHeader, Recipient } from '../packets/message-header.js';
import { bodyPrefix, parsePacketHeader } from '../packets/packet-header.js';
import { openPassphraseSlot } from '../packets/passphrase-slot.js';
import type { Passphrases } from './passphrases.js';
import { sessionKeyFits } from '../gpg/session-key-probe.js';

/** What may be tried. */
export interface SearchMeans {
  readonly passphrases: Passphrases;
  readonly keyFiles: KeyFiles;
  readonly gpg: GpgProgram | undefined;
  readonly allowOldKeys: boolean;
  readonly report: Report<OpenPgpEvent>;
}

export class SessionKeySearch {
  readonly #means: SearchMeans;
  readonly #header: MessageHeader;
  readonly #signal: AbortSignal | undefined;
  readonly #notes = new Set<string>();
  /** What a user could be asked for. */
  #question: string | undefined;
  readonly #bulkCipher: Cipher | undefined;

  constructor(means: SearchMeans, header: MessageHeader, signal: AbortSignal | undefined) {
    this.#means = means;
    this.#header = header;
    this.#signal = signal;
    this.#bulkCipher = header.data.kind === 'seipd2' ? cipherOfSeipd2(header) : undefined;
  }

  /** The session key; a DuplifsError (KEY) that names the file and what was tried when there is none. */
  async run(fileName: string): Promise<SessionKey> {
    const { passphrases } = this.#means;
    const tried = passphrases.known;
    let found = await this.#openWith(tried, true);
    if (!found && this.#question !== undefined) {
      const question = `${this.#question} (for "${fileName}")`;
      found = await passphrases.oneMore(question, tried, (more) => this.#openWith(more, false));
    }
    if (found) return found;
    throw this.#failure(fileName);
  }

  async #openWith(passphrases: readonly string[], first: boolean): Promise<SessionKey | undefined> {
    return (
      (await this.#openByPassphrase(passphrases)) ??
      (await this.#openByKeyFile(passphrases)) ??
      (await this.#openByGpg(passphrases, first))
    );
  }

  async #openByPassphrase(passphrases: readonly string[]): Promise<SessionKey | undefined> {
    const header = this.#header;
    const bulkCipher = this.#bulkCipher;
    const slots = header.passphraseSlots.filter((slot) => !slot.unsupported);
    if (slots.length > 0) this.#question ??= 'Passphrase of the backup';
    for (const passphrase of passphrases) {
      for (const slot of slots) {
        if (!slot.cipher || !slot.s2k) continue;
        this.#signal?.throwIfAborted();
        const derived = await this.#means.passphrases.derive(slot.s2k, passphrase, slot.cipher);
        if (derived === undefined) {
          this.#notes.add('no more passphrases, for they opened too many files in vain');
          return undefined;
        }
        const sessionKey = await openPassphraseSlot(slot, derived, bulkCipher);
        if (sessionKey && (await sessionKeyFits(header, sessionKey))) {
          this.#means.passphrases.worked(passphrase, slot.s2k);
          return sessionKey;
        }
      }
    }
    if (slots.length > 0) this.#notes.add(countOf(passphrases.length, 'passphrase'));
    return undefined;
  }

  async #openByKeyFile(passphrases: readonly string[]): Promise<SessionKey | undefined> {
    const { recipients } = this.#header;
    if (recipients.length === 0 || this.#means.keyFiles.none) return undefined;
    const secret = await this.#means.keyFiles.secret();
    for (const recipient of recipients) {
      for (const key of secret.filter((one) => recipient.hidden || one.keyId === recipient.keyId)) {
        const sessionKey = await this.#openByKey(recipient, key, passphrases);
        if (sessionKey) return sessionKey;
      }
    }
    this.#notes.add(countOf(secret.length, 'secret key') + ' in key files');
    return undefined;
  }

  async #openByKey(
    recipient: Recipient,
    key: SecretKey,
    passphrases: readonly string[],
  ): Promise<SessionKey | undefined> {
    if (isOldKey(key) && !this.#means.allowOldKeys) {
      this.#notes.add(`key ${key.keyId}, whose algorithm is refused as too old`);
      return undefined;
    }
    if (!(await this.#means.keyFiles.unlock(key, passphrases))) {
      this.#notes.add(`key ${key.keyId} in "${key.path}", which no passphrase unlocks`);
      this.#question = `Passphrase of the key ${key.keyId} in "${key.path}"`;
      return undefined;
    }
    const sessionKey = await openRecipient(recipient, key, this.#bulkCipher);
    if (sessionKey && isOldKey(key)) {
      const { keyId } = key;
      this.#means.report({ level: 'warning', code: 'key-algorithm-insecure', keyId });
    }
    if (!sessionKey || !recipient.hidden) return sessionKey;
    return (await sessionKeyFits(this.#header, sessionKey)) ? sessionKey : undefined;
  }

  async #openByGpg(
    passphrases: readonly string[],
    first: boolean,
  ): Promise<SessionKey | undefined> {
    const header = this.#header;
    const signal = this.#signal;
    const { gpg } = this.#means;
    if (!gpg) return undefined;
    if (header.recipients.length === 0 && !(gpg.useAgent && first)) return undefined;
    // Without a passphrase there may still be a key that needs none, or an agent that knows it.
    const secrets = gpg.useAgent ? [undefined] : passphrases.length > 0 ? passphrases : [''];
    for (const passphrase of secrets) {
      let answer;
      try {
        answer = await askGpgForSessionKey(gpg, header, passphrase, signal);
      } catch (error) {
        if (!isDuplifsError(error, 'KEY')) throw error;
        this.#notes.add(`the GnuPG keyring (${error.message})`); // gpg may not be installed at all
        return undefined;
      }
      if (answer.kind === 'key') {
        if (passphrase !== undefined) this.#means.passphrases.worked(passphrase);
        return answer.sessionKey;
      }
      if (answer.kind === 'no-secret-key') {
        this.#notes.add('the GnuPG keyring, which has no such secret key');
        return undefined;
      }
      this.#notes.add('the GnuPG keyring');
    }
    if (header.recipients.length > 0 && !gpg.useAgent) {
      this.#question ??= `Passphrase of the key ${wantedKeys(header)} in the GnuPG keyring`;
    }
    return undefined;
  }

  #failure(fileName: string): DuplifsError {
    const header = this.#header;
    const notes = this.#notes;
    const ways = [
      ...(header.recipients.length > 0 ? [`the secret key ${wantedKeys(header)}`] : []),
      ...(header.passphraseSlots.length > 0 ? ['a passphrase'] : []),
    ];
    const needs =
      ways.length > 0 ? `it needs ${ways.join(' or ')}` : 'it names no key and no passphrase';
    const tried = notes.size > 0 ? `tried ${[...notes].join('; ')}` : 'there was nothing to try';
    return new DuplifsError('KEY', `Cannot open "${fileName}": ${needs}; ${tried}`, {
      hint: 'Set PASSPHRASE, give the secret key with --key-file, or import it into GnuPG; if that was done, the file is damaged',
    });
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
