/** A tree that changes at random, backed up again and again, and what duplicity restores of each of its sets. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { decodeName, encodeName } from '../../src/base/index.js';
import { noise, randomOf } from '../support/noise.js';
import { duplifs, runOk } from '../support/run.js';

/** What lstat says of a path, and the bytes of a file. */
export interface Recorded {
  readonly type: 'reg' | 'dir' | 'sym' | 'fifo';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly size?: number;
  readonly sha256?: string;
  readonly link?: string;
}

/** By path, which is as names are in duplifs; the root is not part of it. */
export type Tree = ReadonlyMap<string, Recorded>;

export interface RecordedSet {
  readonly seconds: number;
  readonly tree: Tree;
  /** Where it lies. */
  readonly folder: string;
}

export interface RecordedChain {
  readonly url: string;
  readonly sets: readonly RecordedSet[];
}

const firstSeconds = 1_700_000_000;
const daySeconds = 86_400;
const names = [
  'a',
  'b.txt',
  'c d',
  'é',
  'n\nl',
  '[z]',
  'back\\slash',
  '-x',
  decodeName(Buffer.from([0x66, 0xff, 0xe9])),
];

/**
 * @param writers of each set: "U" a full by duplifs, "u" an incremental; "D" and "d" by duplicity
 */
export async function recordedChain(
  folder: string,
  writers: string,
  seed: number,
): Promise<RecordedChain> {
  const source = join(folder, 'source');
  const url = `file://${join(folder, 'target')}`;
  const change = new Changes(source, seed);
  mkdirSync(source);
  const times: number[] = [];
  for (const [at, writer] of Array.from(writers).entries()) {
    change.some(at === 0 ? 25 : 8);
    const seconds = firstSeconds + at * daySeconds;
    times.push(seconds);
    const verb = writer === writer.toUpperCase() ? 'full' : 'incremental';
    const args = [verb, '--no-encryption', '--volsize', '1', '--current-time', String(seconds)];
    if (writer.toUpperCase() === 'U') {
      const ours = ['--archive-dir', join(folder, 'archive-u'), '--allow-source-mismatch'];
      const { status, stderr } = await duplifs([...args, ...ours, source, url]);
      if (status !== 0) throw new Error(`seed ${seed}, set ${at}: ${stderr}`);
    } else {
      const theirs = ['--archive-dir', join(folder, 'archive-d'), '--allow-source-mismatch'];
      await runOk('duplicity', [...args, ...theirs, source, url]);
    }
  }
  const sets: RecordedSet[] = [];
  for (const seconds of times) {
    const restored = join(folder, 'trees', String(seconds));
    mkdirSync(join(folder, 'trees'), { recursive: true });
    const args = [
      '--no-encryption',
      '--archive-dir',
      join(folder, 'archive-r'),
      '--time',
      String(seconds),
    ];
    await runOk('duplicity', ['restore', ...args, url, restored]);
    sets.push({ seconds, tree: treeIn(restored), folder: restored });
  }
  return { url, sets };
}

/** All below a folder. */
export function treeIn(folder: string): Tree {
  const found = new Map<string, Recorded>();
  const look = (path: string): void => {
    const at = encodeName(path === '' ? folder : `${folder}/${path}`);
    const stats = lstatSync(at);
    const [mode, mtime] = [stats.mode & 0o7777, Math.floor(stats.mtimeMs / 1000)];
    const common = { mode, uid: stats.uid, gid: stats.gid, mtime };
    if (stats.isDirectory()) {
      if (path !== '') found.set(path, { type: 'dir', ...common });
      for (const name of readdirSync(at, { encoding: 'buffer' })) {
        look(path === '' ? decodeName(name) : `${path}/${decodeName(name)}`);
      }
    } else if (stats.isSymbolicLink()) {
      const link = decodeName(readlinkSync(at, { encoding: 'buffer' }));
      found.set(path, { type: 'sym', ...common, link });
    } else if (stats.isFIFO()) {
      found.set(path, { type: 'fifo', ...common });
    } else {
      const sha256 = createHash('sha256').update(readFileSync(at)).digest('hex');
      found.set(path, { type: 'reg', ...common, size: stats.size, sha256 });
    }
  };
  look('');
  return found;
}

/** Changes of a tree: each leaves another time, another link or another mode than there was, as it would be in life. */
class Changes {
  readonly #root: string;
  readonly #random: () => number;
  #clock = 1_600_000_000;

  constructor(root: string, seed: number) {
    this.#root = root;
    this.#random = randomOf(seed);
  }

  some(count: number): void {
    for (let i = 0; i < count; i += 1) this.#one();
  }

  #one(): void {
    const path = this.#path();
    const what = this.#random() % 12;
    try {
      const there = lstatSync(path, { throwIfNoEntry: false });
      if (what < 4) this.#write(path);
      else if (what === 4)
        this.#make(path, () => {
          mkdirSync(path);
        });
      else if (what === 5)
        this.#make(path, () => {
          symlinkSync(`to-${this.#tick()}`, path);
        });
      else if (what === 6)
        this.#make(path, () => {
          this.#makePipe(path);
        });
      else if (what === 7) rmSync(path, { recursive: true, force: true });
      else if (there === undefined) this.#write(path);
      else if (there.isSymbolicLink()) return;
      else if (what === 8) chmodSync(path, (there.mode & 0o777) === 0o640 ? 0o604 : 0o640);
      else if (what === 9) chownSync(path, there.uid === 7 ? 8 : 7, 9);
      else if (what === 10) this.#touch(path);
      else if (there.isFile()) this.#edit(path, there.size);
    } catch (error) {
      // what the file system does not allow is no change: a file where a folder would have to be
      if (!(error instanceof Error && 'syscall' in error)) throw error;
    }
  }

  #write(path: string | Buffer): void {
    this.#make(path, () => {
      const sizes = [0, 1, 511, 2048, this.#random() % 5000, 70_000, 300_000];
      writeFileSync(path, noise(sizes[this.#random() % sizes.length] ?? 0, this.#random()));
      this.#touch(path);
    });
  }

  /** As large as before. */
  #edit(path: Buffer, size: number): void {
    const bytes = readFileSync(path);
    noise(Math.min(64, size), this.#random()).copy(bytes, Math.floor(size / 2));
    writeFileSync(path, bytes);
    this.#touch(path);
  }

  #make(path: string | Buffer, make: () => void): void {
    rmSync(path, { recursive: true, force: true });
    make();
  }

  /** mkfifo(1) gets no names that are not UTF-8 from Node.js. */
  #makePipe(path: Buffer): void {
    const made = `${this.#root}.pipe`;
    execFileSync('mkfifo', [made]);
    try {
      renameSync(made, path);
    } finally {
      rmSync(made, { force: true });
    }
  }

  #touch(path: string | Buffer): void {
    const time = this.#tick();
    if (lstatSync(path).isDirectory()) utimesSync(path, time, time);
    else lutimesSync(path, time, time);
  }

  #tick(): number {
    this.#clock += 1 + (this.#random() % 1000);
    return this.#clock;
  }

  #path(): Buffer {
    const parts = Array.from({ length: 1 + (this.#random() % 3) }, () => this.#name());
    return encodeName([this.#root, ...parts].join('/'));
  }

  #name(): string {
    return names[this.#random() % names.length] ?? 'a';
  }
}
