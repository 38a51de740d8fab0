/** A chain of duplicity's to lose files of: a full of two volumes and two incrementals, and the tree of each. */
import { cp, mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { withFolder } from './folders.js';
import { noise } from './noise.js';
import { once } from './once.js';
import { duplifs, isTraceback, run, runOk } from './run.js';
import type { Finished } from './run.js';

export const lostSets = ['full', 'middle', 'newest'] as const;
export type LostSet = (typeof lostSets)[number];
export const lostKinds = ['manifest', 'sigtar', 'volume'] as const;
export type LostKind = (typeof lostKinds)[number];

const firstSeconds = 1_700_000_000;
export const secondsOf = (set: LostSet): number => firstSeconds + lostSets.indexOf(set) * 86_400;

export interface LostChain {
  readonly target: string;
  /** The tree of a set. */
  readonly tree: (set: LostSet) => string;
}

/** Not to be changed: `copyOf` makes one to harm. */
export async function lostChain(passphrase?: string): Promise<LostChain> {
  const folder = await once(`lost-${passphrase === undefined ? 'gzip' : 'gpg'}`, async (made) => {
    const source = join(made, 'source');
    await mkdir(join(source, 'd'), { recursive: true });
    for (const [at, set] of lostSets.entries()) {
      await change(source, at);
      const options = [
        ...['--archive-dir', join(made, 'cache'), '--current-time', String(secondsOf(set))],
        ...['--volsize', '1', '--allow-source-mismatch'],
        ...(passphrase === undefined ? ['--no-encryption'] : []),
      ];
      const env = { PASSPHRASE: passphrase, HOME: made };
      await runOk('duplicity', [...options, source, `file://${join(made, 'target')}`], { env });
      await cp(source, join(made, 'trees', set), { recursive: true, verbatimSymlinks: true });
    }
  });
  return { target: join(folder, 'target'), tree: (set) => join(folder, 'trees', set) };
}

async function change(source: string, generation: number): Promise<void> {
  const put = async (name: string, content: Buffer | string): Promise<void> => {
    const path = join(source, name);
    await writeFile(path, content);
    await utimes(path, 1_690_000_000 + generation, 1_690_000_000 + generation);
  };
  if (generation === 0) {
    await put('same', 'never changes');
    await put('gone', 'deleted later');
    await put('d/deep', noise(70_000, 9));
  } else {
    await rm(join(source, 'gone'), { force: true });
    await rm(join(source, 'link'), { force: true });
  }
  const big = noise(1_400_000, 5);
  noise(5000, generation + 20).copy(big, 200_000 * generation);
  await put('big', big);
  await put('changed', `generation ${generation}`);
  await put(`new-${generation}`, `came with ${generation}`);
  await symlink(`new-${generation}`, join(source, 'link'));
}

/** A copy of the chain without files of one kind of one set: of volumes the first. */
export async function copyOf(
  { target }: LostChain,
  folder: string,
  lost?: { readonly kind: LostKind; readonly set: LostSet },
): Promise<string> {
  const copy = join(folder, 'target');
  await cp(target, copy, { recursive: true });
  if (lost !== undefined) {
    const names = (await readdir(copy)).filter((name) => isOf(name, lost.kind, lost.set));
    if (names.length === 0) throw new Error(`no ${lost.kind} of the ${lost.set}`);
    for (const name of names) await rm(join(copy, name));
  }
  return copy;
}

/** The time of a set as its files' names have it. */
export function stampOf(set: LostSet): string {
  return new Date(secondsOf(set) * 1000).toISOString().replaceAll(/[-:]|\.000/g, '');
}

function isOf(name: string, kind: LostKind, set: LostSet): boolean {
  const stamp = stampOf(set);
  const isOfSet =
    set === 'full'
      ? name.includes(`-full`) && name.includes(`.${stamp}.`)
      : name.includes(`.to.${stamp}.`);
  const parts = { manifest: '.manifest', sigtar: 'signatures', volume: '.vol1.' };
  return isOfSet && name.includes(parts[kind]);
}

/** The paths in `folder` whose content, or target, is not that in `truth`. */
export async function wrongIn(folder: string, truth: string): Promise<string[]> {
  const { stdout } = await run('diff', ['-r', '--no-dereference', truth, folder]);
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith(`Only in ${truth}`));
}

/** The newest set that is whole without the file; none where all need it. */
export function wholeAfter(kind: LostKind, set: LostSet): LostSet | undefined {
  if (kind === 'sigtar') return 'newest';
  return lostSets[lostSets.indexOf(set) - 1];
}

/** A copy of the chain to harm. */
export interface LossPlace {
  readonly chain: LostChain;
  readonly folder: string;
  readonly target: string;
  readonly duplifs: (...args: readonly string[]) => Promise<Finished>;
}

/** Runs `work` with a copy of the chain without a file. */
export async function withLoss(
  lost: { readonly kind: LostKind; readonly set: LostSet } | undefined,
  work: (place: LossPlace) => Promise<void>,
): Promise<void> {
  const chain = await lostChain();
  await withFolder(async (folder) => {
    const target = await copyOf(chain, folder, lost);
    const runIt = async (...args: readonly string[]): Promise<Finished> => {
      const ran = await duplifs(args);
      expect([args, isTraceback(ran.stderr), ran.stderr]).toEqual([args, false, ran.stderr]);
      return ran;
    };
    await work({ chain, folder, target, duplifs: runIt });
  });
}
