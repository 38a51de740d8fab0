/** Where on a command line the cursor is: in which command, and what the word there may be. Pure. */
import type { CommandSpec, CompletionSpec, OptionSpec, ValueSpec } from './spec.js';

export interface Cursor {
  /** None before the command is named. */
  readonly command: CommandSpec | undefined;
  /** What the word may be; "option" where one is begun. */
  readonly wanted: ValueSpec | 'option' | 'none';
  /** What is typed of it. */
  readonly typed: string;
  /** What stands before it in the same word: "--time=". */
  readonly before: string;
  /** Arguments that are given. */
  readonly places: readonly string[];
  /** Values of options that are given, by their long names. */
  readonly values: ReadonlyMap<string, string>;
}

/** The URL or profile on the line, if it is before the cursor. */
export function targetOf({ command, places }: Cursor): string | undefined {
  const place = command?.arguments.findIndex(({ name }) => name === 'url') ?? -1;
  return places[place];
}

/** `words` stand behind the program's name; the last of them is where the cursor is, and may be empty. */
export function cursorAt(words: readonly string[], spec: CompletionSpec): Cursor {
  return new LineReader(spec).read(words);
}

class LineReader {
  readonly #spec: CompletionSpec;
  #command: CommandSpec | undefined;
  readonly #places: string[] = [];
  readonly #values = new Map<string, string>();
  /** Options, by their first names. */
  readonly #given = new Set<string>();
  #isOnlyArguments = false;
  /** The option whose value the next word is. */
  #open: OptionSpec | undefined;

  constructor(spec: CompletionSpec) {
    this.#spec = spec;
  }

  read(words: readonly string[]): Cursor {
    for (const word of words.slice(0, -1)) this.#take(word);
    return this.#at(words.at(-1) ?? '');
  }

  #take(word: string): void {
    if (this.#open !== undefined) {
      this.#values.set(this.#open.names[0] ?? '', word);
      this.#open = undefined;
    } else if (this.#isOnlyArguments || !word.startsWith('-') || word === '-') {
      this.#takeArgument(word);
    } else if (word === '--') {
      this.#isOnlyArguments = true;
    } else {
      const [name, value] = splitOnce(word, '=');
      const option = this.#optionNamed(name);
      if (option === undefined) return;
      this.#given.add(option.names[0] ?? '');
      if (option.value === undefined) return;
      if (value !== undefined) this.#values.set(option.names[0] ?? '', value);
      else if (option.value.isOptional !== true) this.#open = option;
    }
  }

  #takeArgument(word: string): void {
    const inner = this.#places.length === 0 ? this.#commandBelow(word) : undefined;
    if (inner !== undefined) {
      this.#command = inner;
      return;
    }
    this.#places.push(word);
    this.#goOnAsRun();
  }

  /** "run NAME restore …" is "restore NAME …". */
  #goOnAsRun(): void {
    const [profile, name] = this.#places;
    if (this.#command?.path !== 'run' || profile === undefined || name === undefined) return;
    const command = this.#spec.commands.find((one) => isNamed(one, name));
    const place = command?.arguments.findIndex(({ name: argument }) => argument === 'url') ?? -1;
    if (command === undefined || place < 0) return;
    const others = command.arguments.filter((_, index) => index !== place);
    this.#command = { ...command, arguments: [{ name: 'url', kind: 'profile' }, ...others] };
    this.#places.splice(0, 2, profile);
  }

  #commandBelow(word: string): CommandSpec | undefined {
    const above = this.#command === undefined ? '' : `${this.#command.path} `;
    return this.#spec.commands.find(
      (one) =>
        one.path.startsWith(above) &&
        !one.path.slice(above.length).includes(' ') &&
        (one.path === above + word || one.aliases.some((alias) => above + alias === above + word)),
    );
  }

  /** Before the command is known any that has an option of that name tells whether a value follows. */
  #optionNamed(name: string): OptionSpec | undefined {
    const commands = this.#command === undefined ? this.#spec.commands : [this.#command];
    for (const { options } of commands) {
      const found = options.find(({ names }) => names.includes(name));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #at(word: string): Cursor {
    const { wanted, typed, before } = this.#wantedAt(word);
    const places = this.#places;
    return { command: this.#command, wanted, typed, before, places, values: this.#values };
  }

  #wantedAt(word: string): Pick<Cursor, 'wanted' | 'typed' | 'before'> {
    if (this.#open?.value !== undefined) {
      return { wanted: this.#open.value, typed: word, before: '' };
    }
    if (word.startsWith('-') && !this.#isOnlyArguments) {
      const [name, typed] = splitOnce(word, '=');
      if (typed === undefined) return { wanted: 'option', typed: word, before: '' };
      const value = this.#optionNamed(name)?.value;
      return { wanted: value ?? 'none', typed, before: `${name}=` };
    }
    if (this.#command === undefined) {
      const kind = this.#places.length === 0 ? 'command' : 'folder';
      return { wanted: { kind }, typed: word, before: '' };
    }
    const { arguments: all } = this.#command;
    const last = all.at(-1);
    const argument = all[this.#places.length] ?? (last?.isRepeated === true ? last : undefined);
    const isGroup = this.#places.length === 0 && this.#hasBelow(this.#command);
    const wanted = argument ?? (isGroup ? { kind: 'command' as const } : 'none');
    return { wanted: this.#isPlace(argument) ? { kind: 'path' } : wanted, typed: word, before: '' };
  }

  /** What is restored, where an option says into which folder. */
  #isPlace(argument: { readonly name: string } | undefined): boolean {
    return (
      argument?.name === 'target' &&
      ['--into-dated-folder', '--to-original'].some((name) => this.#given.has(name))
    );
  }

  #hasBelow({ path }: CommandSpec): boolean {
    return this.#spec.commands.some((one) => one.path.startsWith(`${path} `));
  }
}

function isNamed({ path, aliases }: CommandSpec, name: string): boolean {
  return path === name || aliases.includes(name);
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
