/**
 * The one trust policy: what a target's chains must have to be read, decided from what is stored, from what this machine
 * knows (TrustMemory) and from what the user demands.
 */
import { setKey } from '../../archive/index.js';
import type { SetTimes, StoredFile } from '../../archive/index.js';
import { errorText } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import type { DecodeOptions } from '../../volume/index.js';
import type { TargetEvent } from '../events.js';
import type { TargetListing } from '../listing.js';
import { SeparationReport } from './report-separation.js';
import type { ProtectionDemands } from './separate-files.js';
import { TrustMemory } from './trust-memory.js';
import { defaultTrustPolicy } from './trust-policy.js';
import type { TrustPolicy } from './trust-policy.js';

/** What a chain that is written now is protected by. */
export interface WrittenProtection {
  readonly encrypted: boolean;
  /** The id of the key that signs; undefined where nothing is signed. */
  readonly signKey: string | undefined;
  /** By default. */
  readonly isNewest?: boolean;
}

export class Trust implements TrustPolicy {
  readonly allowUnprotected: boolean;
  readonly requireEncryption: boolean;
  readonly allowRollback: boolean;
  readonly #archiveFolder: string;
  readonly #decode: Omit<DecodeOptions, 'signal'>;
  readonly #report: Report<TargetEvent>;
  readonly #separation: SeparationReport;
  #memory: TrustMemory | undefined;
  #listing: TargetListing | undefined;
  #toldOfRollback: string | undefined;
  #hasFailedToSave = false;
  #saving = Promise.resolve();

  constructor(
    archiveFolder: string,
    decode: Omit<DecodeOptions, 'signal'>,
    policy: Partial<TrustPolicy> | undefined,
    report: Report<TargetEvent>,
  ) {
    const { allowUnprotected, requireEncryption, allowRollback } = {
      ...defaultTrustPolicy,
      ...policy,
    };
    this.allowUnprotected = allowUnprotected;
    this.requireEncryption = requireEncryption;
    this.allowRollback = allowRollback;
    this.#archiveFolder = archiveFolder;
    this.#decode = decode;
    this.#report = report;
    this.#separation = new SeparationReport(report);
  }

  /** What the listing of the target is held against. */
  async demands(): Promise<ProtectionDemands> {
    this.#memory ??= await TrustMemory.load(this.#archiveFolder);
    const memory = this.#memory;
    return {
      isKnownEncrypted: (chainKey) => memory.isEncrypted(chainKey),
      isKnownPlain: (chainKey) => memory.isPlain(chainKey),
      knowsEncrypted: memory.knowsEncrypted,
      requireEncryption: this.requireEncryption,
      allowUnprotected: this.allowUnprotected,
    };
  }

  /** Looks at a new listing, and tells what does not count and what is gone. */
  examine(listing: TargetListing): void {
    this.#listing = listing;
    this.#separation.tell(listing.separated, this.#decode.keyring.expectsEncryption);
    this.#findRollback(listing);
  }

  /** The key that must have signed what is read of a set; undefined where none must. */
  signKeyFor(times: SetTimes): string | undefined {
    const { signKey } = this.#decode;
    if (signKey !== undefined || this.allowUnprotected) return signKey;
    return this.#memory?.signerOf(this.#chainKeyOf(times));
  }

  /** Notes that a stored file was opened and held what it should, with a signature by the key if one was demanded. */
  noteOpened(
    { times, kind, container }: Pick<StoredFile, 'times' | 'kind' | 'container'>,
    signKey: string | undefined,
  ): void {
    const chainKey = this.#chainKeyOf(times);
    if (container === 'gpg') this.#memory?.noteEncrypted(chainKey);
    if (signKey !== undefined) this.#memory?.noteSigner(chainKey, signKey);
    if (kind === 'manifest') {
      this.#memory?.noteSet({ key: setKey(times), endSeconds: times.endSeconds });
    }
  }

  /** Notes a set that was written by this machine: from now on the newest, unless it says that others are newer. */
  noteWritten(times: SetTimes, { encrypted, signKey, isNewest = true }: WrittenProtection): void {
    const chainKey = this.#chainKeyOf(times);
    if (encrypted) this.#memory?.noteEncrypted(chainKey);
    else this.#memory?.notePlain(chainKey);
    if (signKey !== undefined) this.#memory?.noteSigner(chainKey, signKey);
    const set = { key: setKey(times), endSeconds: times.endSeconds };
    if (isNewest) this.#memory?.replaceNewest(set);
    else this.#memory?.noteSet(set);
  }

  /** Whether the newest set that this machine has seen is gone from the listing that was looked at last. */
  get hasLostNewest(): boolean {
    return this.#toldOfRollback !== undefined;
  }

  /** Writes down what was learned. That it cannot be is told, and harms nothing that is read now. */
  async save(): Promise<void> {
    this.#saving = this.#saving.then(async () => this.#save());
    await this.#saving;
  }

  /** One after the other, for whoever reads several manifests at once learns from each. */
  async #save(): Promise<void> {
    try {
      await this.#memory?.save();
    } catch (error) {
      if (this.#hasFailedToSave) return;
      this.#hasFailedToSave = true;
      this.#report({ level: 'warning', code: 'trust-not-saved', reason: errorText(error) });
    }
  }

  #chainKeyOf(times: SetTimes): string {
    return this.#listing?.chainKeyOf(times) ?? setKey(times);
  }

  /** The newest set that this machine has seen must still be there, unless there is a newer one. */
  #findRollback(listing: TargetListing): void {
    const newest = this.#memory?.newest;
    if (newest === undefined || listing.wholeKeys.has(newest.key)) return;
    const whole = listing.files.filter(({ times }) => listing.wholeKeys.has(setKey(times)));
    const newestStored = whole.reduce((most, { times }) => Math.max(most, times.endSeconds), 0);
    if (newestStored > newest.endSeconds) return;
    if (this.allowRollback) {
      const last = whole.find(({ times }) => times.endSeconds === newestStored);
      this.#memory?.replaceNewest(
        last && { key: setKey(last.times), endSeconds: last.times.endSeconds },
      );
      return;
    }
    if (this.#toldOfRollback === newest.key) return;
    this.#toldOfRollback = newest.key;
    this.#report({ level: 'warning', code: 'newest-set-gone', setKey: newest.key });
  }
}
