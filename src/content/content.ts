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
import { DuplifsError, SharedTask } from '../base/index.js';
import type { DecodePriority } from '../volume/index.js';
import { ExtentsJoiner, PieceExtents } from './build-extents.js';
import { commandsOfDiff } from './diff-commands.js';
import { Extents } from './extents.js';
import { ExtentsReader } from './extents-reader.js';
import { Build, LargeBuilds } from './large-builds.js';
import { PlaceChecks, WrongPlace } from './place-checks.js';

/** A version of a regular file: a path and the set that holds its newest entry. */
export type FileVersion = Pick<
  CatalogEntry,
  'id' | 'name' | 'parentId' | 'setId' | 'kind' | 'size'
>;

/** Memory for the extents of all files together. */
const maxExtentBytes = 16 * 2 ** 20;
/** Objects of their own, whatever the extents take. */
const bytesPerFile = 1000;

/** What contents are made from. */
export interface ContentSources {
  /** Versions, and where their pieces lie. */
  readonly catalog: Pick<
    Catalog,
    'deltaMaps' | 'entry' | 'history' | 'pathOf' | 'pieces' | 'piecesInTurn' | 'setSize'
  >;
  /** For what the catalog does not know yet. */
  readonly files: Pick<FileLocator, 'locate' | 'isFromIndex' | 'distrustIndex' | 'refuseResized'>;
  readonly volumes: VolumeReader;
  /** Read deltas whatever maps there are of them, to see that they are right. */
  readonly readsDeltas?: boolean | undefined;
  /** For messages. */
  readonly sets: Pick<SetListing, 'keyOf' | 'whyUnknown'>;
}

export class Content {
  readonly #catalog: ContentSources['catalog'];
  readonly #files: ContentSources['files'];
  readonly #volumes: VolumeReader;
  readonly #sets: ContentSources['sets'];
  readonly #readsDeltas: boolean;
  readonly #extents: LRUCache<string, Extents>;
  readonly #resolving = new Map<string, SharedTask<Extents>>();
  readonly #reader: ExtentsReader;
  readonly #large = new LargeBuilds();

  constructor({ catalog, files, volumes, sets, readsDeltas }: ContentSources) {
    this.#readsDeltas = readsDeltas === true;
    this.#catalog = catalog;
    this.#files = files;
    this.#volumes = volumes;
    this.#sets = sets;
    this.#reader = new ExtentsReader(volumes);
    this.#extents = new LRUCache({
      maxSize: maxExtentBytes,
      // one file of very many extents is kept all the same: to find them anew at each read is worse
      sizeCalculation: ({ heldBytes }) => Math.min(bytesPerFile + heldBytes, maxExtentBytes),
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
    return [...extents.volumeIds].map((id) => this.#volumes.nameOf(id));
  }

  /**
   * The extents of a version that is no diff and was located; kept only if this read, of a part, is not
   * the last one.
   */
  #plain(version: FileVersion, offset: number, length: number): Extents | undefined {
    if (version.kind !== 'snapshot' || version.size === undefined) return undefined;
    const pieces = this.#catalog.piecesInTurn(version.setId, version.id);
    if (pieces === undefined) return undefined;
    const checks = this.#checksOf(version);
    const extents = this.#extentsOf(version, pieces, checks);
    if (extents?.length !== version.size) return undefined; // forgotten since, with its set, or not all
    if (offset > 0 || length < extents.length) this.#extents.set(keyOf(version), extents);
    return extents;
  }

