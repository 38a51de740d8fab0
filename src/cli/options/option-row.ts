/**
 * A row of the one table of options: what duplicity has, what duplifs has, and what duplifs makes of it. The parser, the
 * help, docs/cli.md and docs/duplicity-options.md are made from the rows.
 */

/** The releases of duplicity whose command lines are understood. */
export const duplicityVersions = ['0.8.22', '3.0.2'] as const;
export type DuplicityVersion = (typeof duplicityVersions)[number];

/** What duplifs makes of an option of duplicity. */
export type Effect =
  | { readonly kind: 'same' }
  | { readonly kind: 'other'; readonly why: string }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'refused'; readonly instead: string };

/** Which commands have an option: each calls the function that adds its groups (register.ts). */
export type OptionGroup =
  | 'common'
  | 'content'
  | 'encoding'
  | 'incomplete'
  | 'key'
  | 'key-reading'
  | 'lock'
  | 'log'
  | 'old-keys'
  | 'protection'
  | 'recipients'
  | 'removal'
  | 'restore'
  | 'selection'
  | 'sign-key'
  | 'size'
  | 'status'
  | 'storage'
  | 'time'
  | 'time-alone'
  | 'verbosity'
  | 'verify'
  | 'write';

export interface OptionRow {
  /** As commander takes them: "-t, --time <time>". */
  readonly flags: string;
  /** The releases that have the option under this name; none when it is our own. */
  readonly versions: readonly DuplicityVersion[];
  /** Other names for the same, with the releases that have those. */
  readonly aliases?: Readonly<Record<string, readonly DuplicityVersion[]>>;
  readonly effect: Effect;
  readonly help: string;
  /** None: it is taken from every command line, and no command has a use for it. */
  readonly groups: readonly OptionGroup[];
  /** What it is where it is not given. */
  readonly initial?: unknown;
  /** What it is where it is given, if that is not `true`. */
  readonly preset?: string;
  /** Turns a value into what is kept, seeing what an earlier one of the same option became. */
  readonly parse?: (value: string, previous: never) => unknown;
  /** Its value is the path of a file: "~" and "$VAR" in it are expanded. */
  readonly isPath?: boolean;
  /** Left out of the help. */
  readonly isHidden?: boolean;
}

export const inBoth: readonly DuplicityVersion[] = duplicityVersions;
export const onlyIn0: readonly DuplicityVersion[] = ['0.8.22'];
export const onlyIn3: readonly DuplicityVersion[] = ['3.0.2'];
export const inNone: readonly DuplicityVersion[] = [];

export const same: Effect = { kind: 'same' };

export function other(why: string): Effect {
  return { kind: 'other', why };
}

export function none(why: string): Effect {
  return { kind: 'none', why };
}

/** The long name of an option: "--time". */
export function longName({ flags }: Pick<OptionRow, 'flags'>): string {
  return /--[\w-]+/.exec(flags)?.[0] ?? flags;
}

/** Its short name: "-t". */
export function shortName({ flags }: Pick<OptionRow, 'flags'>): string | undefined {
  return /(?:^|\s)(-\w)\b/.exec(flags)?.[1];
}

/** How many values follow it. */
export function valueCount({ flags }: Pick<OptionRow, 'flags'>): number {
  return [...flags.matchAll(/<[^>]+>/g)].length;
}
