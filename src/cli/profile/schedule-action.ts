/** `duplifs schedule`. */
import { homedir } from 'node:os';
import { delimiter } from 'node:path';
import { DuplifsError } from '../../base/index.js';
import {
  defaultJitterSeconds,
  installCron,
  installUnits,
  isSystemdRunning,
  lastBackupSeconds,
  listSchedules,
  loadProfile,
  nextRunSeconds,
  parseSchedule,
  readHistory,
  removeCron,
  removeUnits,
} from '../../profiles/index.js';
import type { Keeper, Profile, Schedule, Scheduled, Written } from '../../profiles/index.js';
import { formatLocalTime, parseInterval } from '../../time/index.js';
import type { ScheduleCommandOptions } from './command-options.js';
import { defaultVerbosity } from '../log.js';
import type { Log } from '../log.js';
import { Output } from '../output.js';
import { runCommand } from '../run-command.js';
import type { ProfileMeans } from './means.js';
import { overdueOf } from './overdue-of.js';

export async function scheduleAction(
  name: string | undefined,
  options: ScheduleCommandOptions,
  means: ProfileMeans,
): Promise<void> {
  await runCommand(defaultVerbosity, async ({ log }) => {
    if (name === undefined) return await list(options, { log, means });
    if (options.remove) return await remove(name);
    const profile = await loadProfile(name, means.keys());
    const every = options.every ?? profile.schedule.every;
    if (every === undefined) {
      throw new DuplifsError('USAGE', `Nothing says when "${name}" is to run`, {
        hint: 'Give --every daily@02:30, or [schedule] every = "…" in the profile',
      });
    }
    const written = await writeSchedule(profile, parseSchedule(every), options);
    await print(written);
    return 0;
  });
}

/** Writes the units or lines of a profile, instead of those that there may be. */
export async function writeSchedule(
  profile: Profile,
  schedule: Schedule,
  options: Omit<ScheduleCommandOptions, 'remove' | 'json'>,
): Promise<Written> {
  const isSystem = isForSystem(options);
  const betweenSeconds = await shortestBetween(schedule);
  const jitter = options.jitter ?? profile.schedule.jitter;
  const common = {
    profile: profile.name,
    schedule,
    command: [...ownCommand(), 'run', profile.name, '--quiet'],
    environment: environmentFor(isSystem),
    jitterSeconds:
      jitter === undefined ? defaultJitterSeconds(betweenSeconds) : parseInterval(jitter),
  };
  // not by both
  const before = await removeAll(profile.name);
  const keeper: Keeper = options.by ?? (isSystemdRunning() ? 'systemd' : 'cron');
  const written =
    keeper === 'systemd'
      ? await installUnits({
          ...common,
          isSystem,
          settings: profile.schedule,
          needsPrivileges: needsPrivileges(profile),
        })
      : await installCron(
          { ...common, betweenSeconds, nice: profile.schedule.nice ?? 10 },
          isSystem,
        );
  const replaced = before.files.filter(
    ({ path }) => !written.files.some((file) => file.path === path),
  );
  const notes = replaced.map(({ path }) => `Took away what was there before: ${path}`);
  return { files: written.files, notes: [...notes, ...written.notes] };
}

function isForSystem({
  system,
  user,
}: ScheduleCommandOptions | Pick<ScheduleCommandOptions, 'system' | 'user'>): boolean {
  const isRoot = process.getuid?.() === 0;
  if (system === true && !isRoot) {
    throw new DuplifsError('USAGE', 'Only root can have a backup run for the whole machine', {
      hint: 'Run it as root, or without --system',
    });
  }
  return system ?? (isRoot && user !== true);
}

/** This program, by full paths: what systemd and cron start has hardly a PATH. */
function ownCommand(): string[] {
  return [process.execPath, process.argv[1] ?? 'duplifs'];
}

/** What the run is to find as it is here: the folders of profiles and keys, and where programs are. */
function environmentFor(isSystem: boolean): Record<string, string> {
  const names = ['XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME', 'GNUPGHOME'];
  const set: Record<string, string> = {};
  if (isSystem) set['HOME'] = homedir();
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined && value !== '') set[name] = value;
  }
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((one) => one.startsWith('/'));
  set['PATH'] = [...new Set([...path, '/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin'])].join(
    ':',
  );
  return set;
}

