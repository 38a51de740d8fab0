/** Catalogs that are filled from indexes of random sets, and all that can be asked of them. */
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'vitest';
import { decodeEntryList, IndexEncoder, setKey } from '../../src/archive/index.js';
import type { BackupSet, IndexEntry, SetTimes } from '../../src/archive/index.js';
import { comparePaths } from '../../src/base/index.js';
import { Catalog, VersionReader } from '../../src/catalog/index.js';
import { EntryWriter } from '../../src/catalog/entry-writer.js';
import { listIndex } from '../../src/catalog/list-index.js';
import { rootId } from '../../src/catalog/schema.js';
import { SetVolumes } from '../../src/catalog/set-volumes.js';
import { synchronizeSets } from '../../src/catalog/synchronize.js';
import type { VolumeDirectory } from '../../src/catalog/volume-directory.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const volumeBytes = 1 << 20;
const partBytes = 150;
const sha1 = Buffer.alloc(20, 7);

/** What happens to a path in a set. */
export interface Change {
  readonly path: string;
  readonly what: 'reg' | 'dir' | 'sym' | 'diff' | 'cut' | 'deleted';
}

export interface MadeSet {
  readonly chain: number;
  readonly changes: readonly Change[];
}

/** A catalog, and what listing sets into it takes. */
export class Filled {
  readonly catalog: Catalog;
  readonly path: string;
  readonly ids = new Map<string, number>();
  readonly #writer: EntryWriter;
  readonly #sets: BackupSet[][] = [];

  /** Without packing, everything is in rows from the beginning. */
  constructor(packs: boolean) {
    this.path = join(newFolder(), 'catalog.sqlite');
    this.catalog = new Catalog(this.path);
    if (!packs) this.catalog.packed.mayPack = () => false;
    this.#writer = new EntryWriter(this.catalog.connection, this.catalog.packed);
  }

