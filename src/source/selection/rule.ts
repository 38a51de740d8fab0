import type { EntryType } from '../../archive/index.js';

/** What a rule may ask about an entry of the source. */
export interface EntryFacts {
  /** Relative to the source; the root is "". */
  readonly path: string;
  readonly type: EntryType;
  readonly mtimeSeconds: number;
  /** Whether it lies on the file system that the root lies on. */
  readonly onRootDevice: boolean;
  /** Of a folder: those of the selector's `markerNames` that it holds. */
  readonly markers: ReadonlySet<string>;
}

/** As rules see an entry: with the path that patterns are matched against. */
export interface RuleSubject extends EntryFacts {
  /** The source as it was given, joined with the entry's path. */
  readonly fullPath: string;
}

/**
 * What a rule says: `scan` asks to look into a folder without storing it for its own sake; undefined is
 * no opinion.
 */
export type Opinion = 'include' | 'exclude' | 'scan' | undefined;

/** One option, or one line of a filelist (docs/format/2-behaviour.md 3.1). */
export interface Rule {
  /** For errors: the option and its argument. */
  readonly text: string;
  /** Whether it can exclude anything. */
  readonly excludes: boolean;
  ask(subject: RuleSubject): Opinion;
}
