/**
 * Random histories of a target, by a seed: fulls and incrementals of duplicity and of duplifs in turn, and what
 * interruptions, old clean-ups and losses leave. What the commands that remove do to a copy is compared between the two.
 */
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { collect, parseFileName, setKey } from '../../src/archive/index.js';
import { formatLocalTime } from '../../src/time/index.js';
import { noise } from './noise.js';
import { duplifs, isTraceback, runOk, run } from './run.js';
import type { Finished } from './run.js';

const firstSeconds = 1_700_000_000;
const daySeconds = 86_400;

export interface History {
  readonly folder: string;
  readonly target: string;
  /** In seconds, of all sets that were made. */
  readonly times: readonly number[];
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What was done, for people. */
  readonly story: readonly string[];
}

/** A command that removes, with what it is told. */
export type Removal = readonly string[];

/** Numbers from 0 up to 1 that depend on the seed alone (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pick = <T>(random: () => number, from: readonly T[]): T => {
  const found = from[Math.floor(random() * from.length)];
  if (found === undefined) throw new Error('nothing to choose from');
  return found;
};

/** Makes a history in a folder that is empty. */
export async function makeHistory(folder: string, seed: number): Promise<History> {
  const random = randomFrom(seed);
  const isEncrypted = seed % 4 === 3;
  const env = { PASSPHRASE: isEncrypted ? 'a pass phrase' : undefined, HOME: folder };
  const options = isEncrypted ? [] : ['--no-encryption'];
  const [source, target] = [join(folder, 'source'), join(folder, 'target')];
  await mkdir(source);
  const story: string[] = [];
  const times: number[] = [];
  const steps = 4 + Math.floor(random() * 3);
  for (let step = 0; step < steps; step += 1) {
    await writeFile(join(source, `file-${Math.floor(random() * 4)}`), noise(2000, step));
    const seconds = firstSeconds + step * daySeconds + Math.floor(random() * 1000);
    const by = pick(random, ['duplicity', 'duplifs'] as const);
    const kind = step === 0 || random() < 0.35 ? 'full' : 'incremental';
    const time = ['--current-time', String(seconds), '--allow-source-mismatch'];
    const words = [kind, ...options, ...time, source, `file://${target}`];
    if (by === 'duplicity') {
      await runOk('duplicity', [...words, '--archive-dir', join(folder, 'theirs')], { env });
    } else {
      const made = await duplifs([...words, '--archive-dir', join(folder, 'ours')], { env });
      expect([made.status, made.stderr]).toEqual([0, made.stderr]);
    }
    times.push(seconds);
    story.push(`${kind} by ${by}`);
  }
  const losses = Math.floor(random() * 3);
  for (let loss = 0; loss < losses; loss += 1) story.push(await lose(target, random));
  return { folder, target, times, options, env, story };
}

const stampPattern = /\.((?:\d{8}T\d{6}Z\.to\.)?\d{8}T\d{6}Z)\./;

/** Takes away what an interruption, somebody else's clean-up or an accident may take. */
async function lose(target: string, random: () => number): Promise<string> {
  const names = await readdir(target);
  const stamps = [...new Set(names.flatMap((name) => stampPattern.exec(name)?.[1] ?? []))].sort(
    (a, b) => a.slice(-16).localeCompare(b.slice(-16)),
  );
  const kind = pick(random, ['unfinished', 'set', 'sigtar', 'only-sigtar'] as const);
  const stamp = kind === 'unfinished' ? (stamps.at(-1) ?? '') : pick(random, stamps);
  const gone = names.filter((name) => {
    if (stampPattern.exec(name)?.[1] !== stamp) return false;
    const isSigtar = name.includes('signatures');
    switch (kind) {
      case 'unfinished':
        return isSigtar || name.includes('.manifest') || name.startsWith('duplifs-index');
      case 'set':
        return true;
      case 'sigtar':
        return isSigtar;
      case 'only-sigtar':
        return !isSigtar;
    }
  });
  for (const name of gone) await rm(join(target, name));
  return `lost ${kind} of ${stamp}`;
}

/** One command of each kind. */
export function removalsOf({ times }: History, seed: number): Removal[] {
  const random = randomFrom(seed + 1000);
  // a time behind the newest chain makes duplicity remove the signatures of that chain (docs/format/2-behaviour.md 5)
  const newest = times.at(-1) ?? firstSeconds;
  const before = Math.floor(firstSeconds + random() * (newest - firstSeconds));
  return [
    ['remove-older-than', String(before)],
    ['remove-all-but-n-full', String(1 + Math.floor(random() * 3))],
    ['remove-all-inc-of-but-n-full', String(1 + Math.floor(random() * 3))],
    ['cleanup'],
  ];
}

export interface Removed {
  readonly status: number | null;
  /** The times and names that it said. */
  readonly named: readonly string[];
  /** The names that are left, ours not among them. */
  readonly left: readonly string[];
  readonly text: string;
}

