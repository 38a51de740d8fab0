/** Times within file names (docs/format/1-bytes.md 1.2). */
import { parseDay, parseEpoch, parseStamp, parseW3c } from './forms.js';

/** The W3C form with one separator, any that is not a digit, in every place of ":". */
const oldForm = /^(\d{4}-\d\d-\d\dT\d\d)(\D)(\d\d)\2(\d\d)(?:(Z)|([+-]\d\d)\2(\d\d))?$/s;

/**
 * The time that a file name holds, in seconds since the epoch; undefined when it is not one. Letters
 * count as upper case; old names may have any one separator in place of ":" (--time-separator).
 *
 * Forms that depend on the present (an age, "now") are not taken: the name would mean another set every
 * second. A negative offset is read as duplicity reads it, minutes towards the east: it makes the same
 * mistake when it writes such a name, so -03:30 in St. John's is written "-04:30" and the two cancel out.
 */
export function parseNameTime(text: string): number | undefined {
  if (text.length > 40) return undefined;
  // the files of a set share their times, and a target may have a hundred thousand of them
  if (known.has(text)) return known.get(text);
  const seconds = parseText(text);
  if (known.size >= mostKnown) known.clear();
  known.set(text, seconds);
  return seconds;
}

const mostKnown = 5000;
const known = new Map<string, number | undefined>();

function parseText(text: string): number | undefined {
  const upper = text.toUpperCase();
  const seconds =
    parseEpoch(upper) ??
    parseStamp(upper) ??
    parseW3c(withColons(upper), 'duplicity') ??
    parseDay(upper);
  return seconds === 0 ? undefined : seconds;
}

function withColons(text: string): string {
  const match = oldForm.exec(text);
  if (!match) return text;
  const [, start = '', , minute = '', second = '', z, hours, minutes = ''] = match;
  return `${start}:${minute}:${second}${z ?? (hours === undefined ? '' : `${hours}:${minutes}`)}`;
}
