/**
 * All that can open a message: passphrases, key files, the GnuPG keyring behind gpg, and a user who can
 * be asked. One chain may hold sets made with different passphrases and keys, so everything is tried for
 * each file, the cheapest and the last successful first. Nothing secret is written anywhere.
 */
import type { Config, Key } from 'openpgp';

import { DuplifsError } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import type { OpenPgpEvent } from '../events.js';
import type { SessionKey } from '../packets/algorithms.js';
import type { GpgProgram } from '../gpg/gpg.js';
import { recordOf } from './file-records.js';
import { KeyFiles } from './key-file-store.js';
import type { FiledKey } from './key-file-store.js';
import type { KeyFile } from './key-files.js';
import type { KeyRecord } from './key-record.js';
import { openpgp } from './library.js';
import { namedError } from '../packets/message-error.js';
import type { MessageHeader } from '../packets/message-header.js';
import { distinctPassphrases } from '../packets/passphrase.js';
import type { Passphrase } from '../packets/passphrase.js';
import { Passphrases } from './passphrases.js';
import type { Ask } from './passphrases.js';
import {
  exportPublicKeys,
  fingerprintOf,
  keyHasId,
  keyIdDigits,
  normalKeyId,
} from './public-keys.js';
import { SessionKeySearch } from './session-key-search.js';
import type { Opener } from './session-key-search.js';

export interface KeyringOptions {
  /** PASSPHRASE and its like, for messages and for secret keys. */
  readonly passphrases?: readonly Passphrase[];
  /** SIGN_PASSPHRASE: tried first for a key that signs. */
  readonly signPassphrases?: readonly Passphrase[] | undefined;
  /** Asked at most once for each question, one question at a time. */
  readonly ask?: Ask | undefined;
  readonly keyFiles?: readonly KeyFile[];
  /** Undefined: gpg is never started. */
  readonly gpg?: GpgProgram;
  /** Accept DSA and ElGamal keys and SHA-1 signatures, which old chains may need; a warning is reported. */
  readonly allowOldKeys?: boolean;
  readonly report?: Report<OpenPgpEvent>;
}

export class Keyring {
  readonly gpg: GpgProgram | undefined;
  readonly allowOldKeys: boolean;
  readonly #options: KeyringOptions;
  /** @internal */
  readonly passphrases: Passphrases;
  /** @internal */
  readonly keyFiles: KeyFiles;
  readonly #signPassphrases: readonly Buffer[];
  readonly #exported = new Map<string, Promise<Key[]>>();

  constructor(options: KeyringOptions) {
    const { passphrases = [], signPassphrases = [] } = options;
    this.#options = { ...options, passphrases: [], signPassphrases: [] };
    this.#signPassphrases = distinctPassphrases(signPassphrases);
    this.gpg = options.gpg;
    this.allowOldKeys = options.allowOldKeys ?? false;
    this.passphrases = new Passphrases(passphrases, options.ask);
    this.keyFiles = new KeyFiles(options.keyFiles ?? []);
  }

  /**
   * The session key of a message. A DuplifsError (KEY) that names the file, what was tried and what to
   * do when nothing opens it. May be called for many files at once.
   * @internal
   */
  async sessionKey(
    header: MessageHeader,
    fileName: string,
    signal?: AbortSignal,
  ): Promise<SessionKey> {
    return (await this.open(header, fileName, signal)).sessionKey;
  }

  /** The same, and what has opened the message. @internal */
  async open(
    header: MessageHeader,
    fileName: string,
    signal?: AbortSignal,
  ): Promise<{ readonly sessionKey: SessionKey; readonly opener: Opener | undefined }> {
    try {
      const report = this.#options.report ?? (() => undefined);
      const { passphrases, keyFiles, gpg, allowOldKeys } = this;
      const means = { passphrases, keyFiles, gpg, allowOldKeys, report };
      const search = new SessionKeySearch(means, { header, fileName, signal });
      const sessionKey = await search.run();
      return { sessionKey, opener: search.opener };
    } catch (error) {
      throw namedError(error, fileName);
    }
  }

