/** Writes a schedule down and takes it back: units of systemd, or lines of a crontab where there is no systemd. */
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { DuplifsError, runProgram } from '../../base/index.js';
import { cronLines, profilesIn, withLines, withoutLines } from './crontab.js';
import type { CronOptions } from './crontab.js';
import { everyMark, serviceUnit, timerUnit, unitPrefix } from './units.js';
import type { UnitOptions } from './units.js';

/** Where schedules go. */
export type Keeper = 'systemd' | 'cron';

export interface SchedulePlaces {
  readonly systemUnits: string;
  readonly userUnits: string;
  readonly cronFolder: string;
}

export function schedulePlaces(env: NodeJS.ProcessEnv = process.env): SchedulePlaces {
  const config = env['XDG_CONFIG_HOME'];
  const own = config !== undefined && config.startsWith('/') ? config : join(homedir(), '.config');
  return {
    systemUnits: '/etc/systemd/system',
    userUnits: join(own, 'systemd', 'user'),
    cronFolder: '/etc/cron.d',
  };
}

/** Whether systemd runs this machine (sd_booted(3)). */
export function isSystemdRunning(): boolean {
  return existsSync('/run/systemd/system');
}

/** What was written, and what else was done or is left to do. */
export interface Written {
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly notes: readonly string[];
}

export async function installUnits(options: UnitOptions): Promise<Written> {
  const folder = unitFolder(options.isSystem);
  const name = `${unitPrefix}${options.profile}`;
  const files = [
    { path: join(folder, `${name}.service`), text: serviceUnit(options) },
    { path: join(folder, `${name}.timer`), text: timerUnit(options) },
  ];
  await mkdir(folder, { recursive: true });
  for (const { path, text } of files) await writeFile(path, text, { mode: 0o644 });
  const scope = options.isSystem ? [] : ['--user'];
  const commands = [
    ['systemctl', ...scope, 'daemon-reload'],
    ['systemctl', ...scope, 'enable', '--now', `${name}.timer`],
  ];
  const notes = await runOrTell(commands);
  if (!options.isSystem && isSystemdRunning()) {
    notes.push(`For backups while you are not logged in: loginctl enable-linger ${userName()}`);
  }
  return { files, notes };
}

export async function removeUnits(profile: string, isSystem: boolean): Promise<Written> {
  const folder = unitFolder(isSystem);
  const name = `${unitPrefix}${profile}`;
  const paths = ['service', 'timer'].map((kind) => join(folder, `${name}.${kind}`));
  const there = paths.filter((path) => existsSync(path));
  if (there.length === 0) return { files: [], notes: [] };
  const scope = isSystem ? [] : ['--user'];
  const notes = await runOrTell([['systemctl', ...scope, 'disable', '--now', `${name}.timer`]]);
  for (const path of there) await rm(path, { force: true });
  await runOrTell([['systemctl', ...scope, 'daemon-reload']]);
  return { files: there.map((path) => ({ path, text: '' })), notes };
}

/** Runs the commands where systemd runs; else says that they are to be run. */
async function runOrTell(commands: readonly (readonly string[])[]): Promise<string[]> {
  const lines = commands.map((words) => words.join(' '));
  if (!isSystemdRunning())
    return [`systemd does not run here. Where it does: ${lines.join(' && ')}`];
  const notes: string[] = [];
  for (const [program = '', ...args] of commands) {
    const { exitCode, stderr } = await runProgram(program, args, startError);
    if (exitCode !== 0) notes.push(`"${[program, ...args].join(' ')}" failed: ${stderr.trim()}`);
  }
  return notes;
}

const startError = {
  startError: { code: 'TARGET', hint: 'Install cron, or use systemd' },
} as const;

