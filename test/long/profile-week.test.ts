/**
 * A week and more of a profile in fast motion: 200 runs of a source that changes, with kills, full disks, a storage that is
 * away for two days, clocks that are set and a machine that sleeps. Afterwards every set that is kept restores, by
 * duplicity, to what was recorded; retention is what the profile says; history and notices tell the truth.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Machine } from '../profiles/machine.js';
import { noise, randomOf } from '../support/noise.js';
import { built, duplifsScript, run, runOk, testEnvironment } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const hour = 3600;
const runs = 200;
const start = 1_700_000_000;

/** A tree that a set holds. */
interface Kept {
  /** Of the set, as the history has it. */
  readonly set: string;
  readonly tree: string;
}

it('survives a week, and tells it as it was', { timeout: 3_600_000 }, async () => {
  await built();
  const folder = newFolder();
  const random = randomOf(7);
  const machine = await Machine.in(folder, '');
  const hooks = join(folder, 'hooks');
  const notices = join(folder, 'notices');
  const sendmail = join(folder, 'sendmail');
  await writeFile(sendmail, `#!/bin/sh\ncat >>'${notices}'\n`);
  await chmod(sendmail, 0o755);
  const profile = (target: string): string =>
    [
      `source = "${machine.source}"`,
      `url = "file://${target}"`,
      'encryption = false',
      'volsize = 1',
      'full-if-older-than = "2D"',
      '[retention]',
      'keep-within = "1D"',
      'keep-daily = 5',
      '[run]',
      'overdue-after = "1D"',
      `after = "echo $DUPLIFS_RESULT $DUPLIFS_EXIT_CODE >>'${hooks}'"`,
      '[log]',
      'keep-days = 3',
      '[[notify]]',
      'kind = "mail"',
      'to = "me@example.org"',
      `sendmail = "${sendmail}"`,
      'on = ["failure", "overdue"]',
    ].join('\n');
  await machine.replaceProfile(profile(machine.target));
  const kept: Kept[] = [];
  const unfinished = new Map<number, string>();
  const keepTree = async (count: number): Promise<string> => {
    const tree = join(folder, 'trees', String(count));
    await cp(machine.source, tree, { recursive: true, preserveTimestamps: true });
    return tree;
  };
  const expected: string[] = [];
  let now = start;
  for (let count = 0; count < runs; count += 1) {
    await change(machine.source, random, count);
    // the machine sleeps at times, and its clock is set back once
    now += count % 40 === 39 ? 9 * hour : hour;
    if (count === 120) now -= 90 * 60;
    const isAway = count >= 60 && count < 108; // two days
    if (count === 60) await rename(machine.target, `${machine.target}.away`);
    if (count === 60) await writeFile(machine.target, 'a file where the folder should be');
    if (count === 108) {
      await rm(machine.target);
      await rename(`${machine.target}.away`, machine.target);
    }
    const words = ['run', 'home', '--quiet', '--current-time', String(now)];
    if (!isAway && count % 25 === 24) {
      expected.push(await killed(machine, words, random));
      unfinished.set(now, await keepTree(count));
      continue;
    }
    const isFull = !isAway && count % 50 === 30;
    const { status, stderr } = isFull
      ? await fullDisk(machine, words, profile)
      : await machine.duplifs(...words);
    if (isAway || isFull) expect(status, stderr).toBeGreaterThan(1);
    else expect([status, stderr.includes('internal error')], stderr).toEqual([0, false]);
    expected.push(isAway || isFull ? 'failure' : 'success');
    const last = (await machine.history()).at(-1);
    const set = last?.figures?.set ?? null;
    if (set === null || last?.outcome !== 'success') continue;
    kept.push({ set, tree: await keepTree(count) });
  }
  await checkHistory(machine, expected);
  await checkNotices(notices, await machine.history());
  await checkSets(machine, { kept, unfinished }, folder);
});

async function change(source: string, random: () => number, count: number): Promise<void> {
  const name = join(source, `file-${random() % 12}`);
  if (random() % 5 === 0) await rm(name, { force: true });
  else await writeFile(name, noise(1000 + (random() % 200_000), count + 1));
  await mkdir(join(source, `folder-${random() % 4}`), { recursive: true });
  await writeFile(join(source, 'count'), `${count}\n`);
}

