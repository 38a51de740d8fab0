/** A small source, and backups of it into one target from one archive dir. */
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withFolder } from '../support/folders.js';
import { duplifs } from '../support/run.js';
import type { Finished } from '../support/run.js';

export interface Target {
  readonly folder: string;
  readonly source: string;
  readonly archive: string;
  readonly url: string;
  /** Runs `backup`, or the verb that comes first, with the options, with one archive dir for all runs. */
  readonly backup: (
    options: readonly string[],
    env?: Readonly<Record<string, string>>,
  ) => Promise<Finished>;
  /** The names on the storage. */
  readonly stored: () => Promise<readonly string[]>;
  /** Writes another file into the source, whose own time changes as well. */
  readonly change: () => Promise<void>;
}

export async function withTarget(work: (target: Target) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const [source, target, archive] = ['source', 'target', 'archive'].map((one) =>
      join(folder, one),
    ) as [string, string, string];
    await mkdir(source);
    let files = 0;
    const change = async () => {
      files += 1;
      await writeFile(join(source, `file-${files}`), `content ${files}`);
      await utimes(source, 1_600_000_000 + files, 1_600_000_000 + files); // not only when a second has passed
    };
    await change();
    const url = `file://${target}`;
    await work({
      folder,
      source,
      archive,
      url,
      change,
      backup: async (options, env = {}) => {
        const verbs = ['backup', 'full', 'inc'];
        const [first = ''] = options;
        const [verb, more] = verbs.includes(first)
          ? [first, options.slice(1)]
          : ['backup', options];
        const args = ['--archive-dir', archive, '--no-print-statistics', '-v', '2', ...more];
        return duplifs([verb, ...args, source, url], { env });
      },
      stored: async () => (await readdir(target).catch(() => [])).sort(),
    });
  });
}