export async function installCron(options: CronOptions, isSystem: boolean): Promise<Written> {
  const lines = cronLines(isSystem ? { ...options, user: 'root' } : options);
  const notes = isSystemdRunning()
    ? []
    : ['Runs that were missed are made up for within the hour in which the machine is on again'];
  if (isSystem) {
    const path = cronFile(options.profile);
    const text = `# Made by: duplifs schedule\n${lines.join('\n')}\n`;
    await mkdir(schedulePlaces().cronFolder, { recursive: true });
    await writeFile(path, text, { mode: 0o644 });
    return { files: [{ path, text }], notes };
  }
  await putCrontab(withLines(await readCrontab(), options.profile, lines));
  return { files: [{ path: 'crontab', text: `${lines.join('\n')}\n` }], notes };
}

export async function removeCron(profile: string, isSystem: boolean): Promise<Written> {
  if (isSystem) {
    const path = cronFile(profile);
    if (!existsSync(path)) return { files: [], notes: [] };
    await rm(path);
    return { files: [{ path, text: '' }], notes: [] };
  }
  const before = await readCrontab();
  const after = withoutLines(before, profile);
  if (after === before) return { files: [], notes: [] };
  await putCrontab(after);
  return { files: [{ path: 'crontab', text: '' }], notes: [] };
}

/** cron.d passes over names with dots. */
function cronFile(profile: string): string {
  return join(schedulePlaces().cronFolder, `${unitPrefix}${profile.replaceAll('.', '_')}`);
}

/** The user's crontab; empty where there is none. */
async function readCrontab(): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram('crontab', ['-l'], startError);
  if (exitCode === 0) return stdout.toString('utf8');
  if (/no crontab for/.test(stderr)) return '';
  throw new DuplifsError('TARGET', `The crontab cannot be read: ${stderr.trim()}`);
}

async function putCrontab(text: string): Promise<void> {
  const { exitCode, stderr } = await runProgram('crontab', ['-'], { ...startError, input: text });
  if (exitCode !== 0) {
    throw new DuplifsError('TARGET', `cron does not take the crontab: ${stderr.trim()}`);
  }
}

export interface Scheduled {
  readonly profile: string;
  readonly every: string;
  readonly keeper: Keeper;
  readonly isSystem: boolean;
  readonly place: string;
}

/** All schedules of this machine's and this user's. */
export async function listSchedules(): Promise<Scheduled[]> {
  const places = schedulePlaces();
  const found = [
    ...(await timersIn(places.systemUnits, true)),
    ...(await timersIn(places.userUnits, false)),
  ];
  for (const name of await readdir(places.cronFolder).catch(() => [])) {
    if (!name.startsWith(unitPrefix)) continue;
    const place = join(places.cronFolder, name);
    addCron(found, await readFile(place, 'utf8').catch(() => ''), { place, isSystem: true });
  }
  if (await hasCrontab()) {
    addCron(found, await readCrontab(), { place: 'crontab', isSystem: false });
  }
  return found;
}

function addCron(
  found: Scheduled[],
  text: string,
  { place, isSystem }: { readonly place: string; readonly isSystem: boolean },
): void {
  for (const [profile, every] of profilesIn(text)) {
    found.push({ profile, every, keeper: 'cron', isSystem, place });
  }
}

async function timersIn(folder: string, isSystem: boolean): Promise<Scheduled[]> {
  const found: Scheduled[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(unitPrefix) || !name.endsWith('.timer')) continue;
    const place = join(folder, name);
    const text = await readFile(place, 'utf8').catch(() => '');
    const mark = text.split('\n').find((line) => line.startsWith(everyMark));
    if (mark === undefined) continue; // somebody else's
    const profile = name.slice(unitPrefix.length, -'.timer'.length);
    const every = mark.slice(everyMark.length);
    found.push({ profile, every, keeper: 'systemd', isSystem, place });
  }
  return found;
}

async function hasCrontab(): Promise<boolean> {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    const path = join(folder, 'crontab');
    if (
      folder !== '' &&
      (await access(path).then(
        () => true,
        () => false,
      ))
    )
      return true;
  }
  return false;
}

function unitFolder(isSystem: boolean): string {
  const { systemUnits, userUnits } = schedulePlaces();
  return isSystem ? systemUnits : userUnits;
}

function userName(): string {
  return userInfo().username;
}