/** Kills a run at some moment, with all that it has started; what the history will say of it. */
async function killed(machine: Machine, words: string[], random: () => number): Promise<string> {
  const child = spawn(process.execPath, [duplifsScript, ...words], {
    env: testEnvironment(machine.env),
    stdio: 'ignore',
    detached: true,
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const note = join(machine.state, 'running.json');
  while (!existsSync(note) && child.exitCode === null) await setTimeout(20);
  await setTimeout(random() % 4000);
  try {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  } catch {
    // it has ended already
  }
  return (await ended) === 0 ? 'success' : 'killed';
}

/** The storage is a disk of some kilobytes. */
async function fullDisk(
  machine: Machine,
  words: readonly string[],
  profile: (target: string) => string,
): Promise<{ status: number | null; stderr: string }> {
  const small = join(machine.folder, 'small');
  await mkdir(small, { recursive: true });
  await runOk('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', small]);
  try {
    await writeFile(join(small, 'fills'), Buffer.alloc(8192));
    await machine.replaceProfile(profile(join(small, 'target')));
    return await machine.duplifs(...words);
  } finally {
    await machine.replaceProfile(profile(machine.target));
    await runOk('umount', ['-l', small]);
  }
}

async function checkHistory(machine: Machine, expected: readonly string[]): Promise<void> {
  const history = await machine.history();
  // the last kill is put into the history by the run after it; the last run here was not killed
  expect(history.map(({ outcome }) => outcome)).toEqual(expected);
  for (const record of history) {
    if (record.outcome === 'success') expect(record.backedUp).toBe(true);
    if (record.outcome === 'failure') expect(record.message).not.toBeUndefined();
  }
}

async function checkNotices(
  path: string,
  history: Awaited<ReturnType<Machine['history']>>,
): Promise<void> {
  const mails = await readFile(path, 'utf8');
  const failures = history.filter(({ outcome }) => outcome === 'failure').length;
  expect(mails.match(/^Subject: .*BACKUP FAILED/gm)).toHaveLength(failures);
  const overdue = history.filter(({ toldOverdue }) => toldOverdue === true).length;
  expect(overdue).toBeGreaterThan(0);
  expect(mails.match(/^Subject: .*NO BACKUP FOR TOO LONG/gm)).toHaveLength(overdue);
}

/** Every set that is left restores by duplicity; and those are left that the rules keep. */
async function checkSets(
  machine: Machine,
  { kept, unfinished }: { kept: readonly Kept[]; unfinished: ReadonlyMap<number, string> },
  folder: string,
): Promise<void> {
  const status = await machine.duplifs('collection-status', 'home', '--json');
  expect(status.status, status.stderr).toBe(0);
  const { chains } = JSON.parse(status.stdout) as {
    chains: { sets: { time: string; timeSeconds: number }[] }[];
  };
  const sets = chains.flatMap((chain) => chain.sets);
  expect(sets.length).toBeGreaterThan(24);
  // what prune keeps now is what it has kept: nothing more goes
  const last = Math.max(...sets.map(({ timeSeconds }) => timeSeconds));
  const plan = await machine.duplifs('prune', 'home', '--json', '--current-time', String(last));
  const { sets: planned } = JSON.parse(plan.stdout) as { sets: { keep: boolean }[] };
  expect(planned.filter(({ keep }) => !keep)).toEqual([]);
  for (const { time, timeSeconds } of sets) {
    // a run that was killed may have written its set before
    const tree =
      kept.find(({ set }) => (set.split('.to.').at(-1) ?? set) === time)?.tree ??
      unfinished.get(timeSeconds);
    expect(tree, time).toBeDefined();
    const out = join(folder, 'restored');
    const restored = await run('duplicity', [
      ...['restore', '--no-encryption', '--archive-dir', join(folder, 'duplicity')],
      ...[
        '--time',
        `${time.slice(0, 4)}-${time.slice(4, 6)}-${time.slice(6, 11)}:${time.slice(11, 13)}:${time.slice(13, 15)}Z`,
      ],
      ...[`file://${machine.target}`, out],
    ]);
    expect(restored.status, restored.stderr).toBe(0);
    expect((await run('diff', ['-r', tree ?? '', out])).stdout).toBe('');
    await rm(out, { recursive: true });
  }
}
