/**
 * What a file must be that is rebuilt from a change and the version before: the signature that its set has of it. A
 * change that is laid on another version than it was made from gives a file that never was; its volume cannot tell.
 */
import PQueue from 'p-queue';
import { BatchCursor, comparePaths, errorText, isDuplifsError } from '../base/index.js';
import type { Report } from '../base/index.js';
import { SignatureCheck } from '../librsync/index.js';
import { sigtarEntries, withSignature } from '../signatures/index.js';
import type { SignedEntry } from '../signatures/index.js';
import { localSignaturesName } from '../target/index.js';
import type { Target } from '../target/index.js';
import type { Catalog } from './catalog.js';
import { Disagreement } from './disagreement.js';
import type { CatalogEntry } from './entry.js';
import type { CatalogEvent } from './events.js';
import type { KnownSets } from './known-sets.js';

export interface RebuiltChecksParts {
  readonly catalog: Catalog;
  readonly known: KnownSets;
  readonly target: Target;
  readonly report: Report<CatalogEvent>;
}

/** A file as it is rebuilt. */
export interface RebuiltCheck {
  /** Takes the next bytes. */
  update(chunk: Uint8Array): void;
  /**
   * To be called when all bytes were given.
   * @throws Disagreement when they are not those that the set's signature is of
   */
  end(): void;
}

/** The signatures of one set, read from its start to its end. */
interface Reading {
  readonly cursor: BatchCursor<SignedEntry>;
  /** The path that was asked for last. */
  last: string;
}

export class RebuiltChecks {
  readonly #parts: RebuiltChecksParts;
  readonly #readings = new Map<number, Reading | undefined>();
  /** A cursor is moved by one at a time. */
  readonly #turns = new PQueue({ concurrency: 1 });

  constructor(parts: RebuiltChecksParts) {
    this.#parts = parts;
  }

  /**
   * For an entry's content: undefined where it is whole in its volume, or the set has no signature of it. Cheap for
   * who asks for paths in the order of the format.
   */
  async of({ id, setId, kind }: CatalogEntry): Promise<RebuiltCheck | undefined> {
    const { catalog, known } = this.#parts;
    if (kind !== 'diff' || !this.isFor(setId)) return undefined;
    const path = catalog.pathOf(id);
    const signature = await this.#turns.add(async () => this.#signatureOf(setId, path));
    const check = signature && SignatureCheck.of(signature, path);
    if (check === undefined) return undefined;
    return {
      update: (chunk) => {
        check.update(chunk);
      },
      end: () => {
        if (!check.isSame()) throw notRebuilt(path, known.keyOf(setId));
      },
    };
  }

  /** Whether files of the set are held against its signatures: nothing else vouches for what it was made on. */
  isFor(setId: number): boolean {
    const list = this.#parts.catalog.listOf(setId);
    return list?.source === 'signatures' || list?.isUnbound === true;
  }

  /** Gives up what is being read. */
  async close(): Promise<void> {
    await this.#turns.onIdle();
    for (const reading of this.#readings.values()) await reading?.cursor.close();
    this.#readings.clear();
  }

  async #signatureOf(setId: number, path: string): Promise<Buffer | undefined> {
    try {
      const reading = await this.#readingFor(setId, path);
      return reading && (await find(reading, path));
    } catch (error) {
      if (!isDuplifsError(error, 'DAMAGED', 'STORAGE_NOT_FOUND')) throw error;
      this.#readings.set(setId, undefined);
      const setKey = this.#parts.known.keyOf(setId);
      const reason = errorText(error);
      this.#parts.report({ level: 'warning', code: 'rebuilt-not-checked', setKey, reason });
      return undefined;
    }
  }

  async #readingFor(setId: number, path: string): Promise<Reading | undefined> {
    const known = this.#readings.get(setId);
    if (known === undefined && this.#readings.has(setId)) return undefined; // it cannot be read
    if (known !== undefined && comparePaths(known.last, path) <= 0) return known;
    await known?.cursor.close();
    const plaintext = this.#plaintextOf(setId);
    const reading = plaintext && {
      cursor: new BatchCursor(sigtarEntries(plaintext.name, 0, plaintext.chunks)),
      last: path,
    };
    this.#readings.set(setId, reading);
    return reading;
  }

  #plaintextOf(setId: number): { name: string; chunks: AsyncIterable<Buffer> } | undefined {
    const { known, target } = this.#parts;
    const files = known.get(setId).stored.signatures;
    for (const file of files) {
      const name = localSignaturesName(file);
      if (known.localNames.has(name)) return { name, chunks: target.decodeLocalSignatures(name) };
    }
    const [file] = files;
    return file && { name: file.name, chunks: target.decodeMetadata(file) };
  }
}

/** The signature of a path that does not lie before the one asked for last. */
async function find(reading: Reading, path: string): Promise<Buffer | undefined> {
  const { cursor } = reading;
  reading.last = path;
  for (;;) {
    if (cursor.isDry) await cursor.refill();
    const entry = cursor.item;
    if (entry === undefined) return undefined;
    const order = comparePaths(entry.path, path);
    if (order === 0) {
      return entry.kind === 'signature' ? (await withSignature(entry)).signature : undefined;
    }
    if (order > 0) return undefined;
    cursor.step();
  }
}

function notRebuilt(path: string, setKey: string): Disagreement {
  return new Disagreement(
    `"${path}" as set ${setKey} changes it is not the file that the set's signature is of`,
    'The set may have been made for another one before it; an older or newer set may have the file',
  );
}
