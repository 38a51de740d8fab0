/**
 * Folders that no entry names. duplicity drops what lies below them; duplifs shows it in its place, in a
 * folder with plain rights and the time of the set.
 */
import { eventLoopTurns } from '../base/index.js';
import type { Catalog, CatalogSet } from './catalog.js';
import { entryTypes, versionKinds } from './entry.js';
import { provenStates } from './entry-writer.js';
import type { EntryWriter, ProvenState } from './entry-writer.js';
import { fullIdOf, rootId } from './schema.js';
import type { Statement } from '../sqlite/index.js';

export interface ImpliedPaths {
  /** Folders that were added. */
  readonly implied: readonly string[];
  /** Paths that are no folders and have entries below them all the same. */
  readonly hidden: readonly string[];
}

export interface ImpliedFoldersOptions {
  readonly catalog: Catalog;
  readonly writer: EntryWriter;
  readonly set: CatalogSet;
  /** What stands behind the entries that imply them; proven unless it says otherwise. */
  readonly state?: ProvenState;
}

export class ImpliedFolders {
  readonly #catalog: Catalog;
  readonly #writer: EntryWriter;
  readonly #set: CatalogSet;
  readonly #provenState: ProvenState;
  /** The newest version of a path: its kind and type, and the set that holds it. */
  readonly #newest: Statement<
    [number, number, number],
    [kind: number, type: number, setId: number]
  >;
  readonly #suspects = new Set<number>();
  #lastParent = 0;

  constructor({ catalog, writer, set, state = provenStates.proven }: ImpliedFoldersOptions) {
    this.#catalog = catalog;
    this.#writer = writer;
    this.#set = set;
    this.#provenState = state;
    this.#newest = catalog.connection
      .prepare<[number, number, number], [number, number, number]>(
        `SELECT kind, type, set_id FROM versions WHERE name_id = ? AND set_id BETWEEN ? AND ?
         ORDER BY set_id DESC LIMIT 1`,
      )
      .raw();
  }

  /** To be called after each entry that was written; its folder may still come. */
  check(): void {
    this.checkParent(this.#writer.parentId);
  }

  checkParent(parent: number): void {
    if (parent === this.#lastParent || parent === 0) return;
    this.#lastParent = parent;
    if (this.#state(parent) !== 'folder') this.#suspects.add(parent);
  }

  /** Adds the folders that did not come, with turns of the event loop between. */
  async finish(signal?: AbortSignal): Promise<ImpliedPaths> {
    const implied: string[] = [];
    const hidden: string[] = [];
    const turn = eventLoopTurns();
    for (const suspect of this.#suspects) {
      signal?.throwIfAborted();
      await turn();
      if (this.#state(suspect) === 'other') hidden.push(this.#catalog.pathOf(suspect));
      // upwards to what is there: paths are put together from there downwards, for they may be thousands of folders deep
      const missing: number[] = [];
      for (let id = suspect; id !== 0 && this.#state(id) === 'missing';) {
        missing.push(id);
        id = id === rootId ? 0 : (this.#catalog.nameOf(id)?.parent ?? 0);
      }
      for (const id of missing.reverse()) {
        const path = this.#catalog.pathOf(id);
        implied.push(path);
        this.#add(path);
        await turn();
      }
    }
    return { implied, hidden };
  }

  /** None at all, or deleted by an earlier set, is missing; the set's own deletion counts. */
  #state(id: number): 'folder' | 'other' | 'missing' {
    const { id: setId } = this.#set;
    const [kind, type, from] = this.#newest.get(id, fullIdOf(setId), setId) ?? [0, 0, 0];
    if (kind === versionKinds.indexOf('deleted')) return from === setId ? 'other' : 'missing';
    return type === entryTypes.indexOf('dir') ? 'folder' : 'other';
  }

  #add(path: string): void {
    const facts = {
      path,
      type: 'dir' as const,
      mode: 0o755,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      userName: '',
      groupName: '',
      mtimeSeconds: this.#set.endSeconds,
    };
    this.#writer.putVersion(this.#set.id, 'snapshot', facts, { state: this.#provenState });
  }
}
