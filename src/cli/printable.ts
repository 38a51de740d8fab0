/**
 * Text for terminals and logs. Names in a backup, and what servers say, may hold what moves the cursor, changes colours
 * or worse, and line feeds, which would make lines of their own in a log.
 */

/** Control characters, what changes the direction of text, and what some programs take for the end of a line. */
const unprintable =
  // eslint-disable-next-line no-control-regex
  /[\0-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** A byte that is not UTF-8 (base/names.ts). */
const escapedByte = /[\udc80-\udcff]/g;

/** The text on one line, with all that is not to be shown as `\n`, `\x1b` or `\u202e`. */
export function printable(text: string): string {
  return replaceBytes(text.replace(unprintable, escaped));
}

/** The same of a line of JSON, which stays JSON with the same values. */
export function printableJson(line: string): string {
  return line.replace(unprintable, unicode);
}

function replaceBytes(text: string): string {
  if (text.isWellFormed()) return text;
  // a surrogate that is half of a pair stands for itself
  return Array.from(text, (character) =>
    character.length === 1 ? character.replace(escapedByte, hexOfByte) : character,
  ).join('');
}

function escaped(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${hex(code, 2)}` : unicode(character);
}

function hexOfByte(character: string): string {
  return `\\x${hex(character.charCodeAt(0) - 0xdc00, 2)}`;
}

function unicode(character: string): string {
  return `\\u${hex(character.charCodeAt(0), 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
