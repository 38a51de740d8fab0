/** A folder as what a set is made from: walked, compared with the set before, and read by a thread of its own. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { setKey } from '../archive/index.js';
import { encodeName, NameTable } from '../base/index.js';
import { blockLengthFor } from '../librsync/index.js';
import { sourcePath } from '../source/index.js';
import type { WalkEntry } from '../source/index.js';
import type { ChainBase } from '../target/index.js';
import type { Change } from './compare/changes.js';
import { seenFileName, SeenWriter } from './compare/seen-file.js';
import { sourceChanges } from './compare/source-changes.js';
import type { BackupOptions, Walk } from './options.js';
import type { SetPlan } from './plan/set-plan.js';
import type { ReadResult } from './reading/read-request.js';
import { SourceReader } from './reading/source-reader.js';
import type { OpenFile, StateHeader } from './resume/set-state.js';
import type { Counts } from './statistics.js';
import type { EntryOwner, ReadChange, SetSource } from './writing/set-source.js';
import { tellRead } from './writing/tell-read.js';

export interface FolderSourceOptions {
  readonly options: BackupOptions;
  readonly walk: Walk;
  readonly plan: SetPlan;
  readonly base: ChainBase | undefined;
  /** Of the unfinished set that is gone on with. */
  readonly resumed: StateHeader | undefined;
}

export class FolderSource implements SetSource {
  readonly reads = new SourceReader();
  readonly #options: FolderSourceOptions;
  readonly #users = new NameTable('passwd');
  readonly #groups = new NameTable('group');
  readonly #beganMs: number;
  readonly #seen: SeenWriter;
  #counts: Counts | undefined;

  constructor(options: FolderSourceOptions) {
    const { plan, base, resumed } = options;
    this.#options = options;
    this.#beganMs = resumed?.beganMs ?? Date.now();
    const seenPath = join(plan.archiveFolder, seenFileName);
    this.#seen = new SeenWriter(seenPath, setKey(plan.times), this.#beganMs);
    if (base === undefined) this.reads.start();
  }

  changes(counts: Counts): AsyncGenerator<readonly Change[], undefined> {
    this.#counts = counts;
    return sourceChanges(this.#options, counts);
  }

  request(change: ReadChange): void {
    const { maxBlockLength, followsLinks } = this.#options.plan;
    const { path, size } = change.source;
    this.reads.request({
      path: sourcePath(this.#options.options.source, path),
      blockLength: blockLengthFor(size, maxBlockLength),
      follow: followsLinks,
      base: change.kind === 'diff' ? change.base : undefined,
    });
  }

  flush(): void {
    this.reads.flush();
  }

  ownerOf({ uid, gid }: WalkEntry): EntryOwner {
    return { userName: this.#users.name(uid), groupName: this.#groups.name(gid) };
  }

  tellRead({ path }: WalkEntry, result: ReadResult): void {
    const counts = this.#counts;
    if (counts === undefined) throw new Error('Nothing was asked for');
    tellRead(path, result, { report: this.#options.options.report, counts });
  }

  async isUntouched(open: OpenFile): Promise<boolean> {
    const { sourceRoot } = this.#options.plan;
    const path = Buffer.concat([sourceRoot, Buffer.from('/'), encodeName(open.path)]);
    const stats = await lstat(open.path === '' ? sourceRoot : path).catch(() => undefined);
    return (
      stats?.isFile() === true &&
      stats.size === open.size &&
      stats.mtimeMs === open.mtimeMs &&
      stats.ctimeMs === open.ctimeMs &&
      stats.ino === open.inode
    );
  }

  noteStored(entry: WalkEntry): Promise<unknown> | undefined {
    return entry.type === 'reg' ? this.#seen.add(entry) : undefined;
  }

  noteWritten(entry: WalkEntry): Promise<unknown> | undefined {
    // what duplicity took for unchanged may be another content
    const isRemembered = this.#options.resumed?.isAdopted !== true;
    return isRemembered && entry.ctimeMs < this.#beganMs ? this.noteStored(entry) : undefined;
  }

  async endReading(): Promise<void> {
    await this.reads.close(); // what it holds is wanted for what follows
    await this.#seen.end();
  }

  async commit(): Promise<void> {
    await this.#seen.commit();
  }

  async close(): Promise<void> {
    await this.reads.close();
  }
}
