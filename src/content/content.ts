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
  SetListing,
  VolumeReader,
} from '../catalog/index.js';
import { DuplifsError, eventLoopTurns, SharedTask } from '../base/index.js';
import { readDeltaCommands } from '../librsync/index.js';
import type { DecodePriority } from '../volume/index.js';
import { ExtentsJoiner, PieceExtents } from './build-extents.js';
import type { Extents } from './extents.js';
import { Build, LargeBuilds } from './large-builds.js';
import { ReadAhead } from './read-ahead.js';
import { closeGaps, runsOf, spanOf } from './runs.js';
import type { Run } from './runs.js';

/** A version of a regular file: a path and the set that holds its newest entry. */
export type FileVersion = Pick<CatalogEntry, 'id' | 'setId' | 'kind' | 'size'>;

/** Memory for the extents of all files together. */
const maxExtentBytes = 16 * 2 ** 20;
/** Objects of their own, whatever the extents take. */
const bytesPerFile = 1000;

/** What contents are made from. */
export interface ContentSources {
  /** Versions, and where their pieces lie. */
  readonly catalog: Pick<
    Catalog,
    'entry' | 'history' | 'pathOf' | 'pieces' | 'piecesInTurn' | 'setSize'
  >;
  /** For what the catalog does not know yet. */
  readonly files: Pick<FileLocator, 'locate'>;
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
  readonly #readAhead: ReadAhead;
  readonly #large = new LargeBuilds();

  constructor({ catalog, files, volumes, sets }: ContentSources) {
    this.#catalog = catalog;
    this.#files = files;
    this.#volumes = volumes;
    this.#sets = sets;
    this.#readAhead = new ReadAhead((volumeId) => {
      volumes.decodeNext(volumeId);
    });
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
    const extents = this.#extents.get(keyOf(version)) ?? this.#plain(version, offset, length);
    if (extents !== undefined) return this.#readExtents(extents, offset, length, signal);
    return this.#resolve(version, signal).then((resolved) =>
      this.#readExtents(resolved, offset, length, signal),
    );
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
    const whole = new PieceExtents(() => this.#catalog.pathOf(version.id));
    for (const piece of pieces) whole.add(piece);
    const extents = whole.build();
    if (extents?.length !== version.size) return undefined; // forgotten since, with its set, or not all
    if (offset > 0 || length < extents.length) this.#extents.set(keyOf(version), extents);
    return extents;
  }

  #readExtents(
    extents: Extents,
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    const wanted = Math.min(length, extents.length - offset);
    if (wanted <= 0) return Buffer.alloc(0);
    const runs = runsOf(extents, offset, wanted);
    const covered = runs.reduce((sum, run) => sum + run.length, 0);
    if (covered === wanted) return this.#readRuns(runs, wanted, signal);
    return this.#readInTurn(extents, offset, wanted, signal);
  }

  /** Reads what is cut into very many runs: some thousand of them at a time. */
  async #readInTurn(
    extents: Extents,
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    const parts: Buffer[] = [];
    const turn = eventLoopTurns();
    for (let done = 0; done < length;) {
      signal?.throwIfAborted();
      const runs = runsOf(extents, offset + done, length - done);
      const covered = runs.reduce((sum, run) => sum + run.length, 0);
      parts.push(await this.#readRuns(runs, covered, signal));
      done += covered;
      await turn();
    }
    return Buffer.concat(parts, length);
  }

  /** The bytes of the runs, `wanted` in all. */
  #readRuns(
    runs: readonly Run[],
    wanted: number,
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    const [only] = runs;
    if (runs.length === 1 && only !== undefined) return this.#readRun(only, signal);
    const span = spanOf(runs);
    if (span !== undefined) {
      const bytes = this.#readRun(span, signal);
      if (Buffer.isBuffer(bytes)) return closeGaps(bytes, runs, wanted);
      return bytes.then((read) => closeGaps(read, runs, wanted));
    }
    const parts = runs.map((run) => this.#readRun(run, signal));
    if (parts.every((part) => Buffer.isBuffer(part))) return Buffer.concat(parts, wanted);
    return Promise.all(parts.map(async (part) => part)).then((buffers) =>
      Buffer.concat(buffers, wanted),
    );
  }

  #readRun(
    { volumeId, offset, length }: Run,
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    this.#readAhead.note(volumeId, offset, length);
    return this.#volumes.read(volumeId, offset, length, signal);
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
    const extents = await resolving.wait(signal);
    this.#extents.set(key, extents);
    return extents;
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
    for (const { setId, deleted } of this.#catalog.history(version.setId, version.id)) {
      if (deleted) break;
      const entry = await this.#located(setId, version.id, signal);
      if (entry.type !== 'reg') break;
      if (entry.kind === 'snapshot') {
        if (entry.size === undefined) throw this.#incomplete(entry);
        let extents = await this.#pieces(entry, build);
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

  async #pieces(version: Pick<FileVersion, 'setId' | 'id'>, build: Build): Promise<Extents> {
    const whole = new PieceExtents(() => this.#catalog.pathOf(version.id));
    for (const page of this.#catalog.pieces(version.setId, version.id)) {
      for (const piece of page) whole.add(piece);
      await build.pause(whole.count);
    }
    const extents = whole.build();
    if (extents === undefined) throw this.#incomplete(version);
    return extents;
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
    const delta = await this.#pieces(diff, build);
    const joiner = new ExtentsJoiner(build, () => this.#catalog.pathOf(diff.id));
    const read = async (offset: number, length: number): Promise<Buffer> =>
      this.#readExtents(delta, offset, length, signal);
    const name = this.#catalog.pathOf(diff.id);
    const basisLength = basis.length;
    for await (const commands of readDeltaCommands(read, delta.length, { name, basisLength })) {
      for (let index = 0; index < commands.count; index += 1) {
        const from = commands.literalFlag[index] === 1 ? delta : basis;
        const added = joiner.add(from, commands.source[index] ?? 0, commands.length[index] ?? 0);
        if (added !== undefined) await added;
      }
    }
    const extents = joiner.build();
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
