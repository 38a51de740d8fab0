/**
 * Lists a set: puts its tree into the catalog, from the sigtar or, where none can be used, from all of
 * its volumes. A set counts as listed only when all its rows are written; whoever finds it half-written
 * starts over.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { DuplifsError, errorText, isDuplifsError } from '../base/index.js';
import type { SessionKey } from '../openpgp/index.js';
import type { Storage } from '../storage/index.js';
import { decodeFile } from '../volume/index.js';
import type { DecodeOptions } from '../volume/index.js';
import type { Catalog } from './catalog.js';
import type { EntryWriter } from './entry-writer.js';
import { withFillLock } from './fill-lock.js';
import { ImpliedFolders } from './implied-folders.js';
import type { ImpliedPaths } from './implied-folders.js';
import type { KnownSet, KnownSets } from './known-sets.js';
import { listIndex } from './list-index.js';
import { listSignatures } from './list-signatures.js';
import type { SetVolume } from './set-volumes.js';
import { clearListing, leaveToPrune } from './synchronize.js';

export interface SetListerOptions {
  readonly catalog: Catalog;
  readonly writer: EntryWriter;
  readonly sets: KnownSets;
  readonly storage: Storage;
  readonly archiveFolder: string;
  readonly lockPath: string;
  readonly decode: DecodeOptions;
  readonly warn: (message: string) => void;
  readonly volumesOf: (setId: number) => Promise<readonly SetVolume[]>;
  /** The same without asking the storage; none while its manifest was not read. */
  readonly knownVolumes: (setId: number) => readonly SetVolume[];
  /** What was known of how to read the set's volumes has changed. */
  readonly forgetRefs: (setId: number) => void;
  readonly keepSessionKey: (volumeId: number, key: SessionKey) => void;
  /** Decodes volumes that are not catalogued yet, with their observer. */
  readonly catalogue: (volumes: readonly SetVolume[]) => Promise<void>;
}

interface Found extends ImpliedPaths {
  /** Whether all that the set holds was seen. */
  readonly isWhole: boolean;
}

/** So few that looking for their folders takes some milliseconds. */
const namesPerStep = 1000;

/** `sets.listed` of a set whose rows are being written. */
const begun = -1;

/** What is wrong with a volume for good; anything else may be better at the next try. */
const lasting = ['DAMAGED', 'FILE_MISSING', 'STORAGE_NOT_FOUND', 'SIGNATURE'] as const;

export class SetLister {
  readonly #options: SetListerOptions;
  readonly #listing = new Map<number, Promise<void>>();
  readonly #listed = new Set<number>();

  constructor(options: SetListerOptions) {
    this.#options = options;
  }

  isListed(setId: number): boolean {
    return this.#listed.has(setId);
  }

  /** Takes over from the catalog which sets are listed. */
  refresh(): void {
    this.#listed.clear();
    const ids = this.#options.catalog.connection
      .prepare<[], number>('SELECT id FROM sets WHERE listed = 1')
      .pluck()
      .all();
    for (const id of ids) this.#listed.add(id);
  }

