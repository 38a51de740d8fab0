/** The trees and their backups by each program, made once and kept for later runs (kept.js). */
import { kept } from './kept.js';
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

/** What the cases of "reach" back up: the tree as above, and a file of 512 MiB, times `scale`. */
export function scaledSources(scale) {
  return {
    tree: { files: Math.round(50_000 * scale), bytes: Math.round(500_000_000 * scale), seed: 1 },
    large: { bytes: Math.round(2 ** 29 * scale), seed: 2 },
  };
}

const makers = { tree: makeTree, large: makeLargeFile };

export class Backups {
  #sources;

  /** @param {typeof sources.full} made what is backed up */
  constructor(made) {
    this.#sources = made;
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
    return kept(name, [treeVersion, this.#sources[kind], version], make);
  }
}
