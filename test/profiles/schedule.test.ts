/** Schedules, as systemd and cron understand them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { calendarEvents } from '../../src/profiles/schedule/calendar-events.js';
import {
  cronLines,
  profilesIn,
  withLines,
  withoutLines,
} from '../../src/profiles/schedule/crontab.js';
import { nextRunSeconds, parseSchedule } from '../../src/profiles/schedule/parse-schedule.js';
import { serviceUnit, timerUnit } from '../../src/profiles/schedule/units.js';
import { run, runOk } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

const cases = [
  ['15m', '*/15 * * * *', ['*-*-* *:00/15:00']],
  ['1h', '0 * * * *', ['*-*-* *:00:00']],
  ['2h', '0 */2 * * *', ['*-*-* 00/2:00:00']],
  ['hourly', '0 * * * *', ['*-*-* *:00:00']],
  ['hourly@17', '17 * * * *', ['*-*-* *:17:00']],
  ['daily', '0 0 * * *', ['*-*-* 00:00:00']],
  ['daily@02:30', '30 2 * * *', ['*-*-* 02:30:00']],
  ['weekly@mon-03:00', '0 3 * * 1', ['Mon *-*-* 03:00:00']],
  ['weekly', '0 0 * * 0', ['Sun *-*-* 00:00:00']],
  ['monthly@15-04:05', '5 4 15 * *', ['*-*-15 04:05:00']],
  ['30 2 * * 1-5', '30 2 * * 1-5', ['Mon,Tue,Wed,Thu,Fri *-*-* 02:30:00']],
  ['*/10 8-18/2 * jan,jul sat-sun', undefined, undefined],
  ['*/10 8-18/2 * jan,jul 6-7', '*/10 8-18/2 * 1,7 6-7', ['Sun,Sat *-01,07-* 08..18/2:00/10:00']],
  ['0 4 1,15 * mon', '0 4 1,15 * 1', ['*-*-01,15 04:00:00', 'Mon *-*-* 04:00:00']],
] as const;

describe('a schedule', () => {
  it.each(cases)('%s', async (text, cron, events) => {
    if (cron === undefined || events === undefined) {
      expect(() => parseSchedule(text)).toThrow('is no schedule that can be understood');
      return;
    }
    const schedule = parseSchedule(text);
    expect([schedule.cron, calendarEvents(schedule)]).toEqual([cron, events]);
    // systemd says when that is next: the earliest of the events, as we say
    const stdout = await runOk('systemd-analyze', ['calendar', ...calendarEvents(schedule)]);
    const next = [...stdout.matchAll(/Next elapse: \w+ (\S+ \S+) UTC/g)].map(([, time = '']) =>
      Date.parse(`${time.replace(' ', 'T')}Z`),
    );
    const ours = await nextRunSeconds(schedule, Math.floor(Date.now() / 1000));
    expect(next.length).toBe(events.length);
    expect(new Date((ours ?? 0) * 1000).toISOString()).toBe(
      new Date(Math.min(...next)).toISOString(),
    );
  });

  it.each([
    '7m',
    '5h',
    '0m',
    '61m',
    'daily@25:00',
    'daily@2',
    'monthly@31',
    '* * * *',
    '61 * * * *',
    '1-0 * * * *',
    '@reboot',
    'x',
  ])('%j is refused', (text) => {
    expect(() => parseSchedule(text)).toThrow('is no schedule');
  });
});

const unitOptions = {
  profile: 'laptop',
  schedule: parseSchedule('daily@02:30'),
  settings: {},
  command: ['/bin/echo', '/a folder/du"pli$fs.js', 'run', '100%', '--quiet'],
  environment: { HOME: '/root', XDG_CONFIG_HOME: '/a b/c' },
  jitterSeconds: 600,
};