  #extentsOf(
    version: FileVersion,
    pieces: readonly Piece[],
    checks: PlaceChecks | undefined,
  ): Extents | undefined {
    for (const piece of pieces) checks?.add(piece);
    const [only] = pieces;
    const isOne = pieces.length === 1 && only?.number === 0 && only.count === 1;
    if (isOne && only.length > 0) return new Extents(only, checks && [checks]); // as most are
    return this.#joined(version, pieces, checks);
  }

  #joined(
    version: FileVersion,
    pieces: readonly Piece[],
    checks: PlaceChecks | undefined,
  ): Extents | undefined {
    const whole = new PieceExtents(() => this.#catalog.pathOf(version.id));
    for (const piece of pieces) whole.add(piece);
    return whole.build(checks && [checks]);
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

  async #build(version: FileVersion, signal: AbortSignal | undefined): Promise<Extents> {
    const build = new Build(this.#large, signal);
    try {
      return await this.#buildBy(version, build, signal);
    } finally {
      build.end();
    }
  }

  /** Follows the diffs back to the snapshot that they start from, and applies them in order. */
  async #buildBy(
    version: FileVersion,
    build: Build,
    signal: AbortSignal | undefined,
  ): Promise<Extents> {
    const diffs: CatalogEntry[] = [];
    let next: number | undefined;
    for (const { setId, deleted } of this.#catalog.history(version.setId, version.id)) {
      // a set between may have held the version that the diff is to
      const reason = next && this.#sets.whyUnknown(next - 1, setId, version.id);
      if (reason) throw reason;
      next = setId;
      if (deleted) break;
      const entry = await this.#located(setId, version.id, signal);
      if (entry.type !== 'reg') break;
      if (entry.kind === 'snapshot') {
        if (entry.size === undefined) throw this.#incomplete(entry);
        let extents = await this.#placed(entry, build);
        for (const diff of diffs.reverse()) {
          extents = await this.#apply(extents, diff, build, signal);
        }
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

  async #placed(version: FileVersion, build: Build): Promise<Extents> {
    const { setId, id, kind } = version;
    const whole = new PieceExtents(() => this.#catalog.pathOf(id));
    const checks = this.#checksOf(version);
    let first: Piece | undefined;
    for (const page of this.#catalog.pieces(setId, id)) {
      first ??= page[0];
      for (const piece of page) {
        whole.add(piece);
        checks?.add(piece);
      }
      await build.pause(whole.count);
    }
    const extents = whole.build(checks && [checks]);
    if (extents !== undefined) return extents;
    if (first === undefined || kind === 'stored' || checks === undefined) {
      throw this.#incomplete(version);
    }
    // the volumes themselves may have more of it than their index says
    throw new WrongPlace({ setId, kind, path: this.#catalog.pathOf(id) }, first.volumeId);
  }

  /** What is held against the volumes' headers before the pieces' bytes are served; the pieces are to be added. */
  #checksOf({ setId, kind, parentId, name }: FileVersion): PlaceChecks | undefined {
    if (kind === 'stored' || !this.#files.isFromIndex(setId)) return undefined;
    const folder = parentId === 0 ? '' : this.#catalog.pathOf(parentId);
    const path = folder === '' ? name : `${folder}/${name}`;
    return new PlaceChecks({ setId, kind, path });
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
    build: Build,
    signal: AbortSignal | undefined,
  ): Promise<Extents> {
    const delta = await this.#placed(diff, build);
    const joiner = new ExtentsJoiner(build, () => this.#catalog.pathOf(diff.id));
    const read = async (offset: number, length: number): Promise<Buffer> =>
      this.#reader.read(delta, offset, length, signal);
    const name = this.#catalog.pathOf(diff.id);
    const lengths = { basisLength: basis.length, deltaLength: delta.length };
    const { deltaMaps } = this.#catalog;
    const isRead = this.#readsDeltas;
    const applied = { deltaMaps, diff, name, read, isRead, ...lengths };
    for await (const commands of commandsOfDiff(applied)) {
      for (let index = 0; index < commands.count; index += 1) {
        const from = commands.literalFlag[index] === 1 ? delta : basis;
        const added = joiner.add(from, commands.source[index] ?? 0, commands.length[index] ?? 0);
        if (added !== undefined) await added;
      }
    }
    const extents = joiner.build([...basis.checks, ...delta.checks]);
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
