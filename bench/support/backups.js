/**
 * The trees and their backups, made once and kept for later runs in a folder that is named by what they
 * were made of. DUPLIFS_BENCH_DIR says where; by default it is the system's folder for temporary files.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runScript } from './process.js';
import { makeLargeFile, makeTree, treeVersion } from './tree.js';

/** What is backed up, by size of the run. */
export const sources = {
  full: {
    tree: { files: 50_000, bytes: 500_000_000, seed: 1 },
    large: { bytes: 2 ** 30, seed: 2 },
  },
  quick: {
    tree: { files: 2000, bytes: 20_000_000, seed: 1 },
    large: { bytes: 2 ** 27, seed: 2 },
  },
};

const makers = { tree: makeTree, large: makeLargeFile };

export class Backups {
  #root;
  #sources;

  /** @param {'full' | 'quick'} size */
  constructor(size) {
    this.#root = process.env.DUPLIFS_BENCH_DIR ?? join(tmpdir(), 'duplifs-bench');
    this.#sources = sources[size];
  }

  /**
   * The folder that was backed up.
   *
   * @param {'tree' | 'large'} kind
   */
  async source(kind) {
    return this.#kept(`source-${kind}`, kind, '', async (folder) => {
      makers[kind](folder, this.#sources[kind]);
    });
  }

  /**
   * The folder of a tool's backup of it. duplifs reads duplicity's.
   *
   * @param {import('./tools.js').Tool} tool
   * @param {'tree' | 'large'} kind
   */
  async of(tool, kind) {
    const source = await this.source(kind);
    const { stdout: version } = await runScript(`${tool.name} --version || ${tool.name} version`);
    return this.#kept(`${tool.name}-${kind}`, kind, version, async (folder) => {
      await tool.backup(source, folder);
    });
  }

  async #kept(name, kind, version, make) {
    const key = createHash('sha256')
      .update(JSON.stringify([treeVersion, this.#sources[kind], version]))
      .digest('hex')
      .slice(0, 12);
    const folder = join(this.#root, `${name}-${key}`);
    if (existsSync(join(folder, 'done'))) return join(folder, 'data');
    process.stderr.write(`making ${name} …\n`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, 'data'), { recursive: true, mode: 0o700 });
    await make(join(folder, 'data'));
    mkdirSync(join(folder, 'half'));
    renameSync(join(folder, 'half'), join(folder, 'done'));
    return join(folder, 'data');
  }
}
