/**
 * Lists a set: puts its tree into the catalog, from the sigtar or, where none can be used, from all of
 * its volumes. A set counts as listed only when all its rows are written; whoever finds it half-written
 * starts over.
 */
import { setImmediate } from 'node:timers/promises';
import { volumesDigest } from '../archive/index.js';
import type { IndexBinding } from '../archive/index.js';
import { comparePaths, DuplifsError, errorText, isDuplifsError } from '../base/index.js';
import type { Report } from '../base/index.js';
import { ForeignIndex, localSignaturesName } from '../target/index.js';
import type { Target } from '../target/index.js';
import type { Catalog } from './catalog.js';
import type { EntryWriter } from './entry-writer.js';
import { withFillLock } from './fill-lock.js';
import { ImpliedFolders } from './implied-folders.js';
import type { ImpliedPaths } from './implied-folders.js';
import type { KnownSet, KnownSets } from './known-sets.js';
import { isLasting } from './lasting-failure.js';
import { listIndex } from './list-index.js';
import { listSignatures } from './list-signatures.js';
import type { CatalogEvent } from './events.js';
import { notePolicy, policyOf } from './proof-policy.js';
import type { VolumeCataloguer } from './volume-cataloguer.js';
import type { VolumeDirectory } from './volume-directory.js';
import { clearListing, leaveToPrune } from './synchronize.js';

export interface SetListerOptions {
  readonly catalog: Catalog;
  readonly writer: EntryWriter;
  readonly known: KnownSets;
  readonly directory: VolumeDirectory;
  readonly cataloguer: VolumeCataloguer;
  readonly target: Target;
  readonly lockPath: string;
  /** Ends what is under way, whoever waits for it: the catalog is closed. */
  readonly closing: AbortSignal;
  readonly report: Report<CatalogEvent>;
}

interface Found extends ImpliedPaths {
  /** Whether all that the set holds was seen. */
  readonly isWhole: boolean;
}

/** Paths of which the set may hold something that nobody can know: what tells of them is lost. */
interface UnknownRange {
  readonly from: string;
  /** Undefined where it has no end. */
  readonly to: string | undefined;
  readonly reason: string;
}

/** So few that looking for their folders takes some milliseconds. */
const namesPerStep = 1000;

/** `sets.listed` of a set whose rows are being written. */
const begun = -1;

export class SetLister {
  readonly #options: SetListerOptions;
  readonly #listing = new Map<number, Promise<void>>();
  readonly #listed = new Set<number>();
  /** Of sets that were listed from their volumes, and not from all of them. */
  readonly #unknown = new Map<number, readonly UnknownRange[]>();

  constructor(options: SetListerOptions) {
    this.#options = options;
  }

  /** Waits until what was under way has ended, after `closing` was aborted. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#listing.values());
  }

  isListed(setId: number): boolean {
    return this.#listed.has(setId);
  }

  /** Whether there is anything that `whyUnknown` could tell. */
  get hasUnknown(): boolean {
    return this.#unknown.size > 0;
  }

  /**
   * Why a path's state at the last of the sets cannot be known: one of them, newer than the version that is known, may
   * have held another, and what tells of it is lost. Undefined where nothing is lost.
   */
  whyUnknown(
    setIds: readonly number[],
    versionSetId: number,
    nameId: number,
  ): DuplifsError | undefined {
    const { catalog, known } = this.#options;
    let path: string | undefined;
    for (const setId of setIds) {
      const ranges = setId > versionSetId ? this.#unknown.get(setId) : undefined;
      for (const { from, to, reason } of ranges ?? []) {
        path ??= catalog.pathOf(nameId);
        if (comparePaths(path, from) < 0) continue;
        if (to !== undefined && comparePaths(path, to) > 0) continue;
        return new DuplifsError(
          'FILE_MISSING',
          `Whether "${path}" changed in set ${known.keyOf(setId)} cannot be known: ${reason}`,
          { hint: 'Choose another --time, or bring the missing files back' },
        );
      }
    }
    return undefined;
  }