  /** Lists one set, once for all who ask; a later call may try again after a failure. */
  async list(setId: number): Promise<void> {
    if (this.#listed.has(setId)) return;
    let listing = this.#listing.get(setId);
    if (listing === undefined) {
      listing = this.#list(setId).finally(() => this.#listing.delete(setId));
      this.#listing.set(setId, listing);
    }
    await listing;
  }

  async #list(setId: number): Promise<void> {
    const { catalog, sets, warn, lockPath } = this.#options;
    const set = sets.get(setId);
    const { connection } = catalog;
    const listed = connection
      .prepare<[number], number>('SELECT listed FROM sets WHERE id = ?')
      .pluck();
    const setListed = connection.prepare<[number, number]>(
      'UPDATE sets SET listed = ? WHERE id = ?',
    );
    await withFillLock(lockPath, async () => {
      const before = listed.get(setId);
      if (before === 1) return; // another process did it
      if (before !== 0) this.#clear(setId);
      setListed.run(begun, setId);
      const found =
        (await this.#fromIndex(set)) ??
        (await this.#fromSignatures(set)) ??
        (await this.#fromVolumes(set));
      for (const path of found.implied) {
        warn(`Set ${set.row.key} has no entry for the folder "${path}"; it is shown all the same`);
      }
      for (const path of found.hidden) {
        warn(
          `Set ${set.row.key} has entries below "${path}", which is no folder; they are not shown`,
        );
      }
      // what lies in volumes that could not be read is looked for again by the next process
      if (found.isWhole && setListed.run(1, setId).changes === 0) {
        leaveToPrune(connection, setId);
        throw new DuplifsError('NO_BACKUP', 'The backup set is no longer on the storage');
      }
    });
    this.#listed.add(setId);
  }

  /** What duplifs wrote beside its own sets; undefined if there is none that can be used. */
  async #fromIndex({ row, stored }: KnownSet): Promise<Found | undefined> {
    const { catalog, writer, storage, decode, warn, volumesOf, keepSessionKey } = this.#options;
    // anybody who can write to the storage could have put an index in the clear beside an encrypted set
    const isEncrypted = stored.manifests.some(({ container }) => container === 'gpg');
    const [file] = stored.index.filter(({ container }) => !isEncrypted || container === 'gpg');
    if (file === undefined) return undefined;
    try {
      const volumes = await volumesOf(row.id);
      const target = { catalog, writer, set: row, volumes, keepSessionKey };
      const implied = await listIndex(target, file.name, decodeFile(storage, file, decode));
      this.#options.forgetRefs(row.id);
      return { ...implied, isWhole: true };
    } catch (error) {
      if (!isDuplifsError(error, 'DAMAGED', 'STORAGE_NOT_FOUND', 'SIGNATURE', 'KEY')) throw error;
      warn(`The index "${file.name}" cannot be used: ${errorText(error)}`);
      this.#clear(row.id);
      return undefined;
    }
  }

  /** The archive dir's copy of the sigtar first, else the stored one; undefined if none can be used. */
  async #fromSignatures({ row, stored }: KnownSet): Promise<Found | undefined> {
    const { catalog, writer, storage, archiveFolder, sets, warn } = this.#options;
    // sigtars carry no signature that duplicity checks (1-bytes.md 7.4); the volumes are the truth
    const decode = { ...this.#options.decode, signKey: undefined };
    const sources = stored.signatures.flatMap((file) => {
      const localName = `${file.name.replace(/\.(gpg|g|gz|z)$/, '')}.gz`;
      const local = { name: localName, chunks: () => localFile(archiveFolder, localName, decode) };
      const remote = { name: file.name, chunks: () => decodeFile(storage, file, decode) };
      return sets.localNames.has(localName) ? [local, remote] : [remote];
    });
    for (const { name, chunks } of sources) {
      try {
        const implied = await listSignatures(catalog, writer, row, name, chunks());
        return { ...implied, isWhole: true };
      } catch (error) {
        if (!isDuplifsError(error, 'DAMAGED', 'STORAGE_NOT_FOUND')) throw error;
        warn(`The signatures "${name}" cannot be used: ${errorText(error)}`);
        this.#clear(row.id);
      }
    }
    warn(`Set ${row.key} has no usable signatures; its tree is read from all of its volumes`);
    return undefined;
  }

  async #fromVolumes({ row }: KnownSet): Promise<Found> {
    const { catalog, writer, volumesOf, catalogue, warn } = this.#options;
    let isWhole = true;
    for (const volume of await volumesOf(row.id)) {
      await catalogue([volume]).catch((error: unknown) => {
        if (!isDuplifsError(error, ...lasting)) throw error;
        isWhole = false;
        warn(`${errorText(error)}; what lies in it is not shown`);
      });
    }
    const implied = new ImpliedFolders(catalog, writer, row);
    const some = catalog.connection
      .prepare<[number, number], number>(
        `SELECT name_id FROM versions WHERE name_id > ? AND set_id = ? AND kind <> 0
         ORDER BY name_id LIMIT ${String(namesPerStep)}`,
      )
      .pluck();
    for (let last = 0; ;) {
      const ids = some.all(last, row.id);
      for (const id of ids) implied.checkParent(catalog.nameOf(id)?.parent ?? 0);
      last = ids.at(-1) ?? 0;
      if (ids.length < namesPerStep) break;
      await setImmediate();
    }
    return { ...implied.finish(), isWhole };
  }

  #clear(setId: number): void {
    const { catalog, writer, knownVolumes } = this.#options;
    for (const volume of knownVolumes(setId)) volume.catalogued = false;
    clearListing(catalog.connection, setId);
    writer.forgetIds();
  }
}

/** A gzipped file of the archive dir, decoded as if it lay on a storage. */
function localFile(folder: string, name: string, decode: DecodeOptions): AsyncIterable<Buffer> {
  const reader = { read: () => createReadStream(join(folder, name)) };
  return decodeFile(reader, { name, container: 'gz' }, decode);
}
