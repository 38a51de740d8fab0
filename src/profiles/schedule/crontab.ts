/** A profile's schedule as lines of a crontab, between marks by which they are found again. Pure. */
import type { Schedule } from './parse-schedule.js';

export interface CronOptions {
  readonly profile: string;
  readonly schedule: Schedule;
  /** What runs it: a program and its arguments. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The user's name where lines have one: files in /etc/cron.d. */
  readonly user?: string | undefined;
  readonly nice: number;
  readonly jitterSeconds: number;
  /** The shortest time between two runs. */
  readonly betweenSeconds: number;
}

const beginMark = '# duplifs begin ';
const endMark = '# duplifs end ';
/** cron makes up for nothing: where runs are further apart than this, a line looks every hour for one that was missed. */
const catchUpSeconds = 3600;

/** The lines of a profile with their marks. */
export function cronLines(options: CronOptions): string[] {
  const { profile, schedule, betweenSeconds, jitterSeconds } = options;
  const delay = jitterSeconds === 0 ? [] : [`--delay=${jitterSeconds}s`];
  const lines = [`${beginMark}${profile} every ${schedule.every}`];
  lines.push(cronLine(schedule.cron, delay, options));
  if (betweenSeconds > catchUpSeconds) {
    const minute = spread(profile);
    lines.push(cronLine(`${minute} * * * *`, [`--if-missed=${schedule.cron}`], options));
  }
  lines.push(`${endMark}${profile}`);
  return lines;
}

function cronLine(
  when: string,
  more: readonly string[],
  { command, environment, user, nice }: CronOptions,
): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const env = variables.length === 0 ? [] : ['env', ...variables];
  const words = [...env, 'nice', '-n', String(nice), ...command, ...more];
  // cron makes line feeds of percent signs
  const line = words.map(shellQuoted).join(' ').replaceAll('%', '\\%');
  return [when, ...(user === undefined ? [] : [user]), line].join(' ');
}

/** A minute of the hour, the same for the same profile, and not 0 as for everybody. */
function spread(profile: string): number {
  let sum = 0;
  for (const character of profile) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 55;
  return sum + 3;
}

function shellQuoted(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A crontab with a profile's lines instead of those that it may have had. */
export function withLines(crontab: string, profile: string, lines: readonly string[]): string {
  const kept = withoutLines(crontab, profile);
  const before = kept === '' || kept.endsWith('\n') ? kept : `${kept}\n`;
  return `${before}${lines.map((line) => `${line}\n`).join('')}`;
}

/** A crontab without a profile's lines; an end that is missing takes nothing of what follows away. */
export function withoutLines(crontab: string, profile: string): string {
  const lines = crontab.split('\n');
  const begin = lines.findIndex((line) => line.startsWith(`${beginMark}${profile} `));
  if (begin < 0) return crontab;
  const end = lines.indexOf(`${endMark}${profile}`, begin);
  if (end < 0) return crontab;
  return [...lines.slice(0, begin), ...lines.slice(end + 1)].join('\n');
}

/** The profiles with lines in a crontab, each with what its schedule was made from. */
export function profilesIn(crontab: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of crontab.split('\n')) {
    if (!line.startsWith(beginMark)) continue;
    const [name = '', , ...every] = line.slice(beginMark.length).split(' ');
    found.set(name, every.join(' '));
  }
  return found;
}
