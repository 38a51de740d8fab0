/**
 * The bytes of file versions. A version that is a `snapshot` is its pieces; a `diff` is a delta whose
 * COPYs point into the version before and whose LITERALs lie in the volume. Both become extents, through
 * any number of diffs, so that a read touches only what it needs and nothing is ever patched into a copy.
 */
import { LRUCache } from 'lru-cache';
import type {
  Catalog,
  CatalogEntry,
  FileLocator,
  Piece,
  SetListing,
  VolumeReader,
} from '../catalog/index.js';
import { DuplifsError, eventLoopTurns, SharedTask } from '../base/index.js';
import { readDeltaCommands } from '../librsync/index.js';
import type { DecodePriority } from '../volume/index.js';
import { ExtentsBuilder } from './extents.js';
import type { Extents } from './extents.js';
import { extentsOf } from './piece-extents.js';
import { ExtentsReader } from './extents-reader.js';
import { PlaceChecks, WrongPlace } from './place-checks.js';

/** A version of a regular file: a path and the set that holds its newest entry. */
export type FileVersion = Pick<
  CatalogEntry,
  'id' | 'name' | 'parentId' | 'setId' | 'kind' | 'size'
>;

/** Memory for the extents of all files together. */
const maxExtentBytes = 16 * 2 ** 20;
/** An object of its own, three arrays and their buffers; and what each extent takes in them. */
const bytesPerFile = 1000;
const bytesPerExtent = 24;
/** What each piece takes that is held against a header. */
const bytesPerCheck = 25;
/** Folders whose paths are kept: files that lie side by side are read one after the other. */
const keptFolders = 1000;

/** What contents are made from. */
export interface ContentSources {
  /** Versions, and where their pieces lie. */
  readonly catalog: Pick<
    Catalog,
    'entry' | 'history' | 'pathOf' | 'pieces' | 'piecesInTurn' | 'setSize'
  >;
  /** For what the catalog does not know yet. */
  readonly files: Pick<FileLocator, 'locate' | 'isFromIndex' | 'distrustIndex' | 'refuseResized'>;
  readonly volumes: VolumeReader;
  /** For messages. */
  readonly sets: Pick<SetListing, 'keyOf'>;
}

export class Content {
  readonly #catalog: ContentSources['catalog'];
  readonly #files: ContentSources['files'];
  readonly #volumes: VolumeReader;
  readonly #sets: ContentSources['sets'];
  readonly #extents: LRUCache<string, Extents>;
  readonly #resolving = new Map<string, SharedTask<Extents>>();
  readonly #reader: ExtentsReader;
  readonly #folders = new LRUCache<number, string>({ max: keptFolders });

