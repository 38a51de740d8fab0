/**
 * Folders that no entry names. duplicity drops what lies below them; duplifs shows it in its place, in a
 * folder with plain rights and the time of the set.
 */
import type { Statement } from 'better-sqlite3';
import { type Catalog, type CatalogSet } from './catalog.js';
import { type EntryWriter } from './entry-writer.js';
import { fullIdOf, rootId } from './schema.js';

export class ImpliedFolders {
  readonly #catalog: Catalog;
  readonly #writer: EntryWriter;
  readonly #set: CatalogSet;
  /** Whether a folder has a version that counts: none at all, or deleted by an earlier set, does not. */
  readonly #exists: Statement<[number, number, number, number], number>;
  readonly #suspects = new Set<number>();
  #lastParent = 0;

  constructor(catalog: Catalog, writer: EntryWriter, set: CatalogSet) {
    this.#catalog = catalog;
    this.#writer = writer;
    this.#set = set;
    this.#exists = catalog.connection
      .prepare<[number, number, number, number], number>(
        `SELECT kind <> 0 OR set_id = ? FROM versions WHERE name_id = ? AND set_id BETWEEN ? AND ?
         ORDER BY set_id DESC LIMIT 1`,
      )
      .pluck();
  }

  /** To be called after each entry that was written; its folder may still come. */
  check(): void {
    this.checkParent(this.#writer.parentId);
  }

  checkParent(parent: number): void {
    if (parent === this.#lastParent || parent === 0) return;
    this.#lastParent = parent;
    if (!this.#isThere(parent)) this.#suspects.add(parent);
  }

  /** Adds the folders that did not come; returns their paths. */
  finish(): string[] {
    const added: string[] = [];
    for (const suspect of this.#suspects) {
      for (let id = suspect; id !== 0 && !this.#isThere(id);) {
        const path = this.#catalog.pathOf(id);
        added.push(path);
        this.#add(path);
        id = id === rootId ? 0 : (this.#catalog.nameOf(id)?.parent ?? 0);
      }
    }
    return added;
  }

  #isThere(id: number): boolean {
    const { id: setId } = this.#set;
    return Boolean(this.#exists.get(setId, id, fullIdOf(setId), setId));
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
    this.#writer.putVersion(this.#set.id, 'snapshot', facts);
  }
}
