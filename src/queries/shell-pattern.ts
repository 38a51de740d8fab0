/**
 * Patterns as the shell and find(1) have them (fnmatch(3) without flags): "*" stands for any text, "?" for one character,
 * "[…]" for one of a set, "\" takes the meaning from what follows it. A slash and a dot are characters like others. They
 * work on names as we keep them: a byte that is not UTF-8 is one character.
 */
import { DuplifsError } from '../base/index.js';

/** POSIX's classes, for ASCII and, where Unicode knows better, beyond it. */
const classes: Readonly<Record<string, string>> = {
  alnum: '\\p{L}\\p{Nd}',
  alpha: '\\p{L}',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\x21-\\x7e',
  lower: '\\p{Ll}',
  print: '\\x20-\\x7e',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: ' \\t-\\r',
  upper: '\\p{Lu}',
  xdigit: '0-9A-Fa-f',
};

/**
 * Compiles a pattern; it has to match all of a text.
 * @throws DuplifsError USAGE when a set in it cannot be understood
 */
export function compileShellPattern(pattern: string): RegExp {
  const characters = Array.from(pattern);
  let source = '';
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '*') {
      source += '.*';
    } else if (character === '?') {
      source += '.';
    } else if (character === '\\' && at + 1 < characters.length) {
      at += 1;
      source += escaped(characters[at] ?? '');
    } else if (character === '[') {
      const end = endOfSet(characters, at);
      source += end === undefined ? '\\[' : setSource(characters.slice(at + 1, end), pattern);
      at = end ?? at;
    } else {
      source += escaped(character);
    }
  }
  try {
    // stars in a row would have their matches tried one by one
    return new RegExp(`^(?:${source.replace(/(?:\.\*){2,}/g, '.*')})$`, 'su');
  } catch (error) {
    throw wrong(pattern, 'it has a set that cannot be understood', error);
  }
}

/** Where the set that begins at `start` closes; undefined where it does not, and the bracket is one like others. */
function endOfSet(characters: readonly string[], start: number): number | undefined {
  let at = start + 1;
  if (characters[at] === '!' || characters[at] === '^') at += 1;
  if (characters[at] === ']') at += 1;
  for (; at < characters.length; at += 1) {
    if (characters[at] === ']') return at;
    if (characters[at] === '\\') at += 1;
    if (characters[at] === '[' && characters[at + 1] === ':') {
      const close = characters.indexOf(':', at + 2);
      if (close > 0 && characters[close + 1] === ']') at = close + 1;
    }
  }
  return undefined;
}

/** The set of which `inner` stands between the brackets. */
function setSource(inner: readonly string[], pattern: string): string {
  const isNegated = inner[0] === '!' || inner[0] === '^';
  let source = '';
  for (let at = isNegated ? 1 : 0; at < inner.length; at += 1) {
    const name = /^\[:([a-z]+):\]/.exec(inner.slice(at, at + 12).join(''))?.[1];
    if (name !== undefined) {
      const members = classes[name];
      if (members === undefined) throw wrong(pattern, `there is no class "[:${name}:]"`);
      source += members;
      at += name.length + 3;
      continue;
    }
    if (inner[at] === '\\' && at + 1 < inner.length) at += 1;
    const first = inner[at] ?? '';
    source += inSet(first);
    if (inner[at + 1] !== '-' || at + 2 >= inner.length) continue;
    at += inner[at + 2] === '\\' && at + 3 < inner.length ? 3 : 2;
    const last = inner[at] ?? '';
    if ((first.codePointAt(0) ?? 0) > (last.codePointAt(0) ?? 0)) {
      throw wrong(pattern, `the range "${first}-${last}" runs backwards`);
    }
    source += `-${inSet(last)}`;
  }
  return `[${isNegated ? '^' : ''}${source}]`;
}

function escaped(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}

function inSet(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
}

function wrong(pattern: string, why: string, cause?: unknown): DuplifsError {
  return new DuplifsError('USAGE', `The pattern "${pattern}" is no pattern: ${why}`, { cause });
}
