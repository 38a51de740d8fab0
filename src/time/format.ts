/** Times as text. */
import { monthNames, weekdayNames } from './names.js';

/** The form of times in file names: "20231114T221320Z" (UTC). */
export function formatStamp(seconds: number): string {
  return isoText(seconds).replaceAll(/[-:]/g, '');
}

/** The name of a snapshot's folder in a mount: "2023-11-14T22-13-20Z" (UTC); sorts as the times do. */
export function formatFolderName(seconds: number): string {
  return isoText(seconds).replaceAll(':', '-');
}

/** The time of a folder that formatFolderName named; undefined for every other name. */
export function parseFolderName(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\dZ)$/.exec(text);
  if (!match) return undefined;
  const seconds = Date.parse(`${match[1] ?? ''}:${match[2] ?? ''}:${match[3] ?? ''}`) / 1000;
  return Number.isNaN(seconds) || formatFolderName(seconds) !== text ? undefined : seconds;
}

/**
 * A time for people, as duplicity prints it: "Tue Nov 14 22:13:20 2023", in the machine's zone with the
 * offset of that day, and always in the C locale ("%a %b %e %H:%M:%S %Y").
 */
export function formatLocalTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const day = String(date.getDate()).padStart(2);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  return `${weekdayNames[date.getDay()] ?? '?'} ${monthNames[date.getMonth()] ?? '?'} ${day} ${clock} ${date.getFullYear()}`;
}

/** "2023-11-14T22:13:20Z". Fractions of a second are cut off. */
function isoText(seconds: number): string {
  return `${new Date(Math.floor(seconds) * 1000).toISOString().slice(0, -5)}Z`;
}
