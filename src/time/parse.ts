/** The times and intervals that users type: --time, remove-older-than, --full-if-older-than. */
import { DuplifsError } from '../base/index.js';
import { maxSeconds } from './calendar.js';
import { parseDay, parseEpoch, parseStamp, parseW3c } from './forms.js';
import { parsePrinted } from './printed.js';

const day = 86_400;
const unitSeconds: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['D', day],
  ['W', 7 * day],
  ['M', 30 * day],
  ['Y', 365 * day],
]);

/** The longest text that is looked at, and the longest that an error repeats. */
const maxLength = 100;

/**
 * The time that `text` stands for, in seconds since the epoch: the first rule of
 * docs/format/1-bytes.md 2 that fits wins. `nowSeconds` is the start of the run.
 *
 * Other than duplicity, whatever duplifs prints as a time is one (printed.ts), a date without a zone is read with the offset that the machine's zone has on
 * that day, and "-03:30" is three hours and a half west.
 *
 * @throws DuplifsError TIME_STRING when no rule fits.
 *
 * @example
 * ```js
 * import { parseTime } from 'duplifs';
 *
 * const nowSeconds = 1_700_000_000;
 * console.log(nowSeconds - parseTime('1h30m', nowSeconds)); // prints 5400
 * console.log(parseTime('2023-11-14T22:13:20Z', nowSeconds)); // prints 1700000000
 * ```
 */
export function parseTime(text: string, nowSeconds: number): number {
  if (text === 'now') return nowSeconds;
  const seconds =
    text.length > maxLength
      ? undefined
      : (parseEpoch(text) ??
        parseStamp(text) ??
        parseW3c(text, 'right') ??
        before(nowSeconds, intervalSeconds(text)) ??
        parseDay(text) ??
        parsePrinted(text));
  if (seconds !== undefined) return seconds;
  throw new DuplifsError('TIME_STRING', `${quoted(text)} is not a time that can be understood`, {
    hint:
      'Give "now", an age such as "3D" or "1h30m" (s, m, h, D, W, M or Y, case matters), a day such ' +
      'as "2023-11-14" or "11/14/2023", a time such as "2023-11-14T22:13:20+01:00" or ' +
      '"20231114T221320Z", seconds since 1970, or a time as duplifs prints it',
  });
}

/**
 * The length of an interval such as "1M" or "3D64s", in seconds.
 *
 * @throws DuplifsError TIME_STRING when it is not one.
 */
export function parseInterval(text: string): number {
  const seconds = text.length > maxLength ? undefined : intervalSeconds(text);
  if (seconds !== undefined && seconds <= maxSeconds) return seconds;
  throw new DuplifsError(
    'TIME_STRING',
    `${quoted(text)} is not an interval that can be understood`,
    {
      hint:
        'Give numbers, each with a unit: s, m (minutes), h, D, W, M (30 days) or Y (365 days); case ' +
        'matters, as in "1M" or "3D12h"',
    },
  );
}

/** The sum of "number + unit" parts; undefined when the text holds anything else. */
function intervalSeconds(text: string): number | undefined {
  if (!/^(?:[0-9]+[smhDWMY])+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/([0-9]+)([smhDWMY])/g)) {
    sum += Number(count) * (unitSeconds.get(unit ?? '') ?? 0);
  }
  return sum;
}

function before(nowSeconds: number, seconds: number | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  const time = nowSeconds - seconds;
  return time >= -maxSeconds ? time : undefined;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > maxLength ? `${text.slice(0, maxLength)}…` : text);
}
