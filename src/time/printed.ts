/**
 * The forms in which duplifs prints times, read back: what somebody copies from a list, a message, a folder of a mount
 * or its extended attributes is a time too. duplicity takes none of them but the stamp.
 */
import { calendarFields, localSeconds, maxSeconds, utcSeconds } from './calendar.js';
import { parseFolderName } from './format.js';
import { monthNames, weekdayNames } from './names.js';
import { parseStamp, parseW3c } from './forms.js';

/** The time that a printed text stands for; undefined where it is none of the forms. */
export function parsePrinted(text: string): number | undefined {
  // statistics and lists put the local form in parentheses
  const bare = text.trim().replace(/ \([^()]*\)$/, '');
  return parseSetName(bare) ?? parseSnapshotName(bare) ?? parseIso(bare) ?? parseLocalTime(bare);
}

/** How messages name a set: the stamp of a full, "BASE.to.END" of an incremental. */
function parseSetName(text: string): number | undefined {
  const match = /^(?:\d{8}T\d{6}Z\.to\.)?(\d{8}T\d{6}Z)$/.exec(text);
  return match?.[1] === undefined ? undefined : parseStamp(match[1]);
}

/** A folder in `snapshots/`, also of a set that is not whole. */
function parseSnapshotName(text: string): number | undefined {
  return parseFolderName(text.replace(/-incomplete$/, ''));
}

/** A time with a fraction, which is cut off: thousandths in extended attributes, at least hundredths in statistics. */
function parseIso(text: string): number | undefined {
  const [, whole, seconds, zone = ''] =
    /^(?:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d|(\d+)\.)\d{2,}(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  if (whole !== undefined) return parseW3c(whole + zone, 'right');
  if (seconds === undefined || zone !== '' || Number(seconds) > maxSeconds) return undefined;
  return Number(seconds);
}

/** "Tue Nov 14 22:13:20 2023", in the machine's zone, or in the one that date(1) puts before the year where that is UTC. */
function parseLocalTime(text: string): number | undefined {
  const match =
    /^([A-Z][a-z]{2}) +([A-Z][a-z]{2}) +(\d{1,2}) +(\d\d):(\d\d):(\d\d) +(?:(UTC|GMT) +)?(\d{4})$/.exec(
      text,
    );
  if (!match) return undefined;
  const [
    ,
    weekday = '',
    month = '',
    day = '',
    hour = '',
    minute = '',
    second = '',
    zone,
    year = '',
  ] = match;
  const number = monthNames.findIndex((name) => name === month) + 1;
  if (number === 0 || !weekdayNames.some((name) => name === weekday)) return undefined;
  const fields = calendarFields([year, String(number), day, hour, minute, second]);
  if (fields === undefined) return undefined;
  return zone === undefined ? localSeconds(fields) : utcSeconds(fields);
}
