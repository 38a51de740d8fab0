/** A small tree full of hard cases as it is at two times, and a folder that becomes the one or the other. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from './once.js';
import { root, runOk } from './run.js';

export interface GrowingTree {
  /** Seconds since the epoch. */
  readonly times: readonly number[];
  /** The path of what check-tree compares with, of each time. */
  readonly recordings: readonly string[];
  /** Makes a folder, or changes it, into the tree as it was at one of the times. */
  become(folder: string, generation: number): Promise<void>;
}

/** Made once in a run. Some 440 entries, 9 MB. */
export async function growingTree(): Promise<GrowingTree> {
  const folder = await once('growing-tree', async (made) => {
    // make-chain calls it as it calls duplicity: … SOURCE URL
    const copier = join(made, 'copier');
    const script = `#!/bin/bash\nn=0; while [ -e '${made}'/tree-$n ]; do n=$((n+1)); done
exec cp -a "\${@: -2:1}" '${made}'/tree-$n\n`;
    await writeFile(copier, script);
    await chmod(copier, 0o755);
    const args = [join(made, 'chain'), '--duplicity', copier, '--generations', '2', '--big', '1'];
    await runOk(join(root, 'test/tools/make-chain'), args);
  });
  const chain = join(folder, 'chain');
  const times = JSON.parse(await readFile(join(chain, 'times.json'), 'utf8')) as number[];
  return {
    times,
    recordings: times.map((_, at) => join(chain, 'expected', `${at}.json`)),
    become: async (target, generation) => {
      const from = join(folder, `tree-${generation}/`);
      await runOk('rsync', ['-aHAX', '--delete', from, `${target}/`]);
    },
  };
}
