/** The options of the command line as keys of a profile: given by the command line, which is the only one to know them. */

export interface OptionKey {
  /** As on the command line, without dashes and without "no-": "full-if-older-than". */
  readonly key: string;
  /** A command that has it. */
  readonly command: string;
  /**
   * `switch`: `key = true` gives `--key`. `negated`: `key = false` gives `--no-key`. `pair`: both. `value`: the option
   * takes a value, and a list gives it several times.
   */
  readonly kind: 'switch' | 'negated' | 'pair' | 'value';
  /** What is wrong with a value; undefined when nothing is. */
  readonly check?: (value: string) => string | undefined;
}

/** The commands with a table of their own, and the options that a profile can give each. */
export interface OptionKeys {
  readonly commands: ReadonlyMap<string, readonly OptionKey[]>;
  /** At the top of a file, for all commands that have them. */
  readonly common: readonly OptionKey[];
}

/** Rules of selection, of which the first that fits counts: they are joined where other options are replaced. */
export const selectionKeys: ReadonlySet<string> = new Set([
  ...['include', 'exclude', 'include-regexp', 'exclude-regexp'],
  ...['include-filelist', 'exclude-filelist', 'exclude-if-present', 'exclude-older-than'],
  ...['exclude-device-files', 'exclude-other-filesystems', 'filter-globbing'],
  ...['filter-literal', 'filter-regexp', 'filter-strictcase', 'filter-ignorecase'],
]);

/** An option that a profile gives, in its place. */
export interface GivenOption {
  readonly key: string;
  /** Texts of an option with a value, or whether a switch is on. */
  readonly values: readonly string[] | boolean;
}

/** Options as words of a command line. */
export function optionWords(options: readonly GivenOption[]): string[] {
  return options.flatMap(({ key, values }) => {
    if (typeof values === 'boolean') return [values ? `--${key}` : `--no-${key}`];
    return values.map((value) => `--${key}=${value}`);
  });
}

/** The options of two sources: those of `strong` win, and its rules of selection come first. */
export function mergeOptions(
  strong: readonly GivenOption[],
  weak: readonly GivenOption[],
): readonly GivenOption[] {
  const keys = new Set(strong.map(({ key }) => key));
  return [...strong, ...weak.filter(({ key }) => selectionKeys.has(key) || !keys.has(key))];
}
