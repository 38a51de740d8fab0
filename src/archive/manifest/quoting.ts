/**
 * Values in manifests (docs/format/1-bytes.md 3.1): bare, or in double quotes with each byte that could
 * be mistaken for something else as `\x` and two hex digits. While parsing, a manifest's bytes are
 * kept as latin1 text, one character a byte, so that patterns see bytes.
 */
import { decodeName } from '../../base/index.js';
import type { Fail } from '../damaged.js';

const special = /[ \t\n\r\v\f\\"']/;
const allSpecial = new RegExp(special, 'g');

/** A value as the manifest has it. */
export function quote(value: string): string {
  if (!special.test(value)) return value;
  const escaped = value.replace(
    allSpecial,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `"${escaped}"`;
}

/** The value that stands in the manifest as `text` (latin1). Throws what `fail` makes. */
export function unquote(text: string, fail: Fail): string {
  return textOf(text.startsWith('"') ? unescape(text, fail) : text);
}

/** A blank as duplicity sees it in bytes: blank, tab, vertical tab or form feed; U+00A0 is none. */
function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x20 || code === 0x09 || code === 0x0b || code === 0x0c;
}

/** The first word of a text and what follows it, without the blanks around either. */
export function splitWord(text: string): [word: string, rest: string] {
  let start = 0;
  while (isBlank(text, start)) start += 1;
  let end = start;
  while (end < text.length && !isBlank(text, end)) end += 1;
  let rest = end;
  while (isBlank(text, rest)) rest += 1;
  let last = text.length;
  while (last > rest && isBlank(text, last - 1)) last -= 1;
  return [text.slice(start, end), text.slice(rest, last)];
}

/** Makes latin1 text, one character a byte, a name. */
export function textOf(latin1: string): string {
  for (let i = 0; i < latin1.length; i += 1) {
    if (latin1.charCodeAt(i) >= 0x80) return decodeName(Buffer.from(latin1, 'latin1'));
  }
  return latin1;
}

function unescape(text: string, fail: Fail): string {
  if (text.length < 2 || !text.endsWith('"')) throw fail('has a value whose quotes do not close');
  return text.slice(1, -1).replace(/\\(x[\da-fA-F]{2})?/g, (_, code: string | undefined) => {
    if (code === undefined) throw fail('has a value with a bad escape');
    return String.fromCharCode(parseInt(code.slice(1), 16));
  });
}