describe('the units', () => {
  it.each([
    ['of the system', true, false],
    ['of the system, with hooks', true, true],
    ['of a user', false, false],
  ])('%s pass systemd-analyze verify', async (_, isSystem, needsPrivileges) => {
    const folder = newFolder();
    const options = { ...unitOptions, isSystem, needsPrivileges };
    const service = join(folder, 'duplifs-laptop.service');
    const timer = join(folder, 'duplifs-laptop.timer');
    await writeFile(service, serviceUnit(options));
    await writeFile(timer, timerUnit(options));
    const { status, stderr } = await run('systemd-analyze', ['verify', '--man=no', service, timer]);
    // nothing about our units; others of the machine may have flaws
    expect(stderr.split('\n').filter((line) => line.includes('duplifs'))).toEqual([]);
    expect(status).toBe(0);
  });

  it('are found wrong by it where they are', async () => {
    const path = join(newFolder(), 'duplifs-laptop.timer');
    const text = timerUnit({ ...unitOptions, isSystem: true, needsPrivileges: false });
    await writeFile(path, text.replaceAll('02:30', '99:30'));
    const { stderr } = await run('systemd-analyze', ['verify', '--man=no', path]);
    expect(stderr).toMatch(/duplifs-laptop\.timer.*(Failed to parse|lacks value)/s);
  });

  it('are made up for, jittered, nice, and kept from what a backup never does', () => {
    const timer = timerUnit({ ...unitOptions, isSystem: true, needsPrivileges: false });
    expect(timer).toContain('OnCalendar=*-*-* 02:30:00\n');
    expect(timer).toContain('Persistent=true\nRandomizedDelaySec=600\n');
    const service = serviceUnit({ ...unitOptions, isSystem: true, needsPrivileges: false });
    expect(service).toContain(
      'ExecStart=/bin/echo "/a folder/du\\"pli$$fs.js" run 100%% --quiet\n',
    );
    expect(service).toMatch(/Nice=10\nIOSchedulingClass=idle\n/);
    expect(service).toContain('NoNewPrivileges=yes');
    const withHooks = serviceUnit({ ...unitOptions, isSystem: true, needsPrivileges: true });
    expect(withHooks).not.toContain('NoNewPrivileges');
  });
});

const cronOptions = {
  profile: 'laptop',
  command: ['/usr/bin/node', '/a folder/duplifs.js', 'run', 'laptop', '--quiet'],
  environment: { PATH: '/usr/bin:/bin' },
  nice: 10,
  jitterSeconds: 60,
};

describe('the lines of a crontab', () => {
  it('are taken by cron', async () => {
    for (const [text, cron] of cases) {
      if (cron === undefined) continue;
      const schedule = parseSchedule(text);
      const lines = cronLines({ ...cronOptions, schedule, betweenSeconds: 86_400 });
      const path = join(newFolder(), 'crontab');
      await writeFile(path, `${lines.join('\n')}\n`);
      const { status, stderr } = await run('crontab', ['-n', path]);
      expect([status, stderr], lines.join('\n')).toEqual([0, expect.not.stringMatching(/error/i)]);
    }
    const wrong = join(newFolder(), 'crontab');
    await writeFile(wrong, '99 * * * * true\n');
    expect((await run('crontab', ['-n', wrong])).status).not.toBe(0);
  });

  it('look every hour for a run that was missed where runs are further apart than that', () => {
    const daily = cronLines({
      ...cronOptions,
      schedule: parseSchedule('daily'),
      betweenSeconds: 86_400,
    });
    expect(daily.filter((line) => line.includes("'--if-missed=0 0 * * *'"))).toHaveLength(1);
    const often = cronLines({
      ...cronOptions,
      schedule: parseSchedule('15m'),
      betweenSeconds: 900,
    });
    expect(often.join('\n')).not.toContain('--if-missed');
  });

  it('are replaced and taken away without touching what others have written', () => {
    const lines = (every: string): string[] =>
      cronLines({ ...cronOptions, schedule: parseSchedule(every), betweenSeconds: 900 });
    const others = '# mine\nMAILTO=me\n1 2 3 4 5 true\n';
    const once = withLines(others, 'laptop', lines('15m'));
    const twice = withLines(once, 'laptop', lines('hourly'));
    expect([...profilesIn(twice)]).toEqual([['laptop', 'hourly']]);
    expect(twice.startsWith(others)).toBe(true);
    expect(withoutLines(twice, 'laptop')).toBe(others);
    expect(withoutLines(twice, 'lap')).toBe(twice);
    // an end that somebody has taken away
    const cut = once.replace('# duplifs end laptop\n', '');
    expect(withoutLines(cut, 'laptop')).toBe(cut);
  });
});
