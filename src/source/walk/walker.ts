import { readlinkSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { decodeName, DuplifsError, errorText } from '../../base/index.js';
import type { FilesFrom, Selector, Verdict } from '../selection/index.js';
import { entryOfStats } from './entry-of-stats.js';
import { FolderLister } from './list-folder.js';
import { isMissing, readStats } from './read-stats.js';
import type { StatsOrError } from './read-stats.js';
import { sourcePath, systemPath } from './source-path.js';
import type { WalkEntry, WalkItem } from './walk-item.js';
import type { WalkOptions } from './walk-options.js';

/** A folder that is being walked. */
interface Folder {
  readonly path: string;
  /** Device and inode, to recognise a link that leads back. */
  readonly identity: string;
  readonly names: readonly string[];
  readonly filesFrom: FilesFrom | undefined;
  /** Its entry, as long as it is only scanned: it is stored before the first thing in it that is. */
  unstored: WalkEntry | undefined;
  /** The next name; its stats are `stats[next - statsFrom]`. */
  next: number;
  statsFrom: number;
  stats: readonly StatsOrError[];
}

/** How many stats are read ahead. */
const statsBatch = 256;
/** The event loop gets its turn when this much time has passed without one. */
const maxHoldMs = 8;
const noMarkers: ReadonlySet<string> = new Set();

/** The state of one walk: the folders from the root to the current one, and the items not yet taken. */
export class Walker {
  readonly #source: string;
  readonly #root: Stats;
  readonly #options: WalkOptions;
  readonly #selector: Selector;
  readonly #copyLinks: boolean;
  readonly #folders: Folder[] = [];
  readonly #lister = new FolderLister();
  #items: WalkItem[] = [];
  #lastTurn = performance.now();

  constructor(source: string, root: Stats, options: WalkOptions) {
    this.#source = source;
    this.#root = root;
    this.#options = options;
    this.#selector = options.selector;
    this.#copyLinks = options.copyLinks ?? false;
  }

  get ended(): boolean {
    return this.#folders.length === 0 && this.#items.length === 0;
  }

  takeItems(): readonly WalkItem[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  /** Visits the root, which is stored and looked into whatever the selection says. */
  async start(): Promise<void> {
    const entry = entryOfStats('', this.#root);
    if (entry === undefined) {
      throw new DuplifsError('SOURCE', `The source "${this.#source.toWellFormed()}" is a socket`);
    }
    this.#items.push(entry);
    if (entry.type !== 'dir') return;
    const { filesFrom } = this.#options;
    const names = await this.#list('', filesFrom);
    if (names instanceof Error) {
      const shown = this.#source.toWellFormed();
      const reason = errorText(names);
      throw new DuplifsError('SOURCE', `The source "${shown}" cannot be listed: ${reason}`, {
        cause: names,
      });
    }
    this.#enter(entry, this.#root, { names, filesFrom }, true);
  }

  /** Walks on until there are so many items, or no more. */
  async walk(itemCount: number): Promise<void> {
    for (;;) {
      const folder = this.#folders.at(-1);
      if (folder === undefined || this.#items.length >= itemCount) return;
      const name = folder.names[folder.next];
      if (name === undefined) {
        this.#folders.pop();
        continue;
      }
      if (folder.next === folder.statsFrom + folder.stats.length) {
        if (this.#options.signal?.aborted === true) return;
        await this.#readStats(folder);
      }
      const stats = folder.stats[folder.next - folder.statsFrom];
      folder.next += 1;
      const path = folder.path === '' ? name : `${folder.path}/${name}`;
      const pending = this.#visit(path, stats, folder.filesFrom?.below(name));
      if (pending !== undefined) await pending; // most entries need no turn of the event loop
    }
  }

  #visit(
    path: string,
    stats: StatsOrError,
    filesFrom: FilesFrom | undefined,
  ): Promise<void> | undefined {
    if (stats === undefined) return undefined; // gone since the folder was listed, or a dangling link
    if (stats instanceof Error) {
      if (this.#copyLinks && stats.code === 'ELOOP') return this.#visitLoop(path);
      this.#visitUnreadable(path, stats);
      return undefined;
    }
    const entry = entryOfStats(path, stats);
    if (entry === undefined) {
      this.#options.onSkipped?.(path);
      return undefined;
    }
    if (entry.type === 'dir') return this.#visitFolder(entry, stats, filesFrom);
    if (this.#verdict(entry, stats, noMarkers) === 'include') this.#storeFile(entry);
    return undefined;
  }

  async #visitFolder(
    entry: WalkEntry,
    stats: Stats,
    filesFrom: FilesFrom | undefined,
  ): Promise<void> {
    const { path } = entry;
    if (this.#copyLinks && this.#folders.some(({ identity }) => identity === identityOf(stats))) {
      await this.#visitLoop(path);
      return;
    }
    const verdict = this.#verdict(entry, stats, await this.#markersIn(path));
    if (verdict === 'exclude') return;
    const names = await this.#list(path, filesFrom);
    if (names instanceof Error) {
      if (!isMissing(names)) this.#storeUnreadable(path, names);
      return;
    }
    if (verdict === 'include') this.#store(entry);
    this.#enter(entry, stats, { names, filesFrom }, verdict === 'include');
  }

  /** A link that leads back to where it is, or to itself: it is stored as the link that it is. */
  async #visitLoop(path: string): Promise<void> {
    this.#options.onLinkLoop?.(path);
    const [stats] = await readStats([this.#systemPath(path)], false);
    if (stats === undefined || stats instanceof Error) return;
    const entry = entryOfStats(path, stats);
    if (entry?.type !== 'sym') return;
    if (this.#verdict(entry, stats, noMarkers) === 'include') this.#storeFile(entry);
  }

  /** Nothing is known but the path; whether it is selected is asked as of a new file. */
  #visitUnreadable(path: string, error: Error): void {
    const mtimeSeconds = Number.MAX_SAFE_INTEGER;
    const facts = {
      path,
      type: 'reg',
      mtimeSeconds,
      onRootDevice: true,
      markers: noMarkers,
    } as const;
    if (this.#selector.verdict(facts) !== 'exclude') this.#storeUnreadable(path, error);
  }

  #verdict(entry: WalkEntry, stats: Stats, markers: ReadonlySet<string>): Verdict {
    const { path, type, mtimeSeconds } = entry;
    const onRootDevice = stats.dev === this.#root.dev;
    return this.#selector.verdict({ path, type, mtimeSeconds, onRootDevice, markers });
  }

  #storeFile(entry: WalkEntry): void {
    if (entry.type !== 'sym') {
      this.#store(entry);
      return;
    }
    try {
      // its stats were just read, and with them the kernel has the target
      const target = readlinkSync(this.#systemPath(entry.path), 'buffer');
      this.#store({ ...entry, linkTarget: decodeName(target) });
    } catch (error) {
      if (!isMissing(error)) this.#storeUnreadable(entry.path, error);
    }
  }

  #storeUnreadable(path: string, error: unknown): void {
    this.#store({ kind: 'unreadable', path, reason: errorText(error) });
  }

  /** Stores the item, and before it the folders above it that were only scanned so far. */
  #store(item: WalkItem): void {
    if (this.#folders.at(-1)?.unstored !== undefined) {
      for (const folder of this.#folders) {
        if (folder.unstored !== undefined) this.#items.push(folder.unstored);
        folder.unstored = undefined;
      }
    }
    this.#items.push(item);
  }

  #enter(
    entry: WalkEntry,
    stats: Stats,
    { names, filesFrom }: Pick<Folder, 'names' | 'filesFrom'>,
    stored: boolean,
  ): void {
    this.#folders.push({
      path: entry.path,
      identity: identityOf(stats),
      names,
      filesFrom,
      unstored: stored ? undefined : entry,
      next: 0,
      statsFrom: 0,
      stats: [],
    });
  }

  /** The names in a folder, as byte strings in order. */
  async #list(path: string, filesFrom: FilesFrom | undefined): Promise<readonly string[] | Error> {
    if (filesFrom !== undefined) return filesFrom.names();
    try {
      // latin1 makes a byte one character, so that the default order is that of bytes
      const names = await this.#lister.list(this.#systemPath(path), 'latin1');
      return names.sort().map(nameOfLatin1);
    } catch (error) {
      return error as Error;
    }
  }

  async #markersIn(path: string): Promise<ReadonlySet<string>> {
    const { markerNames } = this.#selector;
    if (markerNames.length === 0) return noMarkers;
    const paths = markerNames.map((name) => this.#systemPath(`${path}/${name}`));
    const stats = await readStats(paths, false);
    return new Set(markerNames.filter((_, i) => isStats(stats[i])));
  }

  async #readStats(folder: Folder): Promise<void> {
    if (performance.now() - this.#lastTurn > maxHoldMs) {
      await setImmediate();
      this.#lastTurn = performance.now();
    }
    const names = folder.names.slice(folder.next, folder.next + statsBatch);
    const prefix = folder.path === '' ? '' : `${folder.path}/`;
    const paths = names.map((name) => this.#systemPath(prefix + name));
    folder.stats = await readStats(paths, this.#copyLinks);
    folder.statsFrom = folder.next;
  }

  #systemPath(path: string): string | Buffer {
    return systemPath(sourcePath(this.#source, path));
  }
}

function identityOf(stats: Stats): string {
  return `${stats.dev}:${stats.ino}`;
}

function isStats(stats: StatsOrError): boolean {
  return stats !== undefined && !(stats instanceof Error);
}

// eslint-disable-next-line no-control-regex
const notAscii = /[^\x00-\x7f]/;

function nameOfLatin1(name: string): string {
  return notAscii.test(name) ? decodeName(Buffer.from(name, 'latin1')) : name;
}
