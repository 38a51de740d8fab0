/** A cron expression as calendar events of systemd (systemd.time(7)). */
import type { Schedule } from './parse-schedule.js';

const weekdayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/**
 * Values of `OnCalendar=`. Where cron is told both a day of the month and one of the week, either of them counts
 * (crontab(5)): that is two events, for in one both would have to hold.
 */
export function calendarEvents({ cron }: Schedule): string[] {
  const [minute = '*', hour = '*', date = '*', month = '*', weekday = '*'] = cron.split(' ');
  const time = `${field(hour, 0, 2)}:${field(minute, 0, 2)}:00`;
  const event = (day: string, onDate: string): string =>
    `${day}*-${field(month, 1, 2)}-${field(onDate, 1, 2)} ${time}`;
  const days = weekdaysOf(weekday);
  if (!date.startsWith('*') && !weekday.startsWith('*')) {
    return [event('', date), event(days, '*')];
  }
  return [event(days, date)];
}

/** A list of numbers, ranges and steps; `least` is where a step over all begins. */
function field(text: string, least: number, digits: number): string {
  const number = (word: string): string => word.padStart(digits, '0');
  return text
    .split(',')
    .map((item) => {
      const [range = '', step] = item.split('/');
      const every = step === undefined || step === '1' ? '' : `/${step}`;
      if (range === '*') return every === '' ? '*' : `${number(String(least))}${every}`;
      const [from = '', to] = range.split('-');
      return to === undefined ? number(from) : `${number(from)}..${number(to)}${every}`;
    })
    .join(',');
}

/** Days by their names, with a space behind; nothing where it is every day. */
function weekdaysOf(text: string): string {
  if (text === '*') return '';
  const days = new Set<number>();
  for (const item of text.split(',')) {
    const [range = '', step = '1'] = item.split('/');
    const [from = '0', to = from] = range === '*' ? ['0', '6'] : range.split('-');
    for (let day = Number(from); day <= Number(to); day += Number(step)) days.add(day % 7);
  }
  const names = [...days].sort((one, other) => one - other).map((day) => weekdayNames[day]);
  return `${names.join(',')} `;
}
