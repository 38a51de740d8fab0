/**
 * Python's regular expressions (the `re` module's syntax for text) as JavaScript's: --include-regexp and
 * --exclude-regexp are Python's in duplicity. What JavaScript cannot express is refused, never guessed.
 */
import { patternError } from './pattern-error.js';
import { escapeInSet, escapeText, pythonSpace } from './regexp-text.js';

/** Sets without their brackets: Python's meaning of \d, \w and \s. */
const digit = '\\p{Nd}';
const word = '\\p{L}\\p{N}_';
const shorthands: Readonly<Record<string, string>> = {
  d: `[${digit}]`,
  D: `[^${digit}]`,
  w: `[${word}]`,
  W: `[^${word}]`,
  s: `[${pythonSpace}]`,
  S: `[^${pythonSpace}]`,
  b: `(?:(?<=[${word}])(?![${word}])|(?<![${word}])(?=[${word}]))`,
  B: `(?:(?<=[${word}])(?=[${word}])|(?<![${word}])(?![${word}]))`,
  A: '^',
  Z: '$',
};
const setShorthands: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  w: word,
  s: pythonSpace,
};
const controls: Readonly<Record<string, string>> = {
  a: '\x07',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
const hexLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/**
 * Compiles a pattern for searching.
 * @throws DuplifsError SELECTION_PATTERN when Python or JavaScript cannot compile it
 */
export function compilePythonRegExp(pattern: string, ignoreCase: boolean): RegExp {
  const { source, flags } = new Translator(pattern).translate(ignoreCase);
  try {
    return new RegExp(source, flags);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*\/[a-z]*: /s, '') : '';
    throw patternError(pattern, `as a regular expression it is wrong (${reason})`);
  }
}