function needsPrivileges({ run, notify }: Profile): boolean {
  const sends = notify.some((notice) => notice.kind === 'mail' && notice.smtp === undefined);
  return sends || run.before !== undefined || run.after !== undefined;
}

/** The shortest of the next times between two runs. */
async function shortestBetween(schedule: Schedule): Promise<number> {
  let shortest = Infinity;
  let last = await nextRunSeconds(schedule, Math.floor(Date.now() / 1000));
  if (last === undefined) {
    throw new DuplifsError('USAGE', `"${schedule.every}" never comes`, {
      hint: 'Give days that there are',
    });
  }
  for (let count = 0; count < 10; count += 1) {
    const next: number | undefined = await nextRunSeconds(schedule, last);
    if (next === undefined) break;
    shortest = Math.min(shortest, next - last);
    last = next;
  }
  return Number.isFinite(shortest) ? shortest : 86_400;
}

async function remove(name: string): Promise<number> {
  const { files, notes } = await removeAll(name);
  const output = new Output(process.stdout);
  if (files.length === 0) await output.line(`There is no schedule of "${name}"`);
  for (const { path } of files) await output.line(`Took away: ${path}`);
  for (const note of notes) await output.line(note);
  await output.end();
  return 0;
}

/** Whatever of the user's, and as root of the machine's, starts the profile. */
async function removeAll(name: string): Promise<Written> {
  const files: Written['files'][number][] = [];
  const notes: string[] = [];
  const all = (await listSchedules()).filter(({ profile }) => profile === name);
  for (const { keeper, isSystem } of all) {
    if (isSystem && process.getuid?.() !== 0) continue;
    const removed = await (keeper === 'systemd'
      ? removeUnits(name, isSystem)
      : removeCron(name, isSystem));
    for (const file of removed.files) files.push(file);
    for (const note of removed.notes) notes.push(note);
  }
  return { files, notes };
}

async function print({ files, notes }: Written): Promise<void> {
  const output = new Output(process.stdout);
  for (const { path, text } of files) {
    await output.line(`# ${path}`);
    for (const line of text.trimEnd().split('\n')) await output.line(line);
    await output.line('');
  }
  for (const note of notes) await output.line(note);
  await output.end();
}

async function list(
  { json }: ScheduleCommandOptions,
  { log, means }: { readonly log: Log; readonly means: ProfileMeans },
): Promise<number> {
  const output = new Output(process.stdout);
  const now = Math.floor(Date.now() / 1000);
  const all = await listSchedules();
  for (const scheduled of all) {
    const history = await readHistory(scheduled.profile);
    const last = history.at(-1);
    const next = await nextOf(scheduled, now);
    if (json) {
      const lastBackup = lastBackupSeconds(history);
      await output.json({ ...scheduled, nextSeconds: next, last, lastBackupSeconds: lastBackup });
    } else {
      const { profile, every, keeper, isSystem } = scheduled;
      const ran =
        last === undefined ? 'never' : `${formatLocalTime(last.startedSeconds)} (${last.outcome})`;
      const comes = next === undefined ? 'unknown' : formatLocalTime(next);
      const whose = isSystem ? 'system' : 'user';
      await output.line(`${profile}  ${every}  ${keeper}, ${whose}  last: ${ran}  next: ${comes}`);
    }
    const overdue = await overdueOf(scheduled.profile, history, means.keys);
    if (overdue !== undefined) log.warn(overdue);
  }
  if (all.length === 0 && !json) {
    await output.line('Nothing is scheduled. To begin: duplifs schedule NAME --every daily@02:30');
  }
  await output.end();
  return 0;
}

async function nextOf({ every }: Scheduled, now: number): Promise<number | undefined> {
  try {
    return await nextRunSeconds(parseSchedule(every), now);
  } catch {
    return undefined; // somebody has changed the mark
  }
}
