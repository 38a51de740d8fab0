/**
 * In which line of a TOML file each key stands: the parser gives values without places, and errors are to name the line. It
 * reads files that the parser has accepted, and so need not be strict itself.
 */

/** Keys and indexes from the root down, joined: "notify", "0", "kind". */
export type KeyPath = readonly (string | number)[];

export type KeyLines = ReadonlyMap<string, number>;

const separator = '\0';
const keyPart = /[ \t]*(?:([A-Za-z0-9_-]+)|"((?:[^"\\]|\\.)*)"|'([^']*)')[ \t]*(\.)?/y;

/** The lines, counted from 1, of all keys and tables. */
export function keyLinesOf(text: string): KeyLines {
  return new Scanner(text).lines();
}

/** The line of a key, or of the nearest one around it that has one. */
export function lineOf(lines: KeyLines, path: KeyPath): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const line = lines.get(path.slice(0, length).join(separator));
    if (line !== undefined) return line;
  }
  return undefined;
}

class Scanner {
  readonly #text: string;
  readonly #lines = new Map<string, number>();
  /** How many elements each array of tables has so far. */
  readonly #counts = new Map<string, number>();
  #at = 0;
  #line = 1;
  #table: readonly string[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  lines(): KeyLines {
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at];
      if (character === '\n') this.#newline();
      else if (character === '#') this.#skipToLineEnd();
      else if (character === '[') this.#header();
      else if (/\s/.test(character ?? '')) this.#at += 1;
      else this.#keyAndValue();
    }
    return this.#lines;
  }

  #header(): void {
    const isArray = this.#text[this.#at + 1] === '[';
    this.#at += isArray ? 2 : 1;
    const key = this.#key();
    const above = this.#withIndexes(key.slice(0, -1));
    const path = [...above, ...key.slice(-1)];
    if (isArray) {
      const name = path.join(separator);
      const index = this.#counts.get(name) ?? 0;
      this.#counts.set(name, index + 1);
      this.#note(path);
      this.#table = [...path, String(index)];
    } else {
      this.#table = this.#counts.has(path.join(separator)) ? this.#withIndexes(path) : path;
    }
    this.#note(this.#table);
    this.#skipToLineEnd();
  }

  /** A table below an array of tables belongs to the last of them. */
  #withIndexes(key: readonly string[]): readonly string[] {
    const path: string[] = [];
    for (const part of key) {
      path.push(part);
      const count = this.#counts.get(path.join(separator));
      if (count !== undefined) path.push(String(count - 1));
    }
    return path;
  }

  #keyAndValue(): void {
    const key = this.#key();
    if (key.length === 0) {
      this.#at += 1;
      return;
    }
    for (let length = 1; length <= key.length; length += 1) {
      this.#note([...this.#table, ...key.slice(0, length)]);
    }
    this.#skipValue();
  }

  #key(): string[] {
    const parts: string[] = [];
    for (;;) {
      keyPart.lastIndex = this.#at;
      const match = keyPart.exec(this.#text);
      if (match === null) return parts;
      this.#at = keyPart.lastIndex;
      parts.push(match[1] ?? match[2] ?? match[3] ?? '');
      if (match[4] === undefined) return parts;
    }
  }

  /** To the end of the line in which the value ends. */
  #skipValue(): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] ?? '';
      if (character === '\n') {
        if (depth === 0) return;
        this.#newline();
      } else if (character === '#') this.#skipToLineEnd();
      else if (character === '"' || character === "'") this.#skipString(character);
      else {
        if (character === '[' || character === '{') depth += 1;
        if (character === ']' || character === '}') depth -= 1;
        this.#at += 1;
      }
    }
  }

  #skipString(quote: string): void {
    const isLong = this.#text.startsWith(quote.repeat(3), this.#at);
    const end = isLong ? quote.repeat(3) : quote;
    this.#at += end.length;
    while (this.#at < this.#text.length && !this.#text.startsWith(end, this.#at)) {
      if (this.#text[this.#at] === '\n') this.#newline();
      else this.#at += quote === '"' && this.#text[this.#at] === '\\' ? 2 : 1;
    }
    this.#at += end.length;
    // up to two quotes more belong to a long string
    while (isLong && this.#text[this.#at] === quote) this.#at += 1;
  }

  #skipToLineEnd(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #newline(): void {
    this.#line += 1;
    this.#at += 1;
  }

  #note(path: readonly string[]): void {
    const name = path.join(separator);
    if (!this.#lines.has(name)) this.#lines.set(name, this.#line);
  }
}
