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
import type { PassphraseSlot } from '../packets/passphrase-slot.js';
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

/** What has opened a message. */
export type Opener =
  /** The passphrase itself, as long as the keyring is not wiped: to find out where it is from. */
  | { readonly kind: 'passphrase'; readonly passphrase: Buffer }
  | { readonly kind: 'key-file'; readonly keyId: string; readonly path: string }
  /** Of the GnuPG keyring; the id is that of the key that was used, as far as gpg tells it. */
  | { readonly kind: 'gpg'; readonly keyId: string | undefined };

/** What is to be opened. */
export interface SearchedMessage {
  readonly header: MessageHeader;
  readonly fileName: string;
  readonly signal: AbortSignal | undefined;
}

export class SessionKeySearch {
  readonly #means: SearchMeans;
  readonly #header: MessageHeader;
  readonly #fileName: string;
  readonly #group: string | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #notes = new Set<string>();
  /** How many passphrases were tried for a message that needs one. */
  #tried = 0;
  /** What a user could be asked for. */
  #question: string | undefined;
  readonly #bulkCipher: Cipher | undefined;
  #opener: Opener | undefined;

  constructor(means: SearchMeans, { header, fileName, signal }: SearchedMessage) {
    this.#means = means;
    this.#header = header;
    this.#fileName = fileName;
    this.#group = groupOf(fileName);
    this.#signal = signal;
    this.#bulkCipher = header.data.kind === 'seipd2' ? cipherOfSeipd2(header) : undefined;
  }

  /** What has opened the message; undefined before `run` has ended well. */
  get opener(): Opener | undefined {
    return this.#opener;
  }

