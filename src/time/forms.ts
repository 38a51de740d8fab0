/**
 * The forms of an absolute time (rules 2 to 5 and 7 of docs/format/1-bytes.md 2), as users type them and
 * as file names hold them. Each returns undefined when the text is not of that form or not a time.
 * Zero, the epoch itself, can only be given as digits.
 */
import { calendarFields, localSeconds, maxSeconds, utcSeconds } from './calendar.js';

/** How the minutes of an explicit negative offset count: west of Greenwich, or as duplicity adds them. */
export type OffsetReading = 'right' | 'duplicity';

/** Rule 2: seconds since the epoch. */
export function parseEpoch(text: string): number | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const seconds = Number(text);
  return seconds <= maxSeconds ? seconds : undefined;
}

/** Rule 3: "20231114T221320Z". The 16th character is not looked at. */
export function parseStamp(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d).$/s.exec(text);
  const fields = match && calendarFields(match.slice(1));
  return fields ? nonZero(utcSeconds(fields)) : undefined;
}

/** Rules 4 and 5: "2023-11-14T22:13:20" with "Z", "+01:00" or, in the machine's zone, nothing. */
export function parseW3c(text: string, reading: OffsetReading): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(Z|[+-]\d\d:\d\d)?$/.exec(text);
  const fields = match && calendarFields(match.slice(1, 7));
  if (!fields) return undefined;
  const zone = match[7];
  if (zone === undefined) return nonZero(localSeconds(fields));
  return nonZero(utcSeconds(fields) - offsetSeconds(zone, reading));
}

/** Rule 7: a day, from 00:00:00 in the machine's zone. The month always comes before the day. */
export function parseDay(text: string): number | undefined {
  const yearFirst = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})$/.exec(text);
  const yearLast = /^(\d{1,2})[-/](\d{1,2})[-/](\d{4})$/.exec(text);
  const compact = /^(\d{4})(\d\d)(\d\d)Z$/.exec(text);
  const digits =
    (yearFirst ?? compact)?.slice(1) ??
    (yearLast && [yearLast[3] ?? '', yearLast[1] ?? '', yearLast[2] ?? '']);
  const fields = digits && calendarFields(digits);
  return fields ? nonZero(localSeconds(fields)) : undefined;
}

/** Seconds east of Greenwich of "Z" or "±HH:MM". */
function offsetSeconds(zone: string, reading: OffsetReading): number {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3)) * 3600;
  const minutes = Number(zone.slice(4, 6)) * 60;
  if (zone.startsWith('+')) return hours + minutes;
  return reading === 'right' ? -hours - minutes : -hours + minutes;
}

function nonZero(seconds: number): number | undefined {
  return seconds === 0 ? undefined : seconds;
}