  /** Takes over from the catalog which sets are listed. */
  refresh(): void {
    this.#listed.clear();
    this.#unknown.clear();
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
    const { catalog, known, report, lockPath, closing } = this.#options;
    const set = known.get(setId);
    const { connection } = catalog;
    const listed = connection
      .prepare<[number], number>('SELECT listed FROM sets WHERE id = ?')
      .pluck();
    const setListed = connection.prepare<[number, number]>(
      'UPDATE sets SET listed = ? WHERE id = ?',
    );
    const fill = async (): Promise<void> => {
      const before = listed.get(setId);
      if (before === 1) return; // another process did it
      if (before !== 0) this.#clear(setId);
      notePolicy(connection, setId, policyOf(this.#options.target, set.stored.times));
      setListed.run(begun, setId);
      const found =
        (await this.#fromIndex(set)) ??
        (await this.#fromSignatures(set)) ??
        (await this.#fromVolumes(set));
      const setKey = set.row.key;
      for (const path of found.implied) {
        report({ level: 'warning', code: 'folder-without-entry', setKey, path });
      }
      for (const path of found.hidden) {
        report({ level: 'warning', code: 'entries-below-no-folder', setKey, path });
      }
      // what lies in volumes that could not be read is looked for again by the next process
      if (found.isWhole && setListed.run(1, setId).changes === 0) {
        leaveToPrune(connection, setId);
        throw new DuplifsError('NO_BACKUP', 'The backup set is no longer on the storage');
      }
    };
    await withFillLock(lockPath, fill, closing);
    this.#listed.add(setId);
  }

  /** What duplifs wrote beside its own sets; undefined if there is none that can be used. */
  async #fromIndex({ row, stored }: KnownSet): Promise<Found | undefined> {
    const { catalog, writer, target, directory, report, closing } = this.#options;
    if (directory.isRebuilt(row.id)) return undefined; // there is no manifest that it could agree with
    // anybody who can write to the storage could have put an index in the clear beside an encrypted set
    const isEncrypted = stored.manifests.some(({ container }) => container === 'gpg');
    const [file] = stored.index.filter(({ container }) => !isEncrypted || container === 'gpg');
    if (file === undefined) return undefined;
    let found: { readonly implied: ImpliedPaths; readonly binding: IndexBinding | undefined };
    try {
      const volumes = (await directory.ofSet(row.id)).all;
      const listed = { catalog, writer, set: row, volumes, directory };
      const plaintext = target.decodeMetadata(file, closing);
      catalog.setList(row.id, 'index', file.name);
      const { binding, ...implied } = await listIndex(listed, file.name, plaintext, closing);
      directory.forgetRefs(row.id);
      found = { implied, binding };
    } catch (error) {
      if (error instanceof ForeignIndex) throw error;
      if (!isDuplifsError(error, 'DAMAGED', 'STORAGE_NOT_FOUND', 'SIGNATURE', 'KEY')) throw error;
      const reason = errorText(error);
      // without the key nothing else of the set can be read either, which is said then
      const level = isDuplifsError(error, 'KEY') ? 'info' : 'warning';
      report({ level, code: 'index-unusable', name: file.name, reason });
      this.#clear(row.id);
      return undefined;
    }
    if (found.binding === undefined) catalog.setList(row.id, 'unbound-index', file.name);
    else await this.#checkBase(row, found.binding, file.name);
    return { ...found.implied, isWhole: true };
  }

  /** A set is the change of one other set: laid on any else it would make files that never were. */
  async #checkBase(
    { id, key }: KnownSet['row'],
    { base }: IndexBinding,
    indexName: string,
  ): Promise<void> {
    const { known, directory } = this.#options;
    const before = known.upTo(id).at(-2);
    const keyBefore = before === undefined ? undefined : known.keyOf(before);
    const volumes = before === undefined ? [] : (await directory.ofSet(before)).all;
    if (base?.setKey === keyBefore) {
      if (base === undefined || volumesDigest(volumes).equals(base.volumesDigest)) return;
    }
    throw new DuplifsError(
      'DAMAGED',
      `"${indexName}" says that set ${key} was made on another set than the one that is stored before it` +
        (keyBefore === undefined ? '' : `, ${keyBefore}`),
      {
        hint: 'A file of either set is of another backup or time; an earlier --time can be restored',
      },
    );
  }

  /** The archive dir's copy of the sigtar first, else the stored one; undefined if none can be used. */
  async #fromSignatures({ row, stored }: KnownSet): Promise<Found | undefined> {
    const { catalog, writer, target, known, directory, report, closing } = this.#options;
    const sources = stored.signatures.flatMap((file) => {
      const localName = localSignaturesName(file);
      const local = { name: localName, chunks: () => target.decodeLocalSignatures(localName) };
      const remote = { name: file.name, chunks: () => target.decodeMetadata(file, closing) };
      return known.localNames.has(localName) ? [local, remote] : [remote];
    });
    const namedFiles = await directory.takeNamedFiles(row.id).catch((error: unknown) => {
      closing.throwIfAborted();
      if (!isLasting(error)) throw error;
      return undefined; // what is wrong with the manifest is told where it is needed
    });
    const listed = { catalog, writer, set: row, namedFiles };
    for (const { name, chunks } of sources) {
      try {
        catalog.setList(row.id, 'signatures', name);
        const implied = await listSignatures(listed, name, chunks(), closing);
        return { ...implied, isWhole: true };
      } catch (error) {
        if (!isDuplifsError(error, 'DAMAGED', 'STORAGE_NOT_FOUND', 'SIGNATURE')) throw error;
        report({ level: 'warning', code: 'signatures-unusable', name, reason: errorText(error) });
        this.#clear(row.id);
      }
    }
    report({ level: 'warning', code: 'no-usable-signatures', setKey: row.key });
    return undefined;
  }

  async #fromVolumes({ row }: KnownSet): Promise<Found> {
    const { catalog, writer, directory, cataloguer, report, closing } = this.#options;
    catalog.setList(row.id, 'volumes');
    const unknown: UnknownRange[] = [];
    const volumes = (await directory.ofSet(row.id)).all;
    for (const volume of volumes) {
      await cataloguer.catalogue([volume], 'reader', closing).catch((error: unknown) => {
        closing.throwIfAborted();
        if (!isLasting(error)) throw error;
        const reason = errorText(error);
        unknown.push({ from: volume.startPath, to: volume.endPath, reason });
        report({ level: 'warning', code: 'volume-not-shown', reason });
      });
    }
    if (directory.isRebuilt(row.id)) {
      const from = volumes.at(-1)?.endPath ?? '';
      const reason = 'its manifest is missing, so there may have been more volumes';
      unknown.push({ from, to: undefined, reason });
    }
    if (unknown.length > 0) this.#unknown.set(row.id, unknown);
    const isWhole = unknown.length === 0;
    const implied = new ImpliedFolders({ catalog, writer, set: row });
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
      closing.throwIfAborted();
    }
    return { ...(await implied.finish(closing)), isWhole };
  }

  #clear(setId: number): void {
    const { catalog, writer, directory } = this.#options;
    for (const volume of directory.known(setId)?.all ?? []) volume.catalogued = false;
    clearListing(catalog.connection, setId);
    writer.forgetIds();
  }
}
