/** A record of duplicity's log for programs (docs/format/2-behaviour.md 6.5): a control line, message lines, an empty line. */
import type { LogLevel } from '../verbosity.js';

export interface RecordKind {
  readonly code: number;
  /** What follows the code on the control line. */
  readonly extra?: string;
}

/** What has no code of its own. */
export const generic: RecordKind = { code: 1 };

export function recordText(
  level: LogLevel,
  { code, extra }: RecordKind,
  message: string | undefined,
): string {
  const control = extra === undefined || extra === '' ? `${code}` : `${code} ${extra}`;
  const lines = message === undefined ? [] : message.split('\n').map((line) => `. ${line}\n`);
  return `${level.toUpperCase()} ${control}\n${lines.join('')}\n`;
}

/** A name between quotes, as Python's escapes write it. */
export function quotedName(name: string): string {
  let text = '';
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    if (character === '\\') text += '\\\\';
    else if (character === "'") text += '\\x27';
    else if (character === '\n') text += '\\n';
    else if (character === '\r') text += '\\r';
    else if (character === '\t') text += '\\t';
    else if (code >= 0x20 && code < 0x7f) text += character;
    else if (code < 0x100) text += `\\x${hex(code, 2)}`;
    else text += code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  }
  return `'${text}'`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
