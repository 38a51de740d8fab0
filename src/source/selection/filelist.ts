import { decodeName } from '../../base/index.js';
import { pythonSpace } from './regexp-text.js';

/** One line of a filelist. */
export interface FilelistLine {
  /** What a sign at its beginning says; undefined leaves it to the option. */
  readonly sign: 'include' | 'exclude' | undefined;
  readonly pattern: string;
}

/** What Python takes off both ends of a line. */
const outerSpace = new RegExp(`^[${pythonSpace}]+|[${pythonSpace}]+$`, 'gu');

/** The lines of a --include-filelist or --exclude-filelist (docs/format/2-behaviour.md 3.1, "Filelists"). */
export function parseFilelist(content: Uint8Array, nullSeparator: boolean): FilelistLine[] {
  const lines: FilelistLine[] = [];
  for (const raw of splitLines(content, nullSeparator)) {
    const line = raw.replace(outerSpace, '');
    if (line === '' || line.startsWith('#')) continue;
    const sign = line.startsWith('+ ') ? 'include' : line.startsWith('- ') ? 'exclude' : undefined;
    lines.push({ sign, pattern: unquote(sign === undefined ? line : line.slice(2)) });
  }
  return lines;
}

/** U+FEFF in UTF-8, which some editors put at the beginning of a file. */
const byteOrderMark = [0xef, 0xbb, 0xbf];

/** The raw lines of a list of names, without a byte order mark. */
export function splitLines(content: Uint8Array, nullSeparator: boolean): string[] {
  const hasMark = byteOrderMark.every((byte, at) => content[at] === byte);
  const text = hasMark ? content.subarray(byteOrderMark.length) : content;
  return decodeName(text).split(nullSeparator ? '\0' : '\n');
}

function unquote(text: string): string {
  return /^(?:'[^]*'|"[^]*")$/.test(text) && text.length > 1 ? text.slice(1, -1) : text;
}
