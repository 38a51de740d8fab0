/**
 * duplicity's globs as regular expressions (docs/format/2-behaviour.md 3.1). They work on names as we
 * keep them: a byte that is not UTF-8 is a lone surrogate, and one character to "?".
 */
import { patternError } from './pattern-error.js';
import { escapeInSet, escapeText } from './regexp-text.js';

export interface GlobOptions {
  readonly ignoreCase: boolean;
  /** Whether every character stands for itself. */
  readonly literal: boolean;
}

export interface Glob {
  /**
   * `match`: the glob names the path, or a folder above it. `leads`: what the glob names could lie below
   * the path, were it a folder.
   */
  ask(path: string, isFolder: boolean): 'match' | 'leads' | undefined;
}

/**
 * Compiles a glob.
 * @throws DuplifsError SELECTION_PATTERN when it cannot be understood
 */
export function compileGlob(glob: string, { ignoreCase, literal }: GlobOptions): Glob {
  if (glob === '') throw patternError(glob, 'it is empty');
  if (glob === '/') return { ask: (path) => (path.startsWith('/') ? 'match' : undefined) };
  const foldersOnly = glob.endsWith('/');
  const named = foldersOnly ? glob.slice(0, -1) : glob;
  if (fixedPart(named, literal).includes('//')) {
    throw patternError(glob, 'it has two slashes in a row');
  }
  const flags = ignoreCase ? 'sui' : 'su';
  const translate = literal ? escapeText : globSource;
  const compile = (source: string) => new RegExp(`^(?:${source})$`, flags);
  const itself = compile(translate(named));
  const below = compile(`${translate(named)}/.*`);
  const onTheWay = compile(prefixes(named, literal).map(translate).join('|'));
  return {
    ask: (path, isFolder) => {
      // with a slash at its end, what the glob itself matches must be a folder, whatever lies above it
      if (itself.test(path)) return isFolder || !foldersOnly ? 'match' : undefined;
      if (below.test(path)) return 'match';
      return onTheWay.test(path) ? 'leads' : undefined;
    },
  };
}

/** What comes before the first "**". */
function fixedPart(glob: string, literal: boolean): string {
  const anywhere = literal ? -1 : glob.indexOf('**');
  return anywhere === -1 ? glob : glob.slice(0, anywhere);
}

/** Globs of the folders above what a glob can match; from its first "**" on, that is any. */
function prefixes(glob: string, literal: boolean): string[] {
  const fixed = fixedPart(glob, literal);
  const parts = fixed.split('/');
  const result = parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join('/') || '/');
  if (fixed !== glob) result.push(`${fixed}**`);
  return result;
}

function globSource(glob: string): string {
  let source = '';
  const characters = Array.from(glob);
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '*' && characters[at + 1] === '*') {
      source += '.*';
      at += 1;
    } else if (character === '*') {
      source += '[^/]*';
    } else if (character === '?') {
      source += '[^/]';
    } else if (character === '[') {
      const end = setEnd(characters, at);
      source += end === -1 ? '\\[' : setSource(characters.slice(at + 1, end), glob);
      at = Math.max(at, end);
    } else {
      source += escapeText(character);
    }
  }
  return source;
}

/** Where the set that begins at `start` closes, -1 when it does not. A "]" that comes first is its own. */
function setEnd(characters: readonly string[], start: number): number {
  let at = start + 1;
  if (isNegation(characters[at])) at += 1;
  if (characters[at] === ']') at += 1;
  return characters.indexOf(']', at);
}

function isNegation(character: string | undefined): boolean {
  return character === '!' || character === '^';
}

/** The set of which `inner` stands between the brackets: characters and ranges. */
function setSource(inner: readonly string[], glob: string): string {
  const negated = isNegation(inner[0]);
  const items = negated ? inner.slice(1) : inner;
  let source = '';
  for (let at = 0; at < items.length; at += 1) {
    const first = items[at] ?? '';
    const last = items[at + 2];
    if (items[at + 1] === '-' && last !== undefined) {
      if ((first.codePointAt(0) ?? 0) > (last.codePointAt(0) ?? 0)) {
        throw patternError(glob, `the range "${first}-${last}" runs backwards`);
      }
      source += `${escapeInSet(first)}-${escapeInSet(last)}`;
      at += 2;
    } else {
      source += escapeInSet(first);
    }
  }
  return `[${negated ? '^' : ''}${source}]`;
}