class Translator {
  readonly #pattern: string;
  readonly #characters: readonly string[];
  #at = 0;
  /** Python's flags: s (dot matches newline) and m (^ and $ at every line). */
  #dotAll = false;
  #multiline = false;

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#characters = Array.from(pattern);
  }

  translate(ignoreCase: boolean): { source: string; flags: string } {
    const ignore = this.#globalFlags() || ignoreCase;
    let source = '';
    while (this.#at < this.#characters.length) source += this.#next();
    return { source, flags: `u${ignore ? 'i' : ''}` };
  }

  /** Takes "(?i)" and its like at the beginning; tells whether case is ignored. */
  #globalFlags(): boolean {
    const found = /^\(\?([aiLmsux]+)\)/.exec(this.#pattern);
    if (found === null) return false;
    const [text, flags = ''] = found;
    const other = /[aLx]/.exec(flags);
    if (other !== null) throw this.#refuse(`the flag "${other[0]}"`);
    this.#at = text.length;
    this.#dotAll = flags.includes('s');
    this.#multiline = flags.includes('m');
    return flags.includes('i');
  }

  #next(): string {
    const character = this.#take();
    switch (character) {
      case '\\':
        return this.#escape();
      case '[':
        return this.#set();
      case '(':
        return this.#group();
      case '.':
        return this.#dotAll ? '[^]' : '[^\\n]';
      case '^':
        return this.#multiline ? '(?:^|(?<=\\n))' : '^';
      case '$':
        // at the end, or before a newline that ends the text
        return this.#multiline ? '(?=\\n|$)' : '(?=\\n?$)';
      case '*':
      case '+':
      case '?':
        return this.#quantifier(character);
      case '{':
        return this.#braces();
      case ')':
      case '|':
        return character;
      default:
        return escapeText(character);
    }
  }

  #quantifier(text: string): string {
    if (this.#peek() === '+') throw this.#refuse('a possessive quantifier');
    if (this.#peek() === '?') text += this.#take();
    return text;
  }

  /** A quantifier, or in Python braces that are just braces. */
  #braces(): string {
    const found = /^(\d*)(?:(,)(\d*))?\}/.exec(this.#rest(24));
    const [text = '', least = '', comma = '', most = ''] = found ?? [];
    if (text === '' || least + comma === '') return '\\{';
    this.#at += text.length;
    return this.#quantifier(`{${least || '0'}${comma}${most}}`);
  }

  #group(): string {
    if (this.#peek() !== '?') return '(';
    const rest = this.#rest(300);
    const plain = /^\?(?::|=|!|<=|<!)/.exec(rest)?.[0];
    if (plain !== undefined) return `(${this.#skip(plain)}`;
    const [named, name = ''] = /^\?P<([A-Za-z_]\w*)>/.exec(rest) ?? [];
    if (named !== undefined) return this.#skip(named, `(?<${name}>`);
    const [reference, target = ''] = /^\?P=([A-Za-z_]\w*)\)/.exec(rest) ?? [];
    if (reference !== undefined) return this.#skip(reference, `\\k<${target}>`);
    if (rest.startsWith('?#')) {
      while (this.#at < this.#characters.length && this.#take() !== ')');
      return '';
    }
    throw this.#refuse(`the group "(${rest.slice(0, 3)}…"`);
  }

  #escape(): string {
    const character = this.#take();
    const shorthand = shorthands[character];
    if (shorthand !== undefined) return shorthand;
    if (/[1-9]/.test(character)) {
      const digits = character + (/^\d?/.exec(this.#rest(1))?.[0] ?? '');
      const octal = /^[0-7]{3}/.exec(character + this.#rest(2))?.[0];
      if (octal !== undefined) return this.#skip(octal.slice(1), codePoint(parseInt(octal, 8)));
      this.#at += digits.length - 1;
      return `(?:\\${digits})`;
    }
    return escapeText(this.#escapedCharacter(character));
  }

  /** A set in brackets, in which Python knows escapes, ranges and a "]" that comes first. */
  #set(): string {
    let source = '';
    if (this.#peek() === '^') source = this.#take();
    let first = true;
    for (;;) {
      const character = this.#take();
      if (character === ']' && !first) return `[${source}]`;
      first = false;
      const low = this.#setMember(character);
      if (this.#peek() !== '-' || this.#characters[this.#at + 1] === ']') {
        source += low;
      } else {
        this.#take();
        const high = this.#setMember(this.#take());
        if (isShorthand(low) || isShorthand(high)) throw this.#refuse('a range of classes');
        source += `${low}-${high}`;
      }
    }
  }

  #setMember(character: string): string {
    if (character !== '\\') return escapeInSet(character);
    const escaped = this.#take();
    if (escaped === 'b') return '\\x08';
    if (escaped === 'W' || escaped === 'S') throw this.#refuse(`"\\${escaped}" in a set`);
    return setShorthands[escaped] ?? escapeInSet(this.#escapedCharacter(escaped));
  }

  /** The character that an escape stands for, of which `character` follows the backslash. */
  #escapedCharacter(character: string): string {
    const control = controls[character];
    if (control !== undefined) return control;
    const length = hexLengths[character];
    if (length !== undefined) {
      const digits = this.#rest(length);
      if (digits.length !== length || !/^[0-9a-f]+$/i.test(digits)) throw this.#wrongEscape();
      const value = parseInt(this.#skip(digits), 16);
      if (value > 0x10ffff) throw this.#wrongEscape();
      return String.fromCodePoint(value);
    }
    if (/[0-7]/.test(character)) {
      const digits = character + (/^[0-7]{0,2}/.exec(this.#rest(2))?.[0] ?? '');
      this.#at += digits.length - 1;
      return String.fromCodePoint(parseInt(digits, 8));
    }
    if (/[0-9A-Za-z]/.test(character)) throw this.#wrongEscape();
    return character;
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(): string {
    const character = this.#characters[this.#at];
    if (character === undefined) {
      throw patternError(this.#pattern, 'as a regular expression it ends too early');
    }
    this.#at += 1;
    return character;
  }

  /** The next characters, at most `length`. */
  #rest(length: number): string {
    return this.#characters.slice(this.#at, this.#at + length).join('');
  }

  /** Moves over text that is ASCII; returns it or what it becomes. */
  #skip(text: string, result = text): string {
    this.#at += text.length;
    return result;
  }

  #wrongEscape(): Error {
    return patternError(this.#pattern, 'as a regular expression it has an unknown escape');
  }

  #refuse(what: string): Error {
    return patternError(this.#pattern, `${what} is not supported in regular expressions here`);
  }
}

function isShorthand(member: string): boolean {
  return Object.values(setShorthands).includes(member);
}

function codePoint(value: number): string {
  return `\\u{${value.toString(16)}}`;
}
