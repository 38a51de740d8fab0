/**
 * One target: where a backup lies, what this machine keeps of it, and what opens it. Whoever reads a backup
 * or writes one begins here, so that listings, manifests and local copies are read in one way.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { NamePrefixes, SetTimes, StoredFile } from '../archive/index.js';
import type { Report } from '../base/index.js';
import type { OpenPgpEvent } from '../openpgp/index.js';
import type { Storage } from '../storage/index.js';
import { decodeFile } from '../volume/index.js';
import type { DecodeOptions } from '../volume/index.js';
import type { TargetEvent } from './events.js';
import { listTarget } from './listing.js';
import type { ListOptions, TargetListing } from './listing.js';
import type { TargetPlace } from './place.js';
import { Trust } from './protection/trust.js';
import type { TrustPolicy } from './protection/trust-policy.js';

const defaultReadBytes = 64 * 1024;

export interface TargetOptions extends TargetPlace {
  /** Opens what is on the storage. */
  readonly decode: Omit<DecodeOptions, 'signal'>;
  /** What is demanded of the target; by default that it is as protected as it was. */
  readonly trust?: Partial<TrustPolicy> | Trust | undefined;
  /** The key that signs what is written now: nothing that it has not signed is fetched to build on. */
  readonly signsWith?: string | undefined;
  readonly report: Report<TargetEvent | OpenPgpEvent>;
}

export class Target implements TargetPlace {
  readonly storage: Storage;
  readonly archiveFolder: string;
  readonly prefixes: NamePrefixes;
  readonly decode: Omit<DecodeOptions, 'signal'>;
  readonly report: TargetOptions['report'];
  /** What is known of the target's protection, and demanded of it. */
  readonly trust: Trust;
  readonly signsWith: string | undefined;

  constructor(options: TargetOptions) {
    const { storage, archiveFolder, prefixes, decode, trust, report } = options;
    this.storage = storage;
    this.archiveFolder = archiveFolder;
    this.prefixes = prefixes;
    this.decode = decode;
    this.report = report;
    this.signsWith = options.signsWith;
    this.trust = trust instanceof Trust ? trust : new Trust(archiveFolder, decode, trust, report);
  }

  /**
   * What lies on the storage and in the archive dir now, each listed once.
   * @throws DuplifsError STORAGE_NOT_FOUND when the storage has no such folder, unless `mayBeAbsent`
   */
  async list(options: ListOptions = {}): Promise<TargetListing> {
    const listing = await listTarget(this, await this.trust.demands(), options);
    this.trust.examine(listing);
    return listing;
  }

  /** The same target, opened by other keys. */
  openedWith(keyring: DecodeOptions['keyring']): Target {
    const { storage, archiveFolder, prefixes, report, trust, signsWith } = this;
    const place = { storage, archiveFolder, prefixes };
    const decode = { ...this.decode, keyring };
    return new Target({ ...place, report, trust, signsWith, decode });
  }

  /** The same target, for what is written with a signature by that key. */
  signingWith(signsWith: string | undefined): Target {
    const { storage, archiveFolder, prefixes, report, trust, decode } = this;
    return new Target({ storage, archiveFolder, prefixes, decode, report, trust, signsWith });
  }

  /** The key that must have signed what is read of a set; undefined where none must. */
  signKeyFor(times: SetTimes): string | undefined {
    return this.trust.signKeyFor(times);
  }

  /**
   * The plaintext of a stored manifest, sigtar or index. See decodeFile for when it may be trusted. Once it has ended it was
   * opened with a key of the chain, which is remembered. `signKey` must have signed it.
   */
  async *decodeMetadata(
    file: Pick<StoredFile, 'name' | 'container' | 'kind' | 'times'>,
    signal?: AbortSignal,
    signKey = this.signKeyFor(file.times),
  ): AsyncGenerator<Buffer> {
    yield* decodeFile(this.storage, file, { ...this.decode, signKey, signal });
    this.trust.noteOpened(file, signKey);
  }

  /** The plaintext of a sigtar in the archive dir, where all are gzipped, read and inflated some bytes at a time. */
  decodeLocalSignatures(name: string, readBytes?: number): AsyncGenerator<Buffer> {
    const path = join(this.archiveFolder, name);
    const reader = {
      read: () => createReadStream(path, { highWaterMark: readBytes ?? defaultReadBytes }),
    };
    const how = { ...this.decode, signKey: undefined, inflatedBytes: readBytes };
    return decodeFile(reader, { name, container: 'gz' }, how);
  }
}
