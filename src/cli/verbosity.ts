/** Levels of verbosity, as duplicity has them (docs/format/2-behaviour.md 6.4). */
const words: Readonly<Record<string, number>> = {
  error: 0,
  e: 0,
  warning: 2,
  w: 2,
  notice: 4,
  n: 4,
  info: 8,
  i: 8,
  debug: 9,
  d: 9,
};

export const defaultVerbosity = 4;
export const maxVerbosity = 9;

/** `-v` takes 0 to 9 or a word; undefined for anything else. */
export function parseVerbosity(text: string): number | undefined {
  return /^\d$/.test(text) ? Number(text) : words[text.toLowerCase()];
}

/** Messages for people and records for programs. */
export type LogLevel = 'error' | 'warning' | 'notice' | 'info' | 'debug';

/** The lowest verbosity at which a message of the level is shown. */
export const shownFrom: Readonly<Record<LogLevel, number>> = {
  error: 0,
  warning: 1,
  notice: 3,
  info: 5,
  debug: 9,
};
