/**
 * The assignments of a shell file, without running any of it: quotes, lists over several lines, and variables that the
 * file itself has set before. What only a shell could find out is told as such.
 */

export interface Assignment {
  readonly name: string;
  readonly line: number;
  /** A list for NAME=( … ); undefined where only running it could tell. */
  readonly value: string | readonly string[] | undefined;
}

export interface ShellFile {
  readonly assignments: readonly Assignment[];
  /** Lines that are something else. */
  readonly others: readonly { readonly line: number; readonly text: string }[];
  /** Variables that have served to make others. */
  readonly used: ReadonlySet<string>;
}

type Known = ReadonlyMap<string, string>;

const start = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)(\+?)=/;

/** @param known variables that have a value from the start: HOME, USER, HOSTNAME */
export function readShellFile(
  text: string,
  known: Readonly<Record<string, string>> = {},
): ShellFile {
  const variables = new Map<string, string>(Object.entries(known));
  const lists = new Map<string, readonly string[]>();
  const unknown = new Set<string>();
  const used = new Set<string>();
  const assignments: Assignment[] = [];
  const others: { line: number; text: string }[] = [];
  for (let at = 0, line = 1; at < text.length;) {
    const end = text.indexOf('\n', at) < 0 ? text.length : text.indexOf('\n', at);
    const whole = text.slice(at, end);
    const match = start.exec(whole);
    if (match === null) {
      const bare = whole.trim();
      if (bare !== '' && !bare.startsWith('#') && !/^export(\s+[A-Za-z_]\w*)+$/.test(bare)) {
        others.push({ line, text: bare });
      }
      at = end + 1;
      line += 1;
      continue;
    }
    const [head, name = '', plus = ''] = match;
    // NAME="$NAME more" of one that has no value yet adds to nothing
    if (!unknown.has(name) && !variables.has(name)) variables.set(name, '');
    const reader = new ValueReader(text, at + head.length, { variables, used });
    const value = reader.value();
    const joined = plus === '' ? value : added(value, variables.get(name), lists.get(name));
    assignments.push({ name, line, value: joined });
    if (typeof joined === 'string') variables.set(name, joined);
    else variables.delete(name);
    if (joined === undefined) unknown.add(name);
    if (joined !== undefined && typeof joined !== 'string') lists.set(name, joined);
    const next = text.indexOf('\n', reader.at) < 0 ? text.length : text.indexOf('\n', reader.at);
    line += text.slice(at, next + 1).split('\n').length - 1;
    at = next + 1;
  }
  return { assignments, others, used };
}

function added(
  value: Assignment['value'],
  text: string | undefined,
  list: readonly string[] | undefined,
): Assignment['value'] {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? (text ?? '') + value : [...(list ?? []), ...value];
}

class ValueReader {
  readonly #text: string;
  readonly #known: Known;
  readonly #used: Set<string>;
  at: number;
  #isUnknown = false;

  constructor(
    text: string,
    at: number,
    { variables, used }: { readonly variables: Known; readonly used: Set<string> },
  ) {
    this.#text = text;
    this.at = at;
    this.#known = variables;
    this.#used = used;
  }

  value(): Assignment['value'] {
    if (this.#text[this.at] === '(') {
      this.at += 1;
      const list = this.#list();
      return this.#isUnknown ? undefined : list;
    }
    const word = this.#word();
    return this.#isUnknown ? undefined : word;
  }

  #list(): string[] {
    const words: string[] = [];
    while (this.at < this.#text.length) {
      const character = this.#text[this.at] ?? '';
      if (character === ')') {
        this.at += 1;
        return words;
      }
      if (character === '#') this.at = this.#lineEnd();
      else if (/\s/.test(character) || this.#text.startsWith('\\\n', this.at)) {
        this.at += character === '\\' ? 2 : 1;
      } else words.push(this.#word(/[\s)]/));
    }
    return words;
  }

  /** One word, to a blank or what else ends it. */
  #word(ends = /[\s;&|]/): string {
    let word = '';
    if (this.#text[this.at] === '~' && /^~(\/|\s|$)/.test(this.#text.slice(this.at, this.at + 2))) {
      word = this.#known.get('HOME') ?? '~';
      this.at += 1;
    }
    while (this.at < this.#text.length) {
      const character = this.#text[this.at] ?? '';
      if (ends.test(character)) break;
      if (character === "'") word += this.#single();
      else if (character === '"') word += this.#double();
      else if (character === '\\') word += this.#escaped();
      else if (character === '$' || character === '`') word += this.#expanded();
      else {
        word += character;
        this.at += 1;
      }
    }
    return word;
  }

  #single(): string {
    const end = this.#text.indexOf("'", this.at + 1);
    const stop = end < 0 ? this.#text.length : end;
    const inside = this.#text.slice(this.at + 1, stop);
    this.at = stop + 1;
    return inside;
  }

  #double(): string {
    let inside = '';
    this.at += 1;
    while (this.at < this.#text.length && this.#text[this.at] !== '"') {
      const character = this.#text[this.at] ?? '';
      if (character === '\\' && /["\\$`\n]/.test(this.#text[this.at + 1] ?? '')) {
        inside += this.#escaped();
      } else if (character === '$' || character === '`') inside += this.#expanded();
      else {
        inside += character;
        this.at += 1;
      }
    }
    this.at += 1;
    return inside;
  }

  #escaped(): string {
    const character = this.#text[this.at + 1] ?? '';
    this.at += 2;
    return character === '\n' ? '' : character;
  }

  /** A variable's value; what would have to be run makes the whole value unknown. */
  #expanded(): string {
    const match = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/.exec(this.#text.slice(this.at));
    if (match !== null) {
      this.at += match[0].length;
      const name = match[1] ?? match[2] ?? '';
      this.#used.add(name);
      const value = this.#known.get(name);
      if (value === undefined) this.#isUnknown = true;
      return value ?? '';
    }
    this.#isUnknown = true;
    this.at = this.#endOfCommand();
    return '';
  }

  /** Behind `…` or $( … ) or ${ … }; else behind the sign itself. */
  #endOfCommand(): number {
    const { at } = this;
    if (this.#text[at] === '`') {
      const end = this.#text.indexOf('`', at + 1);
      return end < 0 ? this.#text.length : end + 1;
    }
    const open = this.#text[at + 1] ?? '';
    const close = { '(': ')', '{': '}' }[open];
    if (close === undefined) return at + 1;
    let depth = 0;
    for (let end = at + 1; end < this.#text.length; end += 1) {
      if (this.#text[end] === open) depth += 1;
      if (this.#text[end] === close) depth -= 1;
      if (depth === 0) return end + 1;
    }
    return this.#text.length;
  }

  #lineEnd(): number {
    const end = this.#text.indexOf('\n', this.at);
    return end < 0 ? this.#text.length : end;
  }
}