  async list({ chain, changes: of }: MadeSet, at: number): Promise<void> {
    const isFull = this.#sets[chain] === undefined;
    const times: SetTimes = isFull
      ? { kind: 'full', endSeconds: at + 1 }
      : { kind: 'inc', startSeconds: at, endSeconds: at + 1 };
    (this.#sets[chain] ??= []).push({ times, key: setKey(times) } as BackupSet);
    await this.#synchronize();
    const key = setKey(times);
    const id = this.idOf(key);
    const { connection } = this.catalog;
    connection
      .prepare('INSERT INTO volumes VALUES (NULL, ?, 1, NULL, ?, ?, ?, ?, 0, 0)')
      .run(id, 'SHA1', sha1.toString('hex'), Buffer.from(''), Buffer.from('z'));
    connection
      .prepare("UPDATE sets SET listed_name = 'an index', listed_from = 'index' WHERE id = ?")
      .run(id);
    const set = this.catalog.sets().find((one) => one.id === id);
    if (set === undefined) throw new Error('no set');
    const volumes = new SetVolumes(connection, id, { volumes: new Map() } as unknown as BackupSet)
      .all;
    const directory = { keepSessionKey: () => undefined } as unknown as VolumeDirectory;
    const index = indexOf(key, of, isFull, at);
    await listIndex(
      { catalog: this.catalog, writer: this.#writer, set, volumes, directory },
      'an index',
      index,
    );
  }

  /** Forgets a chain, as when it is no longer stored. */
  async remove(chain: number): Promise<void> {
    this.#sets[chain] = [];
    await this.#synchronize();
    this.#writer.forgetIds();
  }

  idOf(key: string): number {
    const id = this.ids.get(key);
    if (id === undefined) throw new Error(`no set ${key}`);
    return id;
  }

  /** The id of a path that any set had. */
  find(of: string): number | undefined {
    let id: number | undefined = rootId;
    for (const name of of === '' ? [] : of.split('/')) {
      if (id !== undefined) id = this.catalog.nameBelow(id, name);
    }
    return id;
  }

  async ask(folder: string, how: string): Promise<void> {
    const id = this.find(folder);
    const set = this.catalog.sets().at(-1)?.id;
    if (id === undefined || set === undefined) return;
    if (how === 'children') this.catalog.children(set, id, '', 2);
    else if (how === 'child') this.catalog.child(set, id, 'b');
    else if (how === 'names') this.catalog.namesBelow(id, '', 1);
    else if (how === 'pairs')
      new VersionReader(this.catalog).pairs({ before: set, after: set }, id, '', 1);
    else await this.catalog.packed.unpackSetInTurn(set);
  }

  /** The ids of a folder's paths. */
  below(folder: string): [path: string, id: number][] {
    const id = this.find(folder);
    const names = id === undefined ? [] : new VersionReader(this.catalog).names(id, '', 1000);
    return names.map((one) => [folder === '' ? one.name : `${folder}/${one.name}`, one.id]);
  }

  /** What is told of a path by its id. */
  byId(id = 0): unknown {
    return this.catalog
      .sets()
      .map((set) => [
        this.catalog.entry(set.id, id)?.mtimeSeconds,
        this.catalog.history(set.id, id).map(({ setId, type, deleted }) => [setId, type, deleted]),
      ]);
  }

  /** How much is packed: of folders that have rows for nothing but folders, and of names that have no row. */
  expectApart(): number {
    const { connection } = this.catalog;
    const rows = connection
      .prepare<[], [number, Buffer]>('SELECT folder, entries FROM packed_entries')
      .raw()
      .all();
    for (const [folder, entries] of rows) {
      const names = connection
        .prepare<[number], [Buffer, number]>('SELECT name, folder FROM names WHERE parent = ?')
        .raw()
        .all(folder);
      expect(names.filter(([, isFolder]) => isFolder === 0)).toEqual([]);
      const inRows = new Set(names.map(([name]) => name.toString()));
      for (const { path: of } of decodeEntryList(entries, 'packed')) {
        expect(inRows).not.toContain(of.slice(of.lastIndexOf('/') + 1));
      }
    }
    return rows.length;
  }

  /** All that can be asked, by paths: ids may differ. */
  told(): unknown {
    const sets = this.catalog.sets();
    const reader = new VersionReader(this.catalog);
    const paths = this.#paths(reader, rootId, '');
    const trees = sets.map(({ id, key }) => [key, this.#tree(id, rootId)]);
    const versions = [...paths].map(([of, id]) => [
      of,
      reader
        .versions(id)
        .map(({ entry, isDeleted }) => [
          entry.setId,
          entry.kind,
          entry.type,
          entry.size,
          entry.linkTarget,
          isDeleted,
          [...this.catalog.pieces(entry.setId, id)]
            .flat()
            .map(({ offset, length, count }) => [offset, length, count]),
          this.catalog.deltaMaps.of(entry.setId, id)?.toString('hex'),
          this.catalog.cutOf(entry.setId, id)?.reason,
        ]),
      sets.map((set) => this.catalog.history(set.id, id).map(({ setId }) => setId)),
    ]);
    return { trees, versions };
  }

  #tree(setId: number, folder: number): unknown[] {
    return this.catalog
      .children(setId, folder, '', 1000)
      .map((entry) => [
        entry.name,
        entry.setId,
        entry.type,
        entry.size,
        entry.mtimeSeconds,
        entry.type === 'dir'
          ? [this.catalog.subfolders(setId, entry.id), this.#tree(setId, entry.id)]
          : [],
      ]);
  }

  #paths(reader: VersionReader, folder: number, above: string): Map<string, number> {
    const found = new Map<string, number>();
    for (const { id, name } of reader.names(folder, '', 1000)) {
      const of = above === '' ? name : `${above}/${name}`;
      if (reader.versions(id).length > 0) found.set(of, id);
      for (const below of this.#paths(reader, id, of)) found.set(...below);
    }
    return found;
  }

  async #synchronize(): Promise<void> {
    const identity = { fingerprint: () => 'x', policy: () => ({ signKey: '', waived: [] }) };
    const chains = this.#sets.filter((sets) => sets.length > 0);
    const ids = await synchronizeSets(this.catalog.connection, chains, identity);
    this.ids.clear();
    for (const [key, id] of ids) this.ids.set(key, id);
  }
}

function indexOf(key: string, of: readonly Change[], isFull: boolean, at: number): Readable {
  const chunks: Buffer[] = [];
  const encoder = new IndexEncoder({ setKey: key, producer: 'a test' }, (chunk) =>
    chunks.push(chunk),
  );
  const root: Change = { path: '', what: 'dir' };
  const sorted = [root, ...of].sort((a, b) => comparePaths(a.path, b.path));
  for (const [place, one] of sorted.entries()) encoder.entry(entryOf(one, isFull, at, place));
  const table = {
    container: 'plain' as const,
    plaintextLength: volumeBytes,
    blocks: Buffer.alloc(0),
  };
  encoder.volume({ number: 1, fileName: 'v', fileSize: volumeBytes, sha1, table });
  encoder.end();
  const whole = Buffer.concat(chunks);
  // cut anywhere: records go on in the next part
  const parts = Array.from({ length: Math.ceil(whole.length / partBytes) }, (_, part) =>
    whole.subarray(part * partBytes, (part + 1) * partBytes),
  );
  return Readable.from(parts);
}

function entryOf(
  { path: of, what }: Change,
  isFull: boolean,
  at: number,
  place: number,
): IndexEntry {
  if (what === 'deleted' && !isFull) return { kind: 'deleted', path: of };
  const type = what === 'dir' || what === 'sym' ? what : 'reg';
  const owner = { uid: place % 3, gid: 0, userName: place % 2 === 0 ? 'ü' : '', groupName: 'g' };
  const common = {
    path: of,
    type,
    mode: 0o644 + at,
    mtimeSeconds: at * 100 + place,
    ...owner,
  } as const;
  if (what === 'dir') return { ...common, kind: 'snapshot', size: 0, runs: [] };
  if (what === 'sym')
    return { ...common, kind: 'snapshot', size: 0, runs: [], linkTarget: `to ${at}` };
  const length = place + 5;
  const runs = [{ volume: 1, offset: 512 * (2 * place + 1), length, count: 1, stride: 0 }];
  if (what !== 'diff' || isFull) {
    const cut = what === 'cut' ? 'EIO' : undefined;
    return { ...common, kind: 'snapshot', size: length, runs, cut };
  }
  // one COPY of 3 bytes from the start of the version before
  const map = place % 2 === 0 ? Buffer.of(6, 0) : undefined;
  return { ...common, kind: 'diff', size: 3, runs, deltaMap: map };
}