  /**
   * The key with the fingerprint in the key files, with its secret part where one of them has it; KEY when none has it.
   * @internal
   */
  async keyInFiles(fingerprint: string): Promise<Key> {
    const all = await this.keyFiles.all();
    const found = all.filter((key) => fingerprintOf(key) === fingerprint);
    const key = found.find((one) => one.isPrivate()) ?? found[0];
    if (key !== undefined) return key;
    throw new DuplifsError('KEY', `The key ${fingerprint} is in no key file`);
  }

  /**
   * All keys of the key files, as records: each once, with its secret part where one of the files has it.
   * @internal
   */
  async fileRecords(): Promise<KeyRecord[]> {
    const chosen = new Map<string, FiledKey>();
    for (const filed of await this.keyFiles.withPaths()) {
      const fingerprint = fingerprintOf(filed.key);
      const isBetter = filed.key.isPrivate() && chosen.get(fingerprint)?.key.isPrivate() !== true;
      if (isBetter || !chosen.has(fingerprint)) chosen.set(fingerprint, filed);
    }
    const records: KeyRecord[] = [];
    for (const { key, path } of chosen.values()) {
      records.push(await recordOf(key, this.openpgpConfig, path));
    }
    return records;
  }

  /** Whether passphrases or keys were given: then what is not encrypted is a surprise. */
  get expectsEncryption(): boolean {
    const hasKeyFiles = (this.#options.keyFiles ?? []).length > 0;
    return hasKeyFiles || this.passphrases.known.some(({ length }) => length > 0);
  }

  /** The same means without anybody to ask, for what is done only if it can be. */
  withoutAsking(): Keyring {
    return new Keyring({
      ...this.#options,
      ask: undefined,
      passphrases: this.passphrases.known,
      signPassphrases: this.#signPassphrases,
    });
  }

  /** The public keys that an id names, from key files and gpg. A DuplifsError (KEY) when none does. */
  async publicKeys(id: string, signal?: AbortSignal): Promise<readonly Key[]> {
    const normalId = normalKeyId(id);
    return this.#findPublicKeys(id, `0x${normalId}`, (key) => keyHasId(key, normalId), signal);
  }

  /** The public keys that an id, a name or a mail address fits. A DuplifsError (KEY) when there is none. */
  async publicKeysOfUser(user: string, signal?: AbortSignal): Promise<readonly Key[]> {
    if (keyIdDigits(user) !== undefined) return this.publicKeys(user, signal);
    const wanted = user.toLowerCase();
    const fits = (key: Key) => key.getUserIDs().some((one) => one.toLowerCase().includes(wanted));
    return this.#findPublicKeys(user, user, fits, signal);
  }

  /** What may unlock a signing key: SIGN_PASSPHRASE before the others. */
  get signPassphrases(): readonly Buffer[] {
    const own = this.#signPassphrases;
    return [
      ...own,
      ...this.passphrases.known.filter((one) => !own.some((other) => other.equals(one))),
    ];
  }

  /** Overwrites the passphrases and what was derived from them. Nothing more is opened with them then. */
  wipe(): void {
    this.passphrases.wipe();
    for (const one of this.#signPassphrases) one.fill(0);
  }

  /** The settings of openpgp.js for keys and signatures. */
  get openpgpConfig(): Config {
    const { config } = openpgp();
    if (!this.allowOldKeys) return config;
    const none = {
      rejectPublicKeyAlgorithms: new Set<never>(),
      rejectHashAlgorithms: new Set<never>(),
    };
    return { ...config, ...none, rejectMessageHashAlgorithms: new Set(), minRSABits: 1024 };
  }

  async #findPublicKeys(
    name: string,
    gpgUser: string,
    fits: (key: Key) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<readonly Key[]> {
    const fromFiles = (await this.keyFiles.all()).filter(fits);
    if (fromFiles.length > 0) return fromFiles;
    if (this.gpg) {
      const exporting = this.#exported.get(gpgUser) ?? exportPublicKeys(this.gpg, gpgUser, signal);
      this.#exported.set(gpgUser, exporting);
      try {
        const keys = await exporting;
        if (keys.length > 0) return keys;
      } catch (error) {
        this.#exported.delete(gpgUser);
        throw error;
      }
    }
    throw new DuplifsError('KEY', `There is no public key "${name}"`, {
      hint: 'Import it into the GnuPG keyring, or give it with --key-file',
    });
  }
}
