/** A chain of duplifs's to harm: a full of several volumes and two incrementals, and the tree of each. */
import { cp, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withFolder } from './folders.js';
import { noise } from './noise.js';
import { once } from './once.js';
import { duplifs, isTraceback } from './run.js';
import type { Finished } from './run.js';

const firstSeconds = 1_700_000_000;
const sets = 3;

export interface OwnPlace {
  readonly folder: string;
  readonly target: string;
  readonly url: string;
  /** The target's folder in the archive dir of `run`. */
  readonly archive: string;
  /** The tree of a set: 0 for the full. */
  readonly tree: (set: number) => string;
  /** Runs duplifs with the archive dir that made the backup, on the copy of it. */
  readonly run: (...args: readonly string[]) => Promise<Finished>;
  /** The one name on the storage that matches. */
  readonly name: (pattern: RegExp) => Promise<string>;
}

export interface OwnChainOptions {
  readonly passphrase?: string;
  /** Whether the archive dir that made the backup is there. */
  readonly knowsIt?: boolean;
}

/** Runs `work` with a copy of the chain that may be harmed. */
export async function withOwnChain(
  { passphrase, knowsIt = true }: OwnChainOptions,
  work: (place: OwnPlace) => Promise<void>,
): Promise<void> {
  const kind = passphrase === undefined ? ['--no-encryption'] : [];
  const env = { PASSPHRASE: passphrase };
  const made = await once(`own-${passphrase === undefined ? 'gzip' : 'gpg'}`, async (folder) => {
    const source = join(folder, 'source');
    await mkdir(join(source, 'sub'), { recursive: true });
    for (let set = 0; set < sets; set += 1) {
      await change(source, set);
      const time = ['--current-time', String(firstSeconds + set * 86_400)];
      const args = ['backup', ...kind, ...time, '--volsize', '1', '--name', 'cache'];
      const places = [
        '--archive-dir',
        join(folder, 'archive'),
        source,
        `file://${join(folder, 'target')}`,
      ];
      const { status, stderr } = await duplifs([...args, ...places], { env });
      if (status !== 0) throw new Error(stderr);
      await cp(source, join(folder, 'trees', String(set)), { recursive: true });
    }
  });
  await withFolder(async (folder) => {
    const target = join(folder, 'target');
    await cp(join(made, 'target'), target, { recursive: true });
    const archive = join(folder, 'archive', 'cache');
    if (knowsIt) await cp(join(made, 'archive', 'cache'), archive, { recursive: true });
    const url = `file://${target}`;
    await work({
      folder,
      target,
      url,
      archive,
      tree: (set) => join(made, 'trees', String(set)),
      run: async (verb = '', ...args) => {
        const places = ['--archive-dir', join(folder, 'archive'), '--name', 'cache'];
        const ran = await duplifs([verb, url, ...places, ...args], { env });
        if (isTraceback(ran.stderr)) throw new Error(ran.stderr);
        return ran;
      },
      name: async (pattern) => {
        const found = (await readdir(target)).filter((one) => pattern.test(one));
        if (found.length !== 1) throw new Error(`${found.length} names match ${String(pattern)}`);
        return found[0] ?? '';
      },
    });
  });
}

async function change(source: string, set: number): Promise<void> {
  const put = async (name: string, content: Buffer | string): Promise<void> => {
    await writeFile(join(source, name), content);
    await utimes(join(source, name), 1_690_000_000 + set, 1_690_000_000 + set);
  };
  if (set === 0) {
    await put('same', 'never changes');
    await put('big', noise(2_500_000, 1));
  } else {
    const big = noise(2_500_000, 1);
    noise(70_000, set + 5).copy(big, 300_000 * set);
    await put('big', big);
  }
  await put('changed', `set ${set}`);
  await put(`sub/new-${set}`, noise(200_000, set + 20));
  await put('empty', '');
  await put('sub/even', noise(131_072, set + 30));
}
