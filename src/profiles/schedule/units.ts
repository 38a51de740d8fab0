/** The systemd units of a profile's schedule, as text. */
import type { ScheduleSettings } from '../schema.js';
import { calendarEvents } from './calendar-events.js';
import type { Schedule } from './parse-schedule.js';

export interface UnitOptions {
  readonly profile: string;
  readonly schedule: Schedule;
  readonly settings: ScheduleSettings;
  /** What runs it: a program and its arguments. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly isSystem: boolean;
  readonly jitterSeconds: number;
  /** Whether hooks or sendmail need rights that a program may only get by its set-user-id bit. */
  readonly needsPrivileges: boolean;
}

const skippedExitCode = 75;

export const unitPrefix = 'duplifs-';
/** In the timer: what it was made from, for lists. */
export const everyMark = '# every: ';

export function serviceUnit({
  profile,
  settings,
  command,
  environment,
  isSystem,
  needsPrivileges,
}: UnitOptions): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `Environment=${quoted(`${name}=${value}`)}`,
  );
  return unitText([
    '# Made by: duplifs schedule',
    '[Unit]',
    `Description=Backup by duplifs: ${profile}`,
    'Documentation=man:systemd.timer(5)',
    ...(isSystem ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    '',
    '[Service]',
    'Type=oneshot',
    `ExecStart=${command.map(quoted).join(' ')}`,
    ...variables,
    `Nice=${settings.nice ?? 10}`,
    `IOSchedulingClass=${settings['io-class'] ?? 'idle'}`,
    '# skipped by a condition of the profile: no failure',
    `SuccessExitStatus=${skippedExitCode}`,
    '# a run that is stopped ends in order: its command is told by it',
    'KillMode=mixed',
    'TimeoutStopSec=10min',
    ...(isSystem ? sandbox(needsPrivileges) : []),
  ]);
}

/**
 * What a backup can live with: it reads everything, and writes to caches, logs and storages wherever those are. Not
 * MemoryDenyWriteExecute, for Node.js compiles as it runs.
 */
function sandbox(needsPrivileges: boolean): string[] {
  return [
    '',
    '# what a backup never does',
    'ProtectSystem=full',
    'ProtectKernelTunables=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelLogs=yes',
    'ProtectControlGroups=yes',
    'ProtectClock=yes',
    'ProtectHostname=yes',
    'RestrictRealtime=yes',
    'LockPersonality=yes',
    'SystemCallArchitectures=native',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
    ...(needsPrivileges
      ? ['# hooks and sendmail may need more rights than they are started with']
      : ['NoNewPrivileges=yes', 'RestrictSUIDSGID=yes']),
  ];
}

export function timerUnit({ profile, schedule, jitterSeconds }: UnitOptions): string {
  return unitText([
    '# Made by: duplifs schedule',
    `${everyMark}${schedule.every}`,
    '[Unit]',
    `Description=Backup by duplifs: ${profile}, ${schedule.every}`,
    '',
    '[Timer]',
    ...calendarEvents(schedule).map((event) => `OnCalendar=${event}`),
    '# what was missed while the machine was off is made up for',
    'Persistent=true',
    `RandomizedDelaySec=${jitterSeconds}`,
    '',
    '[Install]',
    'WantedBy=timers.target',
  ]);
}

function unitText(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

/** A word as systemd.service(5) reads it: quoted, without specifiers and variables. */
function quoted(word: string): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[A-Za-z0-9_@+=:,./%-]+$/.test(plain)) return plain;
  return `"${plain.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** How far a run may be put off so that not all machines call at once: a tenth of the time between two, ten minutes at most. */
export function defaultJitterSeconds(betweenSeconds: number): number {
  return Math.min(600, Math.floor(betweenSeconds / 10));
}