  constructor({ catalog, files, volumes, sets }: ContentSources) {
    this.#catalog = catalog;
    this.#files = files;
    this.#volumes = volumes;
    this.#sets = sets;
    this.#reader = new ExtentsReader(volumes);
    this.#extents = new LRUCache({
      maxSize: maxExtentBytes,
      // one file of very many extents is kept all the same: to find them anew at each read is worse
      sizeCalculation: ({ count, checks }) => {
        const pieces = checks.reduce((sum, one) => sum + one.count, 0);
        const bytes = bytesPerFile + count * bytesPerExtent + pieces * bytesPerCheck;
        return Math.min(bytes, maxExtentBytes);
      },
    });
  }

  /** The exact size in bytes, from the volumes where the catalog does not have it yet. */
  async size(
    version: FileVersion,
    priority: DecodePriority = 'reader',
    signal?: AbortSignal,
  ): Promise<number> {
    if (version.size !== undefined) return version.size;
    await this.#files.locate(version.setId, version.id, priority, signal);
    const located = this.#newest(version);
    if (located.size !== undefined) return located.size;
    return (await this.#resolve(located, signal)).length;
  }

  /**
   * Bytes of the version from `offset`, fewer than `length` only at its end: at once when the volumes
   * that hold them were decoded.
   */
  read(
    version: FileVersion,
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): Buffer | Promise<Buffer> {
    this.#files.refuseResized(version);
    const extents = this.#extents.get(keyOf(version)) ?? this.#plain(version, offset, length);
    const bytes =
      extents === undefined
        ? this.#resolve(version, signal).then((resolved) =>
            this.#reader.read(resolved, offset, length, signal),
          )
        : this.#reader.read(extents, offset, length, signal);
    if (Buffer.isBuffer(bytes)) return bytes;
    return bytes.catch(async (error: unknown) => {
      this.#distrust(error);
      const located = await this.#located(version.setId, version.id, signal);
      return this.read(located, offset, length, signal);
    });
  }

  /** Gives up what an index has said, where that is what failed; throws all else. */
  #distrust(error: unknown): void {
    if (!(error instanceof WrongPlace)) throw error;
    const { version, volumeId } = error;
    this.#files.distrustIndex(version.setId, volumeId, version.path);
    this.#extents.clear();
  }

  /** The names of the volumes that hold the version's bytes. */
  async volumeNames(version: FileVersion, signal?: AbortSignal): Promise<string[]> {
    const extents = await this.#resolve(version, signal);
    return [...extents.volumeIds()].map((id) => this.#volumes.nameOf(id));
  }

  /**
   * The extents of a version that is no diff and was located; kept only if this read, of a part, is not
   * the last one.
   */
  #plain(version: FileVersion, offset: number, length: number): Extents | undefined {
    if (version.kind !== 'snapshot' || version.size === undefined) return undefined;
    const pieces = this.#catalog.piecesInTurn(version.setId, version.id);
    const extents = extentsOf(pieces, this.#checksOf(version, pieces));
    if (extents?.length !== version.size) return undefined; // forgotten since, with its set, or not all
    if (offset > 0 || length < extents.length) this.#extents.set(keyOf(version), extents);
    return extents;
  }

  async #resolve(version: FileVersion, signal: AbortSignal | undefined): Promise<Extents> {
    const key = keyOf(version);
    const known = this.#extents.get(key);
    if (known !== undefined) return known;
    let resolving = this.#resolving.get(key);
    if (resolving === undefined || resolving.abandoned) {
      const task = new SharedTask((shared) =>
        this.#build(version, shared).finally(() => {
          if (this.#resolving.get(key) === task) this.#resolving.delete(key);
        }),
      );
      resolving = task;
      this.#resolving.set(key, task);
    }
    try {
      const extents = await resolving.wait(signal);
      this.#extents.set(key, extents);
      return extents;
    } catch (error) {
      this.#distrust(error); // what the version is made from, or a delta of it
      return this.#resolve(version, signal);
    }
  }

  /** Follows the diffs back to the snapshot that they start from, and applies them in order. */
  async #build(version: FileVersion, signal: AbortSignal | undefined): Promise<Extents> {
    const diffs: CatalogEntry[] = [];
    for (const { setId, deleted } of this.#catalog.history(version.setId, version.id)) {
      if (deleted) break;
      const entry = await this.#located(setId, version.id, signal);
      if (entry.type !== 'reg') break;
      if (entry.kind === 'snapshot') {
        if (entry.size === undefined) throw this.#incomplete(entry);
        let extents = this.#placed(entry);
        for (const diff of diffs.reverse()) extents = await this.#apply(extents, diff, signal);
        return extents;
      }
      diffs.push(entry);
    }
    throw new DuplifsError(
      'DAMAGED',
      `"${this.#catalog.pathOf(version.id)}" is a change of a version that the chain does not hold`,
    );
  }

  async #located(
    setId: number,
    id: number,
    signal: AbortSignal | undefined,
  ): Promise<CatalogEntry> {
    const entry = this.#newest({ setId, id });
    if (entry.kind !== 'stored' && entry.size !== undefined) return entry;
    await this.#files.locate(setId, id, 'reader', signal);
    return this.#newest({ setId, id });
  }

  #newest({ setId, id }: Pick<FileVersion, 'setId' | 'id'>): CatalogEntry {
    const entry = this.#catalog.entry(setId, id);
    if (entry?.setId !== setId) {
      throw new DuplifsError('NO_BACKUP', 'The backup set is no longer on the storage');
    }
    return entry;
  }

  #placed(version: FileVersion): Extents {
    const pieces = this.#catalog.pieces(version.setId, version.id);
    const extents = extentsOf(pieces, this.#checksOf(version, pieces));
    if (extents === undefined) {
      const [first] = pieces;
      const { setId, kind } = version;
      if (first === undefined || kind === 'stored' || !this.#files.isFromIndex(setId)) {
        throw this.#incomplete(version);
      }
      // the volumes themselves may have more of it than their index says
      const path = this.#catalog.pathOf(version.id);
      throw new WrongPlace({ setId, kind, path }, first.volumeId);
    }
    return extents;
  }

  /** What is to be held against the volumes' headers before the pieces' bytes are served. */
  #checksOf(version: FileVersion, pieces: readonly Piece[]): readonly PlaceChecks[] {
    const { setId, kind, parentId, name } = version;
    if (kind === 'stored' || !this.#files.isFromIndex(setId)) return [];
    const folder = parentId === 0 ? '' : this.#folderOf(parentId);
    const path = folder === '' ? name : `${folder}/${name}`;
    return [new PlaceChecks({ setId, kind, path }, pieces)];
  }

  #folderOf(id: number): string {
    let path = this.#folders.get(id);
    if (path === undefined) {
      path = this.#catalog.pathOf(id);
      this.#folders.set(id, path);
    }
    return path;
  }

  #incomplete({ setId, id }: Pick<CatalogEntry, 'setId' | 'id'>): DuplifsError {
    return new DuplifsError(
      'DAMAGED',
      `Pieces of "${this.#catalog.pathOf(id)}" are missing, or there are too many, in set ${this.#sets.keyOf(setId)}`,
      { hint: 'The set is damaged; an older or newer one may have the file' },
    );
  }

  async #apply(
    basis: Extents,
    diff: CatalogEntry,
    signal: AbortSignal | undefined,
  ): Promise<Extents> {
    const delta = this.#placed(diff);
    const builder = new ExtentsBuilder();
    const add = builder.add.bind(builder);
    const read = async (offset: number, length: number): Promise<Buffer> =>
      this.#reader.read(delta, offset, length, signal);
    const name = this.#catalog.pathOf(diff.id);
    const turn = eventLoopTurns();
    for await (const commands of readDeltaCommands(read, delta.length, {
      name,
      basisLength: basis.length,
    })) {
      for (let index = 0; index < commands.count; index += 1) {
        const from = commands.literalFlag[index] === 1 ? delta : basis;
        from.slice(commands.source[index] ?? 0, commands.length[index] ?? 0, add);
        if (index % 256 === 0) await turn();
      }
    }
    const extents = builder.build([...basis.checks, ...delta.checks]);
    if (diff.size === undefined) this.#catalog.setSize(diff.setId, diff.id, extents.length);
    else if (diff.size !== extents.length) {
      throw new DuplifsError('DAMAGED', `The change of "${name}" does not give the size it should`);
    }
    return extents;
  }
}

function keyOf({ id, setId }: Pick<FileVersion, 'id' | 'setId'>): string {
  return `${id}:${setId}`;
}
