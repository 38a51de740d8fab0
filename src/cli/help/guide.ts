/**
 * What the help of a command says besides what commander knows of it: which of its options most people need, examples, and
 * the exit codes that are worth a script's while. --help, --help-all, docs/cli.md and the manual are made from it.
 */
export interface Guide {
  /** Long names, in the order in which they are shown. */
  readonly options: readonly string[];
  /** Whole lines. */
  readonly examples: readonly string[];
  /** Besides 0; a code with other words where it means something of its own here. */
  readonly codes: readonly (number | readonly [code: number, meaning: string])[];
  /** One line in the overview of all commands, if the description is too long for that. */
  readonly summary?: string;
  /** What else there is to know, behind the options. */
  readonly notes?: string;
}

/** By the names of commands: "restore", "key list". */
export type Guides = Readonly<Record<string, Guide>>;
