/** When a profile is to run: what people write becomes one cron expression, from which everything else is made. */
import { DuplifsError } from '../../base/index.js';

export interface Schedule {
  /** As it was given. */
  readonly every: string;
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  readonly cron: string;
}

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const months = [
  ...([
    'jan',
    'feb',
    'mar',
    'apr',
    'may',
    'jun',
    'jul',
    'aug',
    'sep',
    'oct',
    'nov',
    'dec',
  ] as const),
];

const interval = /^(\d{1,4})(m|h)$/;
const named =
  /^(hourly|daily|weekly|monthly)(?:@(?:(\d{1,2}:\d\d)|(mon|tue|wed|thu|fri|sat|sun|\d{1,2})(?:-(\d{1,2}:\d\d))?))?$/i;

/**
 * @param text "15m", "2h", "hourly", "hourly@17", "daily@02:30", "weekly@sun-03:00", "monthly@1-04:00", or a cron
 * expression of five fields
 * @throws DuplifsError USAGE
 */
export function parseSchedule(text: string): Schedule {
  const every = text.trim();
  const cron = cronOfInterval(every) ?? cronOfName(every) ?? cronFields(every);
  if (cron !== undefined) return { every, cron };
  throw new DuplifsError('USAGE', `"${text}" is no schedule that can be understood`, {
    hint: 'Give 15m (a part of an hour), 2h (a part of a day), hourly, hourly@17, daily@02:30, weekly@sun-03:00, monthly@1-04:00, or a cron expression such as "30 2 * * 1-5"',
  });
}

/** Only what divides an hour or a day evenly has the same time between any two runs. */
function cronOfInterval(text: string): string | undefined {
  const [, digits, unit] = interval.exec(text) ?? [];
  const count = Number(digits);
  if (unit === 'm' && count > 0 && 60 % count === 0) {
    return count === 60 ? '0 * * * *' : `*/${count} * * * *`;
  }
  if (unit !== 'h' || count <= 0 || 24 % count !== 0) return undefined;
  if (count === 24) return '0 0 * * *';
  return count === 1 ? '0 * * * *' : `0 */${count} * * *`;
}

function cronOfName(text: string): string | undefined {
  const match = named.exec(text);
  if (match === null) return undefined;
  const [, name = '', timeAlone, day, timeBehind] = match;
  const [hour = 0, minute = 0] = (timeAlone ?? timeBehind ?? '0:0').split(':').map(Number);
  if (hour > 23 || minute > 59) return undefined;
  const time = `${minute} ${hour}`;
  switch (name.toLowerCase()) {
    case 'hourly': {
      const at = Number(day ?? 0);
      const isMinute = at <= 59 && timeAlone === undefined && timeBehind === undefined;
      return isMinute ? `${at} * * * *` : undefined;
    }
    case 'daily':
      return day === undefined ? `${time} * * *` : undefined;
    case 'weekly': {
      const weekday = weekdays.findIndex((one) => one === (day ?? 'sun').toLowerCase());
      return weekday < 0 ? undefined : `${time} * * ${weekday}`;
    }
    default: {
      const date = Number(day ?? 1);
      // on the 31st of every month would be in seven of them
      return date >= 1 && date <= 28 ? `${time} ${date} * *` : undefined;
    }
  }
}

interface Field {
  readonly least: number;
  readonly most: number;
  readonly names: readonly string[];
}

const fields: readonly Field[] = [
  { least: 0, most: 59, names: [] },
  { least: 0, most: 23, names: [] },
  { least: 1, most: 31, names: [] },
  { least: 1, most: 12, names: ['', ...months] },
  { least: 0, most: 7, names: weekdays },
];

/** The five fields with numbers for names, where all of them are in their ranges. */
function cronFields(text: string): string | undefined {
  const given = text.split(/\s+/);
  if (given.length !== fields.length) return undefined;
  const read = given.map((part, index) => cronField(part, fields[index]));
  return read.includes(undefined) ? undefined : read.join(' ');
}

function cronField(text: string, field: Field | undefined): string | undefined {
  if (field === undefined) return undefined;
  const items = text.split(',').map((item) => cronItem(item, field));
  return items.includes(undefined) ? undefined : items.join(',');
}

function cronItem(text: string, { least, most, names }: Field): string | undefined {
  const match = /^(?:(\*)|([a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?)(?:\/(\d{1,2}))?$/i.exec(text);
  if (match === null) return undefined;
  const [, star, first, last, step] = match;
  if (step !== undefined && (Number(step) < 1 || (star === undefined && last === undefined))) {
    return undefined;
  }
  const every = step === undefined ? '' : `/${Number(step)}`;
  if (star !== undefined) return `*${every}`;
  const numberOf = (word: string): number => {
    const named = names.findIndex((name) => name !== '' && name === word.toLowerCase());
    return named >= 0 ? named : Number(word);
  };
  const from = numberOf(first ?? '');
  const to = last === undefined ? from : numberOf(last);
  const isRange = from >= least && to <= most && from <= to; // false for NaN
  if (!isRange) return undefined;
  return last === undefined ? String(from) : `${from}-${to}${every}`;
}

/** When it is next after a time, in seconds since the epoch, by the machine's zone; undefined when never. */
export async function nextRunSeconds(
  { cron }: Schedule,
  afterSeconds: number,
): Promise<number | undefined> {
  const { Cron } = await import('croner');
  const next = new Cron(cron, { paused: true }).nextRun(new Date(afterSeconds * 1000));
  return next === null ? undefined : Math.floor(next.getTime() / 1000);
}