/** Runs the command on a copy of the target, with an archive dir that has seen nothing of it, and returns what became of it. */
export async function removedBy(
  history: History,
  by: 'duplicity' | 'duplifs',
  removal: Removal,
): Promise<Removed> {
  const { folder, target, options, env } = history;
  const copy = copyOf(history, by);
  await rm(copy, { recursive: true, force: true });
  await cp(target, copy, { recursive: true });
  const archive = join(folder, `archive-of-${by}`);
  await rm(archive, { recursive: true, force: true });
  const words = [...removal, ...options, '--archive-dir', archive, `file://${copy}`];
  const ran: Finished =
    by === 'duplicity' ? await run('duplicity', words, { env }) : await duplifs(words, { env });
  if (by === 'duplifs') expect(isTraceback(ran.stderr)).toBe(false);
  return {
    status: ran.status,
    named: namedIn(ran.stdout),
    left: backupNames(await readdir(copy)),
    text: `${ran.stdout}\n${ran.stderr}`,
  };
}

const backupNames = (names: readonly string[]): string[] =>
  names.filter((name) => name.startsWith('duplicity-')).sort();

export function copyOf({ folder }: History, by: 'duplicity' | 'duplifs'): string {
  return join(folder, `copy-of-${by}`);
}

/** What duplicity warns of with every command, whatever that is about to remove. */
const orphans = /^Warning, found the following .*orphaned signature files?:\n(?:duplicity-.*\n)*/gm;

/** Lines that are a time, and names of files; ours are passed over. */
function namedIn(stdout: string): string[] {
  const named = stdout
    .replaceAll(orphans, '')
    .split('\n')
    .flatMap((line) => {
      if (/^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/.test(line)) return [line];
      const names = [...line.matchAll(/duplicity-(?:full|inc|new)[-.][^\s'"]*/g)].map(
        ([name]) => name,
      );
      return line.startsWith('duplicity-') ? names : [];
    });
  return [...new Set(named)].sort();
}

/** Expects that both restore the same from what duplifs has left, or that neither can. */
export async function expectSameRestored(history: History): Promise<void> {
  const { folder, options, env } = history;
  const url = `file://${copyOf(history, 'duplifs')}`;
  const outs = { duplicity: join(folder, 'by-duplicity'), duplifs: join(folder, 'by-duplifs') };
  for (const out of Object.values(outs)) await rm(out, { recursive: true, force: true });
  const words = ['restore', ...options, url];
  const archive = ['--archive-dir', join(folder, 'archive-of-duplicity-2')];
  const [theirs, ours] = await Promise.all([
    run('duplicity', [...words, outs.duplicity, ...archive], { env }),
    duplifs([...words, outs.duplifs], { env }),
  ]);
  await rm(join(folder, 'archive-of-duplicity-2'), { recursive: true, force: true });
  // 1: a newer set was not whole, and the newest that is was restored
  expect([0, 1], ours.stderr).toContain(ours.status);
  if (ours.status !== 0) return;
  expect([theirs.status, theirs.stderr]).toEqual([0, theirs.stderr]);
  expect(await runOk('diff', ['-r', outs.duplicity, outs.duplifs])).toBe('');
}

/**
 * What duplicity wants duplifs to do, but for one thing that it does not, on purpose: where the signatures that are left are
 * of another chain, duplicity takes the newest one for an old one, and removes it.
 */
function wantedOf(before: readonly string[], theirs: Removed, ours: Removed): Removed {
  const newest = collect({ stored: before }).chains.at(-1);
  const time = newest && formatLocalTime(newest.endSeconds);
  const takesNewest = time !== undefined && theirs.named.includes(time);
  if (!takesNewest || !ours.text.includes('It is not deleted')) return theirs;
  const named = theirs.named.filter((one) => one !== time);
  const isAll = named.length === 0; // then no signatures go either
  const keys = new Set(newest?.sets.map(({ key }) => key));
  const left = before.filter((name) => {
    const file = parseFileName(name);
    return isAll || theirs.left.includes(name) || (file && keys.has(setKey(file.times)));
  });
  return { ...theirs, named, left };
}

/** Compares the two programs on copies of a history: every command with and without `--force`. */
export async function compareRemovals(folder: string, seed: number): Promise<void> {
  const history = await makeHistory(folder, seed);
  const before = backupNames(await readdir(history.target));
  for (const removal of removalsOf(history, seed)) {
    for (const force of [[], ['--force']]) {
      const words = [...removal, ...force];
      const [theirs, ours] = await Promise.all([
        removedBy(history, 'duplicity', words),
        removedBy(history, 'duplifs', words),
      ]);
      const context = [`seed ${seed}`, ...history.story, words.join(' '), theirs.text, ours.text];
      const { status, named, left } = wantedOf(before, theirs, ours);
      expect(
        { status: ours.status, named: ours.named, left: ours.left },
        context.join('\n'),
      ).toEqual({ status, named, left });
      if (ours.left.length < before.length) await expectSameRestored(history);
    }
  }
}
