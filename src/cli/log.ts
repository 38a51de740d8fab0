/**
 * Messages for people, each on one line, on standard error: standard output carries what a command was asked for. In
 * duplicity's place only errors go there, and all else where duplicity has it, on standard output. Each goes to the log
 * for programs as well.
 */
import type { RoomEvent } from '../base/index.js';
import { eventText, exitCodeOf } from './events/index.js';
import type { AnyEvent } from './events/index.js';
import { machineLog, recordKindOf } from './machine-log/index.js';
import type { RecordKind } from './machine-log/index.js';
import { personality } from './personality.js';
import { printable } from './printable.js';
import { maxVerbosity, shownFrom } from './verbosity.js';
import type { LogLevel } from './verbosity.js';

export { defaultVerbosity, parseVerbosity } from './verbosity.js';
export type { LogLevel } from './verbosity.js';

/** duplicity's line before that of the last full: what is here of the storage is as it is there. */
export const synchronized = 'Local and Remote metadata are synchronized, no sync needed.';

export class Log {
  readonly #verbosity: number;
  readonly #write: (line: string, level: LogLevel) => void;
  /** How many warnings there were, shown or not. */
  warnings = 0;
  #exitCode: number | undefined;
  /** Called before each line, where a progress line has to make room. */
  beforeLine: (() => void) | undefined;

  constructor(
    verbosity: number,
    write: (line: string, level: LogLevel) => void = writeStandardStream,
  ) {
    this.#verbosity = verbosity;
    this.#write = write;
  }

  /** The exit code of a command that did its work, after what was told: 0 unless it gave less than it should. */
  get exitCode(): number {
    return this.#exitCode ?? 0;
  }

  get verbosity(): number {
    return this.#verbosity;
  }

  /** For programs alone, what a command was asked for: lists and statistics are told whatever the verbosity. */
  recordResult(level: LogLevel, kind: RecordKind, message: string): void {
    machineLog().write({ level, verbosity: maxVerbosity }, message, kind);
  }

  error(message: string, kind?: RecordKind): void {
    this.#log('error', message, kind);
  }

  /** Why the command ends: several lines, and one record. */
  fatal(lines: readonly string[], kind: RecordKind): void {
    this.record('error', kind, lines.join('\n'));
    this.beforeLine?.();
    for (const line of lines) this.#write(printable(line), 'error');
  }

  warn(message: string, kind?: RecordKind): void {
    this.warnings += 1;
    this.#log('warning', `Warning: ${message}`, kind);
  }

  notice(message: string, kind?: RecordKind): void {
    this.#log('notice', message, kind);
  }

  info(message: string, kind?: RecordKind): void {
    this.#log('info', message, kind);
  }

  /** Whether a program reads along. */
  get isRecorded(): boolean {
    return machineLog().isOpen;
  }

  /** What is for programs alone. */
  record(level: LogLevel, kind: RecordKind, message?: string): void {
    machineLog().write({ level, verbosity: this.#verbosity }, message, kind);
  }

  debug(message: string): void {
    this.#log('debug', message);
  }

  /** Tells an event of a room in words; a warning is counted, and what changes the exit code is noted. */
  readonly report = (event: AnyEvent): void => {
    this.#exitCode ??= exitCodeOf(event);
    if (event.code === 'last-full' && personality().isDuplicity) {
      this.notice(synchronized);
      this.notice(eventText(event));
      return;
    }
    // there may be one for each file of a backup
    if (event.level === 'info' && this.#verbosity < shownFrom.info) return;
    this.#tell(event, eventText(event), recordKindOf(event));
  };

  #tell({ level }: RoomEvent, text: string, kind: RecordKind): void {
    if (level === 'warning') this.warn(text, kind);
    else this.#log(level, text, kind);
  }

  #log(level: LogLevel, message: string, kind?: RecordKind): void {
    machineLog().write({ level, verbosity: this.#verbosity }, message, kind);
    if (this.#verbosity < shownFrom[level]) return;
    this.beforeLine?.();
    this.#write(printable(message), level);
  }
}

function writeStandardStream(line: string, level: LogLevel): void {
  const isError = level === 'error' || !personality().isDuplicity;
  (isError ? process.stderr : process.stdout).write(`${line}\n`);
}
