/**
 * Calendar fields and the seconds they stand for. A day of the month may be up to 31 in every month and
 * rolls over ("2023-02-31" is 3 March); a second may be 60 or 61; years run from 1901 to 2099
 * (docs/format/1-bytes.md 2).
 */
export interface CalendarFields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/**
 * The largest time, either side of 1970, that a Date can hold. Beyond it nothing can be printed, so no
 * rule yields such a time.
 */
export const maxSeconds = 8_640_000_000_000;

/** The fields that six groups of digits stand for; undefined when one is out of its range. */
export function calendarFields(digits: readonly string[]): CalendarFields | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = digits.map(Number);
  const inRange =
    year > 1900 &&
    year < 2100 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 31 &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 61;
  return inRange ? { year, month, day, hour, minute, second } : undefined;
}

/** The seconds of fields that are in UTC. */
export function utcSeconds(at: CalendarFields): number {
  return Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second) / 1000;
}

/**
 * The seconds of fields that are in the machine's zone, with the offset that the zone has at that time
 * (duplicity takes the standard offset all year). A time that a clock change skips is read with the
 * offset before the change, one that it repeats is the first of the two.
 */
export function localSeconds(at: CalendarFields): number {
  const date = new Date(at.year, at.month - 1, at.day, at.hour, at.minute, at.second);
  return Math.floor(date.getTime() / 1000);
}
