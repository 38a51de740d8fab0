import type { RoomEvent } from '../base/index.js';
import { eventText, exitCodeOf } from './events/index.js';
import type { AnyEvent } from './events/index.js';
import { printable } from './printable.js';

/** Messages for people, each on one line, on standard error: standard output carries what a command was asked for. */
export type LogLevel = 'error' | 'warning' | 'notice' | 'info' | 'debug';

/** The lowest verbosity at which a message of the level is shown (docs/format/2-behaviour.md 6.4). */
const shownFrom: Record<LogLevel, number> = { error: 0, warning: 1, notice: 3, info: 5, debug: 9 };

const words: Record<string, number> = {
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

/** `-v` takes 0 to 9 or a word; undefined for anything else. */
export function parseVerbosity(text: string): number | undefined {
  return /^\d$/.test(text) ? Number(text) : words[text.toLowerCase()];
}

export class Log {
  readonly #verbosity: number;
  readonly #write: (line: string) => void;
  /** How many warnings there were, shown or not. */
  warnings = 0;
  #exitCode: number | undefined;
  /** Called before each line, where a progress line has to make room. */
  beforeLine: (() => void) | undefined;

  constructor(verbosity: number, write: (line: string) => void = writeStandardError) {
    this.#verbosity = verbosity;
    this.#write = write;
  }

  /** The exit code of a command that did its work, after what was told: 0 unless it gave less than it should. */
  get exitCode(): number {
    return this.#exitCode ?? 0;
  }

  error(message: string): void {
    this.#log('error', message);
  }

  warn(message: string): void {
    this.warnings += 1;
    this.#log('warning', `Warning: ${message}`);
  }

  notice(message: string): void {
    this.#log('notice', message);
  }

  info(message: string): void {
    this.#log('info', message);
  }

  debug(message: string): void {
    this.#log('debug', message);
  }

  /** Tells an event of a room in words; a warning is counted, and what changes the exit code is noted. */
  readonly report = (event: AnyEvent): void => {
    this.#exitCode ??= exitCodeOf(event);
    // there may be one for each file of a backup
    if (event.level === 'info' && this.#verbosity < shownFrom.info) return;
    this.#tell(event, eventText(event));
  };

  #tell({ level }: RoomEvent, text: string): void {
    if (level === 'warning') this.warn(text);
    else this.#log(level, text);
  }

  #log(level: LogLevel, message: string): void {
    if (this.#verbosity < shownFrom[level]) return;
    this.beforeLine?.();
    this.#write(printable(message));
  }
}

function writeStandardError(line: string): void {
  process.stderr.write(`${line}\n`);
}
