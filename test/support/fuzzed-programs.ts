/** Targets that are harmed at random, and what whole programs make of them. */
import { mkdir, readdir, readFile, readlink, realpath, lstat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { firstSeconds } from './craft.js';
import { filesIn, harm } from './fuzz.js';
import type { Files, Harm } from './fuzz.js';
import { madeChain } from './harmed-chains.js';
import type { Keys, Protection } from './harmed-chains.js';
import { Mounted } from './mounted.js';
import { once } from './once.js';
import { duplifs } from './run.js';
import type { Finished } from './run.js';

export const fuzzCases: readonly (readonly [Protection, string])[] = [
  ['passphrase', 'ddd'],
  ['passphrase', 'uuu'],
  ['signed', 'uuu'],
  ['public key', 'udu'],
  ['plain', 'ddd'],
  ['plain', 'uuu'],
];

/** What a tree has: by path, a folder, where a link leads, or the bytes of a file in base64. */
type Tree = ReadonlyMap<string, string>;

export interface RecordedChain {
  readonly files: Files;
  readonly keys: Keys;
  readonly newest: Tree;
  /** All that ever stood at a path. */
  readonly versions: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface Fuzzed {
  readonly problem: string | undefined;
  readonly status: number;
}

const day = 86_400;
/** Is told of each chain that is not encrypted, whatever was harmed. */
const inTheClear = /^Warning: The chain of \w+ is not encrypted/gm;
const sets = 3;
/** A hung program is a problem, also on a busy machine. */
const mostMilliseconds = 60_000;

/** A chain, with the trees of its sets. The newest is held against the source that it was made of. */
export async function recordedChain(
  protection: Protection,
  writer: string,
): Promise<RecordedChain> {
  const { root, keys } = await madeChain(protection, writer, 'own');
  const target = join(root, 'target');
  const name = `fuzz-${protection.replace(' ', '-')}-${writer}`;
  const restored = await once(name, async (folder) => {
    for (let age = 0; age < sets; age += 1) {
      const words = ['restore', ...keys.read, '--archive-dir', join(folder, 'archive')];
      const time = ['--time', String(firstSeconds + age * day)];
      const out = join(folder, String(age));
      const ended = await duplifs([...words, ...time, `file://${target}`, out], { env: keys.env });
      if (ended.status !== 0) throw new Error(ended.stderr);
    }
  });
  const versions = new Map<string, Set<string>>();
  let newest: Tree = new Map();
  for (let age = 0; age < sets; age += 1) {
    newest = await treeIn(join(restored, String(age)));
    for (const [path, what] of newest) {
      const known = versions.get(path) ?? new Set();
      versions.set(path, known.add(what));
    }
  }
  const difference = firstDifference(newest, await treeIn(join(root, 'source')));
  if (difference !== undefined) throw new Error(`the chain itself is wrong: ${difference}`);
  return { files: filesIn(target), keys, newest, versions };
}

/** Harms the chain's files by the seed, and has one program look at them. */
export async function fuzzedProblem(
  chain: RecordedChain,
  seed: number,
  work: string,
): Promise<Fuzzed> {
  let harmed: Harm = harm(chain.files, seed);
  if (seed % 3 === 0) {
    const again = harm(harmed.files, seed + 0x10000);
    harmed = { ...again, what: `${harmed.what}, then ${again.what}` };
  }
  const target = join(work, 'target');
  await mkdir(target);
  for (const [name, bytes] of harmed.files) await writeFile(join(target, name), bytes);
  const place = { chain, target, work };
  const looked = seed % 8 === 1 ? lookThroughMount(place) : restoreAll(place, seed % 8 === 2);
  const late = setTimeout(mostMilliseconds, undefined, { ref: false });
  const outcome = await Promise.race([looked, late]);
  if (outcome === undefined) return { problem: `${harmed.what}: it never ends`, status: -1 };
  const problem = problemIn(outcome, chain);
  return {
    problem: problem === undefined ? undefined : `${harmed.what}: ${problem}`,
    status: outcome.status ?? -1,
  };
}

interface Place {
  readonly chain: RecordedChain;
  readonly target: string;
  readonly work: string;
}

interface Outcome extends Finished {
  readonly tree: Tree;
  /** Whether each missing entry was said to be so. */
  readonly saysLess: boolean;
}

async function restoreAll({ chain, target, work }: Place, hasMore: boolean): Promise<Outcome> {
  const options = [...chain.keys.read, '--archive-dir', join(work, 'archive')];
  const url = `file://${target}`;
  // what one program has put into the catalog, the next one uses
  if (hasMore) await duplifs(['ls', ...options, url], { env: chain.keys.env });
  const out = join(work, 'out');
  const ended = await duplifs(['restore', ...options, url, out], { env: chain.keys.env });
  return { ...ended, tree: await treeIn(out), saysLess: ended.status !== 0 };
}

/** A mount has no exit code for what it shows: what cannot be read is an error, and older trees are told of. */
async function lookThroughMount({ chain, target, work }: Place): Promise<Outcome> {
  const args = [...chain.keys.read, '--archive-dir', join(work, 'archive')];
  let mount: Mounted | undefined;
  try {
    mount = await Mounted.start({ url: `file://${target}`, args, env: chain.keys.env });
    const failures: string[] = [];
    const tree = await treeIn(await realpath(mount.at('latest')), failures);
    const stderr = `${mount.log}\n${failures.join('\n')}`;
    const log = mount.log.replaceAll(inTheClear, '');
    const saysLess = failures.length > 0 || log.includes('Warning');
    return { status: saysLess ? 1 : 0, stdout: '', stderr, tree, saysLess };
  } catch (error) {
    const stderr = error instanceof Error ? error.message : String(error);
    return { status: 1, stdout: '', stderr, tree: new Map(), saysLess: true };
  } finally {
    await mount?.stop().catch(() => undefined);
  }
}

function problemIn(outcome: Outcome, { newest, versions }: RecordedChain): string | undefined {
  const { status, stderr, tree, saysLess } = outcome;
  if (status === 30 || /internal error|^\s+at .*\(|Unhandled/m.test(stderr)) {
    return `a stack: ${stderr}`;
  }
  if (!saysLess) {
    const difference = firstDifference(tree, newest);
    return difference === undefined ? undefined : `${difference}, exit code 0: ${stderr}`;
  }
  for (const [path, what] of tree) {
    if (versions.get(path)?.has(what) === true) continue;
    return `"${path}" never was ${what.slice(0, 60)}, exit code ${status}: ${stderr}`;
  }
  return undefined;
}

function firstDifference(found: Tree, wanted: Tree): string | undefined {
  for (const [path, what] of wanted) {
    if (found.get(path) !== what) return `"${path}" is not what it was`;
  }
  const more = [...found.keys()].find((path) => !wanted.has(path));
  return more === undefined ? undefined : `"${more}" never was`;
}

/** Everything below a folder; what cannot be read goes to `failures`. */
async function treeIn(root: string, failures?: string[]): Promise<Tree> {
  const tree = new Map<string, string>();
  const visit = async (path: string): Promise<void> => {
    const full = join(root, path);
    try {
      const stats = await lstat(full);
      if (stats.isSymbolicLink()) tree.set(path, `link to ${await readlink(full)}`);
      else if (stats.isFile()) tree.set(path, (await readFile(full)).toString('base64'));
      else if (!stats.isDirectory()) tree.set(path, 'neither a file, a folder nor a link');
      else {
        if (path !== '') tree.set(path, 'folder');
        for (const name of await readdir(full)) await visit(join(path, name));
      }
    } catch (error) {
      const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (path === '' && isAbsent) return;
      if (failures === undefined) throw error;
      failures.push(String(error));
    }
  };
  await visit('');
  return tree;
}
