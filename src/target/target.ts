/**
 * One target: where a backup lies, what this machine keeps of it, and what opens it. Whoever reads a backup
 * or writes one begins here, so that listings, manifests and local copies are read in one way.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { NamePrefixes, StoredFile } from '../archive/index.js';
import type { Report } from '../base/index.js';
import type { OpenPgpEvent } from '../openpgp/index.js';
import type { Storage } from '../storage/index.js';
import { decodeFile } from '../volume/index.js';
import type { DecodeOptions } from '../volume/index.js';
import type { TargetEvent } from './events.js';
import { listTarget } from './listing.js';
import type { ListOptions, TargetListing } from './listing.js';
import type { TargetPlace } from './place.js';

const defaultReadBytes = 64 * 1024;

export interface TargetOptions extends TargetPlace {
  /** Opens what is on the storage. */
  readonly decode: Omit<DecodeOptions, 'signal'>;
  readonly report: Report<TargetEvent | OpenPgpEvent>;
}

export class Target implements TargetPlace {
  readonly storage: Storage;
  readonly archiveFolder: string;
  readonly prefixes: NamePrefixes;
  readonly decode: Omit<DecodeOptions, 'signal'>;
  readonly report: TargetOptions['report'];

  constructor({ storage, archiveFolder, prefixes, decode, report }: TargetOptions) {
    this.storage = storage;
    this.archiveFolder = archiveFolder;
    this.prefixes = prefixes;
    this.decode = decode;
    this.report = report;
  }

  /**
   * What lies on the storage and in the archive dir now, each listed once.
   * @throws DuplifsError STORAGE_NOT_FOUND when the storage has no such folder, unless `mayBeAbsent`
   */
  async list(options: ListOptions = {}): Promise<TargetListing> {
    return listTarget(this, options);
  }

  /** The same target, opened by other keys. */
  openedWith(keyring: DecodeOptions['keyring']): Target {
    const { storage, archiveFolder, prefixes, decode, report } = this;
    return new Target({ storage, archiveFolder, prefixes, report, decode: { ...decode, keyring } });
  }

  /**
   * The plaintext of a stored file that carries no signature of its own in duplicity's format: manifests, sigtars
   * (docs/format/1-bytes.md 7.4). `--sign-key` is for volumes. See decodeFile for when it may be trusted.
   */
  decodeMetadata(
    file: Pick<StoredFile, 'name' | 'container'>,
    signal?: AbortSignal,
  ): AsyncGenerator<Buffer> {
    return decodeFile(this.storage, file, { ...this.decode, signKey: undefined, signal });
  }

  /** The plaintext of a sigtar in the archive dir, where all are gzipped, read some bytes at a time. */
  decodeLocalSignatures(name: string, readBytes = defaultReadBytes): AsyncGenerator<Buffer> {
    const path = join(this.archiveFolder, name);
    const reader = { read: () => createReadStream(path, { highWaterMark: readBytes }) };
    return decodeFile(reader, { name, container: 'gz' }, { ...this.decode, signKey: undefined });
  }
}