  /**
   * The session key.
   *
   * @throws DuplifsError KEY that names the file and what was tried; DAMAGED where no key can be missing
   */
  async run(): Promise<SessionKey> {
    const { passphrases } = this.#means;
    const tried = passphrases.knownFor(this.#group);
    let found = await this.#openWith(tried, true);
    if (!found && this.#question !== undefined) {
      const question = `${this.#question} (for "${this.#fileName}")`;
      found = await passphrases.oneMore(question, tried, (more) => this.#openWith(more, false));
    }
    if (found) return found;
    throw this.#failure();
  }

  async #openWith(passphrases: readonly Buffer[], first: boolean): Promise<SessionKey | undefined> {
    return (
      (await this.#openByPassphrase(passphrases)) ??
      (await this.#openByKeyFile(passphrases)) ??
      (await this.#openByGpg(passphrases, first))
    );
  }

  async #openByPassphrase(passphrases: readonly Buffer[]): Promise<SessionKey | undefined> {
    const header = this.#header;
    const slots = header.passphraseSlots.filter((slot) => !slot.unsupported);
    if (slots.length > 0) {
      this.#question ??= 'Passphrase of the backup';
      this.#tried += passphrases.length;
    }
    for (const passphrase of passphrases) {
      for (const slot of slots) {
        if (!slot.cipher || !slot.s2k) continue;
        this.#signal?.throwIfAborted();
        const derived = await this.#means.passphrases.derive(slot.s2k, passphrase, slot.cipher);
        if (derived === undefined) {
          this.#notes.add('no more passphrases, for they opened too many files in vain');
          return undefined;
        }
        const sessionKey = await this.#openSlot(slot, derived, passphrase);
        derived.fill(0);
        if (sessionKey && (await this.#fits(sessionKey))) {
          this.#means.passphrases.worked(passphrase, this.#group, slot.s2k);
          this.#opener = { kind: 'passphrase', passphrase };
          return sessionKey;
        }
      }
    }
    if (slots.length > 0) this.#notes.add(countOf(passphrases.length, 'passphrase'));
    return undefined;
  }

  /** A slot whose own cipher OpenSSL lacks is left to gpg. */
  async #openSlot(
    slot: PassphraseSlot,
    derived: Buffer,
    passphrase: Buffer,
  ): Promise<SessionKey | undefined> {
    const { gpg } = this.#means;
    const isForeign = slot.cipher?.node === undefined && slot.encrypted.length > 0;
    if (!isForeign || gpg === undefined) {
      return await openPassphraseSlot(slot, derived, this.#bulkCipher);
    }
    const answer = await askGpgForSessionKey(gpg, this.#header, passphrase, this.#signal);
    return answer.kind === 'key' ? answer.sessionKey : undefined;
  }

  #fits(sessionKey: SessionKey): Promise<boolean> {
    return sessionKeyFits(this.#header, sessionKey, this.#means.gpg);
  }

  async #openByKeyFile(passphrases: readonly Buffer[]): Promise<SessionKey | undefined> {
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
    passphrases: readonly Buffer[],
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
    if (!sessionKey || (recipient.hidden && !(await this.#fits(sessionKey)))) return undefined;
    this.#opener = { kind: 'key-file', keyId: key.keyId, path: key.path };
    return sessionKey;
  }

  async #openByGpg(
    passphrases: readonly Buffer[],
    first: boolean,
  ): Promise<SessionKey | undefined> {
    const header = this.#header;
    const signal = this.#signal;
    const { gpg } = this.#means;
    if (!gpg) return undefined;
    if (header.recipients.length === 0 && !(gpg.useAgent && first)) return undefined;
    // Without a passphrase there may still be a key that needs none, or an agent that knows it.
    const secrets = gpg.useAgent
      ? [undefined]
      : passphrases.length > 0
        ? passphrases
        : [noPassphrase];
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
        if (passphrase !== undefined) this.#means.passphrases.worked(passphrase, this.#group);
        this.#opener = { kind: 'gpg', keyId: answer.keyId };
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

  /** Missing, wrong and damaged are three things to do something about. */
  #failure(): DuplifsError {
    const { recipients, passphraseSlots } = this.#header;
    const cannotOpen = `Cannot open "${this.#fileName}"`;
    if (recipients.length === 0 && passphraseSlots.length === 0) {
      return new DuplifsError(
        'DAMAGED',
        `${cannotOpen}: it names no key and no passphrase, so it is damaged`,
      );
    }
    if (recipients.length > 0) return this.#keyFailure(cannotOpen);
    if (this.#means.passphrases.openerOf(this.#group) !== undefined) {
      return new DuplifsError(
        'DAMAGED',
        `${cannotOpen}: the passphrase that opens other files of its set does not open it, so it is damaged`,
        { hint: 'If its set was written with several passphrases, give all of them' },
      );
    }
    if (this.#tried === 0) {
      return new DuplifsError('KEY', `${cannotOpen}: it needs a passphrase, and none is given`, {
        hint: 'Set PASSPHRASE, or give a file with the passphrase by --passphrase-file',
      });
    }
    const wrong =
      this.#tried === 1
        ? 'the passphrase is wrong'
        : `none of the ${this.#tried} passphrases opens it`;
    return new DuplifsError('KEY', `${cannotOpen}: ${wrong}`, {
      hint: 'Give the right one; where a backup has several, give them all by --passphrase-file. If one is right, the file is damaged',
    });
  }

  #keyFailure(cannotOpen: string): DuplifsError {
    const header = this.#header;
    const notes = this.#notes;
    const ways = [
      ...(header.recipients.length > 0 ? [`the secret key ${wantedKeys(header)}`] : []),
      ...(header.passphraseSlots.length > 0 ? ['a passphrase'] : []),
    ];
    const tried = notes.size > 0 ? `tried ${[...notes].join('; ')}` : 'there was nothing to try';
    return new DuplifsError('KEY', `${cannotOpen}: it needs ${ways.join(' or ')}; ${tried}`, {
      hint: 'Set PASSPHRASE, give the secret key with --key-file, or import it into GnuPG; if that was done, the file is damaged',
    });
  }
}

/** For a key that needs none. */
const noPassphrase = Buffer.alloc(0);

/** Files of one set have its times in their names (docs/format/1-bytes.md 1), and mostly the same passphrase. */
function groupOf(fileName: string): string | undefined {
  return /\d{8}T\d{6}Z(?:\.to\.\d{8}T\d{6}Z)?/.exec(fileName)?.[0];
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
